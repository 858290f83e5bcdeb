/// A name and a password as `Authorization: Basic` carries them.
///
/// Specification: RFC 7617 section 2; RFC 4648 section 4 (base64).
package struct BasicCredentials: Hashable, Sendable {
    package let user: [UInt8]
    package let password: [UInt8]

    /// Takes the field's value; `nil` where it is of another scheme or broken.
    package init?(_ value: String) {
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, ASCII.lowercased(parts[0]) == "basic",
            let bytes = Self.base64(FieldList.trimmed(parts[1])),
            let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            // Control characters have no place in either (section 2).
            !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F })
        else { return nil }
        user = Array(bytes[..<colon])
        password = Array(bytes[(colon + 1)...])
    }

    private static func base64(_ text: Substring) -> [UInt8]? {
        let digits = text.utf8.prefix { $0 != UInt8(ascii: "=") }
        // Padding may be left out; where it is there, it has to be right.
        let padding = text.utf8.count - digits.count
        guard text.utf8.dropFirst(digits.count).allSatisfy({ $0 == UInt8(ascii: "=") }), digits.count % 4 != 1,
            padding == 0 || (digits.count + padding) % 4 == 0, padding < 3
        else { return nil }
        var bytes: [UInt8] = []
        var pending: UInt32 = 0
        var bits = 0
        for digit in digits {
            guard let value = value(of: digit) else { return nil }
            pending = pending << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: pending >> UInt32(bits)))
            }
        }
        return bytes
    }

    private static func value(of digit: UInt8) -> UInt32? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
