/// Field values that are lists: elements between commas, parameters between semicolons.
///
/// Specification: RFC 9110 sections 5.6.1 (lists, empty elements ignored), 5.6.3 (whitespace), 5.6.4 (quoted strings,
/// within which a separator separates nothing).
package enum FieldList {
    /// The elements of a comma-separated list, without the blanks around them and without empty ones.
    package static func elements(of value: some StringProtocol) -> [Substring] {
        parts(of: Substring(value), separator: UInt8(ascii: ",")).filter { !$0.isEmpty }
    }

    /// An element up to its first semicolon, and the parameters after it, each without the blanks around it.
    package static func parameters(of element: Substring) -> (value: Substring, parameters: [Substring]) {
        let parts = parts(of: element, separator: UInt8(ascii: ";"))
        return (parts.first ?? "", parts.dropFirst().filter { !$0.isEmpty })
    }

    /// `text` without the blanks and tabs around it.
    static func trimmed(_ text: Substring) -> Substring {
        var bytes = text.utf8[...]
        while let first = bytes.first, isBlank(first) { bytes = bytes.dropFirst() }
        while let last = bytes.last, isBlank(last) { bytes = bytes.dropLast() }
        return Substring(bytes)
    }

    private static func parts(of text: Substring, separator: UInt8) -> [Substring] {
        var parts: [Substring] = []
        let bytes = text.utf8
        var start = bytes.startIndex
        var index = start
        var isQuoted = false
        while index < bytes.endIndex {
            let byte = bytes[index]
            let next = bytes.index(after: index)
            if isQuoted, byte == UInt8(ascii: "\\"), next < bytes.endIndex {
                index = bytes.index(after: next)
                continue
            }
            if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if byte == separator, !isQuoted {
                parts.append(trimmed(Substring(bytes[start..<index])))
                start = next
            }
            index = next
        }
        parts.append(trimmed(Substring(bytes[start...])))
        return parts
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }
}

/// ASCII, for names that compare without case (RFC 9110 section 5.1, RFC 8288 and others).
enum ASCII {
    static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    static func lowercased(_ text: some StringProtocol) -> String {
        String(decoding: text.utf8.map(lowercased), as: UTF8.self)
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
