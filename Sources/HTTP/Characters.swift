/// The character classes of the wire's grammar.
enum Characters {
    /// A character of a token (RFC 9110 section 5.6.2): letters, digits and ``!#$%&'*+-.^_`|~``.
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        // A bit for each ASCII character.
        if byte < 64 { return 0x03FF_6CFA_0000_0000 as UInt64 >> UInt64(byte) & 1 == 1 }
        return byte < 128 && 0x57FF_FFFF_C7FF_FFFE as UInt64 >> UInt64(byte - 64) & 1 == 1
    }

    /// Where the eight bytes begin of which the first control byte may be one, HTAB included; at most seven bytes before
    /// the end of `range` where there is none. Eight bytes are looked at in one step.
    @inline(__always)
    static func firstControl(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
        let raw = unsafe bytes.bytes
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs = ones &* 0x80
        var index = range.lowerBound
        while range.upperBound - index >= 8 {
            // Eight bytes from `index` on lie within `range`, which lies within `bytes`.
            let word = unsafe raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            let delete = word ^ (ones &* 0x7F)
            // A byte below n leaves its high bit, where a byte beyond ASCII has none left by `~` (Warren, "Hacker's
            // Delight", section 6-1). A borrow may mark the byte above a match, never hide one.
            if ((word &- (ones &* 0x20)) & ~word | (delete &- ones) & ~delete) & highs != 0 { break }
            index += 8
        }
        return index
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    /// The value of a hexadecimal digit.
    static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Whether `range` is `uri-host [":" port]`; may be empty (RFC 9110 section 7.2, RFC 3986 sections 3.2.2 and 3.2.3).
    static func isHost(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var index = range.lowerBound
        if index < range.upperBound, bytes[index] == UInt8(ascii: "[") {
            index += 1
            let start = index
            while index < range.upperBound, isLiteral(bytes[index]) { index += 1 }
            guard index > start, index < range.upperBound, bytes[index] == UInt8(ascii: "]") else { return false }
            index += 1
        } else {
            while index < range.upperBound, isName(bytes[index]) { index += 1 }
        }
        if index == range.upperBound { return true }
        guard bytes[index] == UInt8(ascii: ":") else { return false }
        index += 1
        while index < range.upperBound, isDigit(bytes[index]) { index += 1 }
        return index == range.upperBound
    }

    /// A byte of an IP literal between its brackets.
    private static func isLiteral(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".") || hexDigit(byte) != nil
    }

    /// A byte of a registered name: unreserved, `%` of an escape, or a sub-delimiter but the comma, which would make
    /// two hosts of one field line.
    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"), UInt8(ascii: "%"), UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"),
            UInt8(ascii: ";"), UInt8(ascii: "="):
            true
        default:
            false
        }
    }

    /// Whether `range` is `name`, which is in small letters where case is folded.
    @inline(__always)
    static func matches(
        _ bytes: Span<UInt8>,
        _ range: Range<Int>,
        _ name: StaticString,
        foldingCase: Bool = true
    ) -> Bool {
        range.count == name.utf8CodeUnitCount && matches(bytes, range.lowerBound, name, foldingCase: foldingCase)
    }

    /// Whether `range` begins with `name`, letters in either case.
    static func starts(_ bytes: Span<UInt8>, _ range: Range<Int>, with name: StaticString) -> Bool {
        range.count >= name.utf8CodeUnitCount && matches(bytes, range.lowerBound, name, foldingCase: true)
    }

    /// Whether `name` is at `start`; the caller has seen to it that there are enough bytes.
    @inline(__always)
    static func matches(_ bytes: Span<UInt8>, _ start: Int, _ name: StaticString, foldingCase: Bool) -> Bool {
        for index in 0..<name.utf8CodeUnitCount {
            let byte = bytes[start + index]
            // Folding maps letters onto small ones and leaves digits, `-`, `:` and `/` as they are; the control bytes
            // that it would map onto those are refused before. The literal's bytes live for ever, and `index` is
            // below their count: reading them is safe.
            let expected = unsafe name.utf8Start[index]
            guard (foldingCase ? byte | 0x20 : byte) == expected else { return false }
        }
        return true
    }
}
