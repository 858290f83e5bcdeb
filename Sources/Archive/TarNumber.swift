/// The numbers in a tar header: octal digits, or, where the first bit is set, a binary number of GNU's and star's.
///
/// Specification: POSIX `pax`, "ustar Interchange Format"; GNU tar manual, "Extensions" (base-256).
enum TarNumber {
    /// Reads a field; `nil` where it is no number.
    ///
    /// Octal: blanks, digits, then nothing but blanks and NULs. Binary: two's complement, most significant byte first;
    /// beyond 64 bits it saturates, which every limit then refuses.
    ///
    /// - Parameter blank: what a field without digits means.
    static func read(_ block: RawSpan, _ field: Range<Int>, blank: Int64?) -> Int64? {
        if block.byte(at: field.lowerBound) & 0x80 != 0 { return binary(block, field) }
        var offset = field.lowerBound
        while offset < field.upperBound, block.byte(at: offset) == UInt8(ascii: " ") { offset += 1 }
        let start = offset
        // At most 12 digits of 3 bits: nothing overflows.
        var value: Int64 = 0
        while offset < field.upperBound {
            let digit = block.byte(at: offset)
            guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit) else { break }
            value = value << 3 | Int64(digit & 7)
            offset += 1
        }
        let isBlank = offset == start
        while offset < field.upperBound {
            let byte = block.byte(at: offset)
            guard byte == UInt8(ascii: " ") || byte == 0 else { return nil }
            offset += 1
        }
        return isBlank ? blank : value
    }

    private static func binary(_ block: RawSpan, _ field: Range<Int>) -> Int64 {
        let first = block.byte(at: field.lowerBound)
        // The first bit says "binary", the second is the sign.
        let isNegative = first & 0x40 != 0
        var value = Int64(first & 0x3F) - (isNegative ? 0x40 : 0)
        for offset in (field.lowerBound + 1)..<field.upperBound {
            let (product, overflow) = value.multipliedReportingOverflow(by: 256)
            guard !overflow else { return isNegative ? .min : .max }
            value = product | Int64(block.byte(at: offset))
        }
        return value
    }

    /// The largest number that the 11 octal digits of a size or time can hold: 8 GiB - 1, or the year 2242.
    static let largestOctal: Int64 = 0o777_7777_7777

    /// Writes `value` into `field` as octal digits with leading zeros and a NUL; the caller sees to it that it fits.
    static func write(_ value: Int64, to block: inout [UInt8], _ field: Range<Int>) {
        var rest = value
        for offset in (field.lowerBound..<field.upperBound - 1).reversed() {
            block[offset] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest & 7)
            rest >>= 3
        }
        block[field.upperBound - 1] = 0
    }
}
