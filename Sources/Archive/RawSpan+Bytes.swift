extension RawSpan {
    /// The byte at `offset`, which must lie within.
    @inline(__always)
    func byte(at offset: Int) -> UInt8 {
        // The load is bounds-checked, and every bit pattern is a UInt8.
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// The eight bytes from `offset` on, in the machine's order.
    @inline(__always)
    func word(at offset: Int) -> UInt64 {
        // The load is bounds-checked, and every bit pattern is a UInt64.
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    /// Where the first byte that is not zero stands; `nil` where all are zero.
    var firstNonZero: Int? {
        var offset = 0
        while byteCount - offset >= 8, word(at: offset) == 0 { offset += 8 }
        while offset < byteCount {
            if byte(at: offset) != 0 { return offset }
            offset += 1
        }
        return nil
    }

    /// How many bytes of `field` stand before its first NUL; all of them where it has none.
    func textLength(in field: Range<Int>) -> Int {
        var end = field.lowerBound
        while end < field.upperBound, byte(at: end) != 0 { end += 1 }
        return end - field.lowerBound
    }
}

extension [UInt8] {
    /// A copy of `bytes`.
    init(_ bytes: RawSpan) {
        // The buffer is only read, during the call.
        self = unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0) }
    }

    /// Adds a copy of `bytes`.
    mutating func append(_ bytes: RawSpan) {
        // The buffer is only read, during the call.
        unsafe bytes.withUnsafeBytes { unsafe append(contentsOf: $0) }
    }
}
