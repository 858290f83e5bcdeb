extension RequestHead {
    /// What a request accepts, as far as its head has come and however unsound it is: for the answer that says so.
    ///
    /// - Parameter bytes: from the request's first byte on; looked at up to the head's end. Of the values only those are taken
    ///   that together have no more than ``acceptLimit`` bytes: an event loop has to weigh them.
    /// - Returns: the values of `Accept`, one after another (RFC 9110, section 5.3); `nil` where there is none.
    package static func accept(in bytes: Span<UInt8>) -> String? {
        var values: [String] = []
        var start = 0
        var hasBegun = false
        var left = acceptLimit
        // Empty lines may stand before a request (RFC 9112, section 2.2); one behind it is the head's end.
        while let end = lineEnd(bytes, from: start), end > start || !hasBegun {
            if let value = acceptValue(bytes, start..<end), value.utf8.count <= left {
                values.append(value)
                left -= value.utf8.count
            }
            hasBegun = hasBegun || end > start
            start = end + 2
        }
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }

    /// In bytes: several times what browsers send.
    static let acceptLimit = 1024

    /// Where the CRLF stands that ends the line; `nil` where it hasn't come.
    private static func lineEnd(_ bytes: Span<UInt8>, from start: Int) -> Int? {
        var index = start
        while index + 1 < bytes.count {
            if bytes[index] == 0x0D, bytes[index + 1] == 0x0A { return index }
            index += 1
        }
        return nil
    }

    /// The value of `line` where it is an `Accept` field.
    private static func acceptValue(_ bytes: Span<UInt8>, _ line: Range<Int>) -> String? {
        let name = line.prefix(6)
        guard line.count > name.count, bytes[name.upperBound] == UInt8(ascii: ":"),
            Characters.matches(bytes, name, "accept")
        else { return nil }
        let value = RequestParser.trimmed(bytes, name.upperBound + 1..<line.upperBound)
        return String(decoding: value.map { bytes[$0] }, as: UTF8.self)
    }
}
