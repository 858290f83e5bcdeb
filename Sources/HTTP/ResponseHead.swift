/// Writes the head of an answer as it goes over the wire (RFC 9112 sections 4 and 5).
package enum ResponseHead {
    /// A head, and where its parts are that change from one sending to the next.
    package struct Bytes: Hashable, Sendable {
        package var bytes: [UInt8]
        /// Where the 29 characters of the `Date` begin (RFC 9110 section 5.6.7).
        package let dateOffset: Int
    }

    /// The length of a `Date`, in bytes.
    package static let dateLength = 29

    /// A head without `Connection`, with its empty line.
    ///
    /// `Date`, `Content-Length`, `Connection` and `Transfer-Encoding` of `fields` are left out: the listener alone
    /// decides them. A control byte in a value becomes a blank, so that no value can end its line.
    ///
    /// - Parameters:
    ///   - contentLength: In bytes; `nil` for answers that carry none (RFC 9110 section 8.6).
    ///   - isChunked: Whether the body goes in chunks (RFC 9112 section 7.1).
    ///   - date: ``dateLength`` bytes.
    package static func serialise(
        _ status: Status,
        fields: Fields,
        contentLength: Int64?,
        isChunked: Bool = false,
        date: [UInt8]
    ) -> Bytes {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        bytes += "HTTP/1.1 \(status.code) ".utf8
        appendText(status.reason, to: &bytes)
        bytes += "\r\nDate: ".utf8
        let dateOffset = bytes.count
        bytes += date.prefix(dateLength)
        bytes += "\r\n".utf8
        for line in fields.lines where isName(line.name) && !isReserved(line.name) {
            bytes += line.name.utf8
            bytes += ": ".utf8
            appendText(line.value, to: &bytes)
            bytes += "\r\n".utf8
        }
        if let contentLength { bytes += "Content-Length: \(contentLength)\r\n".utf8 }
        if isChunked { bytes += "Transfer-Encoding: chunked\r\n".utf8 }
        bytes += "\r\n".utf8
        return Bytes(bytes: bytes, dateOffset: dateOffset)
    }

    /// Whether an answer with this status has a `Content-Length` and may have a body (RFC 9110 sections 8.6, 15.3.5
    /// and 15.4.5).
    package static func allowsContent(_ status: Status) -> Bool {
        status.code >= 200 && status.code != 204 && status.code != 304
    }

    private static func appendText(_ text: String, to bytes: inout [UInt8]) {
        let start = bytes.count
        bytes += text.utf8
        for index in start..<bytes.count where bytes[index] < 0x20 || bytes[index] == 0x7F { bytes[index] = 0x20 }
    }

    private static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy(Characters.isToken)
    }

    private static func isReserved(_ name: String) -> Bool {
        Fields.same(name, "Date") || Fields.same(name, "Content-Length") || Fields.same(name, "Connection")
            || Fields.same(name, "Transfer-Encoding")
    }
}
