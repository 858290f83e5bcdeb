import Content

/// Modification times as archives have them, brought into the range that file systems and databases can keep.
enum EntryTime {
    /// 2262-04-11T23:47:16Z: the last second of which 2^63 nanoseconds since 1970 still hold.
    static let latest: Int64 = 9_223_372_036

    /// The time, where it is from 1970 to 2262; else the nearer end of that.
    static func clamped(seconds: Int64, nanoseconds: Int32 = 0) -> Timestamp {
        if seconds < 0 { return Timestamp(seconds: 0) }
        if seconds >= latest { return Timestamp(seconds: latest) }
        return Timestamp(seconds: seconds, nanoseconds: nanoseconds)
    }

    /// Takes a decimal number of seconds, with sign and fraction, and clamps it; `nil` where it is none.
    ///
    /// Digits of the fraction beyond the ninth are dropped. Specification: POSIX `pax`, "pax Extended Header File Times".
    static func parse(_ text: RawSpan) -> Timestamp? {
        var offset = 0
        let isNegative = !text.isEmpty && text.byte(at: 0) == UInt8(ascii: "-")
        if isNegative { offset = 1 }
        var seconds: Int64 = 0
        var digits = 0
        while offset < text.byteCount, let digit = digit(text, offset) {
            // Beyond the latest time it doesn't matter by how much, and nothing may overflow.
            if seconds <= latest { seconds = seconds * 10 + digit }
            digits += 1
            offset += 1
        }
        var nanoseconds: Int32 = 0
        if offset < text.byteCount, text.byte(at: offset) == UInt8(ascii: ".") {
            offset += 1
            var scale: Int32 = 100_000_000
            while offset < text.byteCount, let digit = digit(text, offset) {
                nanoseconds += Int32(digit) * scale
                scale /= 10
                digits += 1
                offset += 1
            }
        }
        guard digits > 0, offset == text.byteCount else { return nil }
        return isNegative ? clamped(seconds: -1) : clamped(seconds: seconds, nanoseconds: nanoseconds)
    }

    private static func digit(_ text: RawSpan, _ offset: Int) -> Int64? {
        let byte = text.byte(at: offset)
        return (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) ? Int64(byte & 15) : nil
    }
}
