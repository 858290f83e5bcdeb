/// Reads the common parts of field values (RFC 9110 section 5.6): tokens, quoted strings, parameters.
struct FieldCursor {
    private let bytes: [UInt8]
    private var index = 0

    init(_ value: String) {
        bytes = Array(value.utf8)
    }

    var atEnd: Bool {
        mutating get {
            skipBlanks()
            return index >= bytes.count
        }
    }

    mutating func peek(_ character: Unicode.Scalar) -> Bool {
        skipBlanks()
        return index < bytes.count && bytes[index] == UInt8(ascii: character)
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard peek(character) else { return false }
        index += 1
        return true
    }

    /// A token, with blanks before it.
    mutating func token() -> String? {
        skipBlanks()
        let start = index
        while index < bytes.count, Self.isTokenByte(bytes[index]) { index += 1 }
        return index > start ? String(decoding: bytes[start..<index], as: UTF8.self) : nil
    }

    /// What stands up to `character`, which is taken, too; `nil` where it does not come.
    mutating func text(upTo character: Unicode.Scalar) -> String? {
        guard let end = bytes[index...].firstIndex(of: UInt8(ascii: character)) else { return nil }
        defer { index = end + 1 }
        return String(decoding: bytes[index..<end], as: UTF8.self)
    }

    /// `name = value`, the value a token or a quoted string; puts back what is none.
    mutating func parameter() -> (name: String, value: String)? {
        let start = index
        guard let name = token(), skip("="), let value = quoted() ?? token() else {
            index = start
            return nil
        }
        return (name.lowercased(), value)
    }

    /// A quoted string, without its quotes and backslashes.
    mutating func quoted() -> String? {
        let start = index
        guard skip("\"") else { return nil }
        var value: [UInt8] = []
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: value, as: UTF8.self) }
            if byte == UInt8(ascii: "\\") {
                guard index < bytes.count else { break }
                value.append(bytes[index])
                index += 1
            } else {
                value.append(byte)
            }
        }
        index = start
        return nil
    }

    /// Takes a comma where a parameter follows it; where a new challenge follows, it stays.
    mutating func commaBeforeParameter() -> Bool {
        let start = index
        guard skip(",") else { return false }
        while skip(",") {}
        var ahead = self
        guard ahead.parameter() != nil else {
            index = start
            return false
        }
        return true
    }

    /// `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="` at the end of a challenge; puts back what is none.
    mutating func token68() -> String? {
        let start = index
        skipBlanks()
        let first = index
        while index < bytes.count, Self.isTokenByte(bytes[index]) || bytes[index] == UInt8(ascii: "/") { index += 1 }
        while index < bytes.count, bytes[index] == UInt8(ascii: "=") { index += 1 }
        let end = index
        guard end > first, atEnd || peek(",") else {
            index = start
            return nil
        }
        return String(decoding: bytes[first..<end], as: UTF8.self)
    }

    private mutating func skipBlanks() {
        while index < bytes.count, bytes[index] == 0x20 || bytes[index] == 0x09 { index += 1 }
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
