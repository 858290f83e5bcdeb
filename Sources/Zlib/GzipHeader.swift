internal import CISAL

/// Reads over the header of a gzip member that arrives in pieces. Specification: RFC 1952, section 2.3.
struct GzipHeader {
    private enum Part {
        /// ID1, ID2, CM, FLG, MTIME, XFL, OS.
        case fixed
        case extraLength
        case extra
        case name
        case comment
        case sum
        case ended
    }

    /// FLG, section 2.3.1.
    private enum Flag {
        static let sum: UInt8 = 0x02
        static let extra: UInt8 = 0x04
        static let name: UInt8 = 0x08
        static let comment: UInt8 = 0x10
        static let reserved: UInt8 = 0xE0
    }

    private var part = Part.fixed
    /// How many bytes of the part have come.
    private var position = 0
    private var flags: UInt8 = 0
    private var extraLeft = 0
    /// Of what stands before CRC16.
    private var sum: UInt32 = 0
    private var expected: UInt32 = 0

    /// Whether the next byte is one of compressed data.
    var isComplete: Bool { part == .ended }

    /// Takes the bytes of `input` that belong to the header, and gives how many they are.
    ///
    /// - Throws: ``ZlibError/corrupt(reason:)`` with the words of zlib.
    mutating func take(_ input: UnsafeRawBufferPointer) throws(ZlibError) -> Int {
        var taken = 0
        while taken < input.count, !isComplete {
            let byte = input[taken]
            taken += 1
            if part != .sum { sum = withUnsafeBytes(of: byte) { crc32_gzip_refl(sum, $0.baseAddress, 1) } }
            try take(byte)
        }
        return taken
    }

    private mutating func take(_ byte: UInt8) throws(ZlibError) {
        defer { position += 1 }
        switch part {
        case .fixed:
            switch position {
            case 0 where byte != 0x1F, 1 where byte != 0x8B: throw .corrupt(reason: "incorrect header check")
            case 2 where byte != 8: throw .corrupt(reason: "unknown compression method")
            // Section 2.3.1.2: "must give an error indication if any reserved bit is non-zero".
            case 3 where byte & Flag.reserved != 0: throw .corrupt(reason: "unknown header flags set")
            case 3: flags = byte
            case 9: next(after: .fixed)
            default: break
            }
        case .extraLength:
            extraLeft |= Int(byte) << (8 * position)
            if position == 1 { next(after: extraLeft == 0 ? .extra : .extraLength) }
        case .extra:
            extraLeft -= 1
            if extraLeft == 0 { next(after: .extra) }
        case .name: if byte == 0 { next(after: .name) }
        case .comment: if byte == 0 { next(after: .comment) }
        case .sum:
            expected |= UInt32(byte) << (8 * UInt32(position))
            guard position == 1 else { return }
            guard expected == sum & 0xFFFF else { throw .corrupt(reason: "header crc mismatch") }
            next(after: .sum)
        case .ended: break
        }
    }

    private mutating func next(after done: Part) {
        // One is added when the byte has been taken.
        position = -1
        switch done {
        case .fixed where flags & Flag.extra != 0: part = .extraLength
        case .extraLength: part = .extra
        case .fixed, .extra:
            if flags & Flag.name != 0 { part = .name } else { next(after: .name) }
        case .name:
            if flags & Flag.comment != 0 { part = .comment } else { next(after: .comment) }
        case .comment: part = flags & Flag.sum != 0 ? .sum : .ended
        case .sum, .ended: part = .ended
        }
    }
}
