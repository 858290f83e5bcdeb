/// Percent-encoding of the parts of a target.
///
/// Specification: RFC 3986 sections 2.1 to 2.4. Bytes are bytes: what they mean in UTF-8 or don't is not looked at, so
/// that an overlong form of `/` or `.` stays what it is, a few odd bytes of a name.
package enum PercentCoding {
    /// Decodes once; `nil` where a `%` isn't followed by two hex digits.
    package static func decode(_ bytes: some Collection<UInt8>) -> [UInt8]? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var iterator = bytes.makeIterator()
        while let byte = iterator.next() {
            guard byte == UInt8(ascii: "%") else {
                decoded.append(byte)
                continue
            }
            guard let high = iterator.next().flatMap(value), let low = iterator.next().flatMap(value) else {
                return nil
            }
            decoded.append(high << 4 | low)
        }
        return decoded
    }

    /// Encodes everything but unreserved characters, so that the result is one component wherever it is put: in a
    /// path, a relative reference (a `:` in it would begin a scheme), a query, an attribute of HTML.
    package static func encode(component bytes: some Sequence<UInt8>) -> String {
        encode(bytes, keeping: isUnreserved)
    }

    /// As ``encode(component:)``, with `/` kept.
    package static func encode(path bytes: some Sequence<UInt8>) -> String {
        encode(bytes) { isUnreserved($0) || $0 == UInt8(ascii: "/") }
    }

    /// Makes a query that was sent safe to be sent back in a field: what may stand in one stays, escapes included, the
    /// rest is encoded.
    package static func normalize(query bytes: some Sequence<UInt8>) -> String {
        encode(bytes) { isUnreserved($0) || "%!$&'()*+,;=:@/?".utf8.contains($0) }
    }

    private static func encode(_ bytes: some Sequence<UInt8>, keeping isKept: (UInt8) -> Bool) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            if isKept(byte) {
                text.append(byte)
            } else {
                text += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        ASCII.isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            || "-._~".utf8.contains(byte)
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch ASCII.lowercased(digit) {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): ASCII.lowercased(digit) - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

/// The parameters of a query: `from=A&to=B`.
package struct QueryParameters: Sendable {
    private let pairs: [(name: [UInt8], value: [UInt8])]

    /// Takes what followed `?`; `nil` where an escape in it is broken.
    ///
    /// `+` stands for itself: semantic versions have it in their build metadata, and no form sends these queries.
    package init?(_ query: [UInt8]?) {
        var pairs: [(name: [UInt8], value: [UInt8])] = []
        for part in (query ?? []).split(separator: UInt8(ascii: "&")) {
            let sides = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentCoding.decode(sides[0]),
                let value = PercentCoding.decode(sides.count > 1 ? sides[1] : [])
            else { return nil }
            pairs.append((name, value))
        }
        self.pairs = pairs
    }

    /// The value of the only parameter of that name; `nil` where there is none, or several that differ.
    package subscript(name: String) -> String? {
        let values = pairs.filter { $0.name.elementsEqual(name.utf8) }.map(\.value)
        guard let value = values.first, values.allSatisfy({ $0 == value }) else { return nil }
        return String(decoding: value, as: UTF8.self)
    }
}
