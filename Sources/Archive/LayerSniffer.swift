import Zlib

/// Finds out from a layer's first bytes what it is, and keeps them until that is certain.
struct LayerSniffer: ~Copyable {
    /// What the first block of the content, inflated where the layer is gzip, looks like.
    enum Finding {
        /// A tar header.
        case tar(isGzip: Bool)
        /// Zeros: an empty tar, or anything.
        case zeros(isGzip: Bool)
        case other
    }

    /// The most bytes kept, far more than a gzip header with a name and the first block behind it take.
    private static let longest = 64 << 10
    /// How many bytes are looked at in one step.
    private static let step = 4 << 10

    /// What came so far, as it came.
    private(set) var held: [UInt8] = []
    /// The beginning of the content, a block at most.
    private var probe: [UInt8] = []
    private var inflater: Inflater?

    /// Takes bytes until it is certain what the layer is; gives how many it took, all of them unless it is certain.
    mutating func take(_ bytes: RawSpan) throws(ArchiveError) -> (taken: Int, finding: Finding?) {
        var taken = 0
        while taken < bytes.byteCount {
            let room = min(Self.longest - held.count, Self.step)
            guard room > 0 else { return (taken, .other) }
            // The first two bytes are looked at by themselves: they say whether there is anything to inflate.
            let count = min(held.count < 2 ? 1 : room, bytes.byteCount - taken)
            let piece = bytes.extracting(taken..<taken + count)
            held.append(piece)
            taken += count
            if let finding = try look(at: piece) { return (taken, finding) }
        }
        return (taken, nil)
    }

    private mutating func look(at piece: RawSpan) throws(ArchiveError) -> Finding? {
        if held.count < 2 { return nil }
        // RFC 1952, section 2.3.1: ID1 and ID2.
        let isGzip = held[0] == 0x1F && held[1] == 0x8B
        if held.count == 2 {
            if isGzip { try beginInflating() }
            // The first byte was only kept so far.
            let magic = held
            // `bytes` is only unsafe for elements with padding; a byte has none.
            return unsafe feed(magic.span.bytes, isGzip: isGzip)
        }
        return feed(piece, isGzip: isGzip)
    }

    /// Brings the probe forward; gives what it shows once it is complete.
    private mutating func feed(_ bytes: RawSpan, isGzip: Bool) -> Finding? {
        if isGzip {
            // What can't be inflated is no archive; whether it may be something else, its title decides.
            guard inflate(bytes) else { return .other }
        } else {
            probe.append(bytes.extracting(first: min(bytes.byteCount, TarHeader.blockSize - probe.count)))
        }
        guard probe.count == TarHeader.blockSize else { return nil }
        // `bytes` is only unsafe for elements with padding; a byte has none.
        let block = unsafe probe.span.bytes
        if block.firstNonZero == nil { return .zeros(isGzip: isGzip) }
        return TarHeader.hasChecksum(block) ? .tar(isGzip: isGzip) : .other
    }

    private mutating func beginInflating() throws(ArchiveError) {
        do {
            inflater = try Inflater(bufferSize: Self.step)
        } catch {
            throw .compression(error)
        }
    }

    /// Inflates as much as the probe needs; `false` where that is impossible.
    private mutating func inflate(_ bytes: RawSpan) -> Bool {
        var found = probe
        probe = []
        defer { probe = found }
        do {
            try inflater?.consume(bytes) { piece in
                found.append(piece.extracting(first: min(piece.byteCount, TarHeader.blockSize - found.count)))
            }
            return true
        } catch {
            // Damage behind the first block is met again, and named, when the layer is inflated in earnest.
            return found.count == TarHeader.blockSize
        }
    }
}
