/// What a tar header block says, as far as it matters here: mode, owner, group and device numbers are never looked at.
///
/// Specification: POSIX `pax`, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format", for v7 and GNU's own.
struct TarHeader {
    /// The size of every block, in bytes.
    static let blockSize = 512

    /// Where a field stands in the block.
    enum Field {
        static let name = 0..<100
        static let mode = 100..<108
        static let owner = 108..<116
        static let group = 116..<124
        static let size = 124..<136
        static let modified = 136..<148
        static let checksum = 148..<156
        static let type = 156
        static let link = 157..<257
        static let magic = 257..<265
        static let deviceMajor = 329..<337
        static let deviceMinor = 337..<345
        static let prefix = 345..<500
    }

    /// Which of the formats a header has; decides on what stands at the place of the prefix.
    enum Format {
        /// No magic, and nothing after the link's name.
        case v7
        /// `ustar` and a NUL: a name may have a prefix.
        case ustar
        /// `ustar`, two blanks and a NUL: other fields of GNU's stand where the prefix would.
        case gnu
    }

    let format: Format
    /// The type flag; 0 in v7, where a directory is a name that ends with a slash.
    let type: UInt8
    /// The size of what follows, not negative.
    let size: Int64
    /// Seconds since 1970, of any sign.
    let modified: Int64

    /// Reads a block whose checksum is right.
    ///
    /// - Throws: ``HeaderFault`` where the format is none of the three or a number is none.
    init(_ block: RawSpan) throws(HeaderFault) {
        guard Self.hasChecksum(block) else { throw .checksum }
        format = try Self.format(of: block)
        type = block.byte(at: Field.type)
        guard let size = TarNumber.read(block, Field.size, blank: nil), size >= 0 else { throw .size }
        guard let modified = TarNumber.read(block, Field.modified, blank: 0) else { throw .modificationTime }
        self.size = size
        self.modified = modified
    }

    /// Puts the name, with its prefix, into `name`.
    func readName(_ block: RawSpan, into name: inout [UInt8]) {
        name.removeAll(keepingCapacity: true)
        if format == .ustar {
            let length = block.textLength(in: Field.prefix)
            if length > 0 {
                name.append(block.extracting(Field.prefix).extracting(first: length))
                name.append(UInt8(ascii: "/"))
            }
        }
        name.append(block.extracting(Field.name).extracting(first: block.textLength(in: Field.name)))
    }

    /// Puts the link's target into `target`.
    func readLink(_ block: RawSpan, into target: inout [UInt8]) {
        target.removeAll(keepingCapacity: true)
        target.append(block.extracting(Field.link).extracting(first: block.textLength(in: Field.link)))
    }

    /// The magics, as the machine reads eight bytes.
    private static let ustarMagic = magic("ustar\0")
    private static let gnuMagic = magic("ustar  \0")
    /// The first six bytes: the two after them are a version, `00` by the standard but not everywhere.
    private static let magicMask =
        magic("\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}") | magic("\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}") << 1

    private static func magic(_ text: StaticString) -> UInt64 {
        var bytes: UInt64 = 0
        var shift: UInt64 = 0
        for byte in text.description.utf8 {
            bytes |= UInt64(byte) << shift
            shift += 8
        }
        return UInt64(littleEndian: bytes)
    }

    private static func format(of block: RawSpan) throws(HeaderFault) -> Format {
        let magic = block.word(at: Field.magic.lowerBound)
        if magic == gnuMagic { return .gnu }
        if magic & magicMask == ustarMagic { return .ustar }
        guard magic == 0 else { throw .magic }
        guard block.textLength(in: Field.prefix) == 0 else { throw .strayPrefix }
        return .v7
    }
}

extension TarHeader {
    /// Whether a block's checksum is right, which nearly no block is that is no header.
    ///
    /// It is the sum of all bytes with blanks in the place of the checksum itself. Some old writers summed signed bytes;
    /// every reader takes both (GNU tar `tar_checksum`).
    static func hasChecksum(_ block: RawSpan) -> Bool {
        guard block.byteCount == blockSize,
            let stored = TarNumber.read(block, Field.checksum, blank: nil)
        else { return false }
        var (sum, high) = sum(of: block)
        let (own, ownHigh) = Self.sum(of: block.extracting(Field.checksum))
        sum += Int64(Field.checksum.count) * Int64(UInt8(ascii: " ")) - own
        high -= ownHigh
        return stored == sum || stored == sum - 256 * high
    }

    /// The sum of all bytes, and how many of them are negative when taken as signed; the count must divide by 8, and
    /// be at most 1024, or the lanes would overflow.
    static func sum(of bytes: RawSpan) -> (sum: Int64, high: Int64) {
        let evenBytes: UInt64 = 0x00FF_00FF_00FF_00FF
        var lanes: UInt64 = 0
        var high = 0
        for offset in stride(from: 0, to: bytes.byteCount, by: 8) {
            let word = bytes.word(at: offset)
            // Four lanes of 16 bits take 2 x 255 at most for each of 64 words: 32,640.
            lanes &+= (word & evenBytes) &+ (word >> 8 & evenBytes)
            high += (word & 0x8080_8080_8080_8080).nonzeroBitCount
        }
        let sum = lanes & 0xFFFF + lanes >> 16 & 0xFFFF + lanes >> 32 & 0xFFFF + lanes >> 48
        return (Int64(sum), Int64(high))
    }
}
