package import Content
import Zlib

/// Packs entries into a gzip of a tar, the same entries always into the same bytes.
///
/// Nothing of the machine, the user or the moment gets in: the owner is 0 without a name, the mode 0644, 0755 for
/// directories and 0777 for links, nothing of a file in the gzip's headers. Entries must come sorted, so that the order in
/// which a file system lists them doesn't get in, either: a directory before what is in it, names in one directory by their
/// bytes. Times are the caller's.
///
/// Where that is wanted the gzip has many members, each of some whole entries, and where one ends depends on nothing but the
/// names around it and a few sizes: what of a tree doesn't change gives the same members again, which a reader need not
/// inflate another time (``MemberHandlers``). For all others it is one stream (RFC 1952, section 2.2).
package struct ArchiveWriter: ~Copyable {
    /// How much is given to zlib at once, in bytes: always the same, as its output may depend on how input is cut.
    private static let pieceSize = 128 << 10

    private enum State {
        case between
        case inFile(path: ReleasePath, size: Int64, remaining: Int64)
        case finished
    }

    private let output: MemberOutput
    private var deflater: Deflater
    /// `nil` where all is one member.
    private var cut: MemberCut?
    /// The part of the tar that waits for its piece to be full.
    private var pending: [UInt8] = []
    private var state = State.between
    private var last: ReleasePath?

    /// Begins an archive.
    ///
    /// - Parameters:
    ///   - level: from 1 (fast) to 9 (small).
    ///   - inMembers: whether the gzip has many members that say their length, for which up to 4 MiB of it are held back;
    ///     `false` hands over what there is, as one member.
    ///   - emit: gets the archive in pieces, which are only there during the call.
    /// - Throws: ``ArchiveError/compression(_:)`` where memory is short.
    package init(
        level: Int32 = Deflater.defaultLevel,
        inMembers: Bool = true,
        emit: @escaping (RawSpan) throws -> Void
    ) throws(ArchiveError) {
        do {
            deflater = try Deflater(level: level, hasLength: inMembers)
        } catch {
            throw .compression(error)
        }
        output = MemberOutput(isHeldBack: inMembers, emit)
        cut = inMembers ? MemberCut() : nil
        pending.reserveCapacity(Self.pieceSize)
    }

    /// Adds a directory; the root is allowed, as the first entry.
    ///
    /// - Throws: ``ArchiveError/misuse(_:_:)`` where it comes out of order; what the writer's `emit` throws.
    package mutating func addDirectory(_ path: ReleasePath, modified: Timestamp) throws {
        try enter(path)
        let name = path.isRoot ? Array("./".utf8) : path.bytes + [UInt8(ascii: "/")]
        try append(TarBlock.header(name, .directory, modified: modified))
    }

    /// Begins a file, of which exactly `size` bytes follow through ``write(_:)``.
    ///
    /// - Throws: ``ArchiveError/misuse(_:_:)`` where it comes out of order; what the writer's `emit` throws.
    package mutating func beginFile(_ path: ReleasePath, size: Int64, modified: Timestamp) throws {
        try enter(path)
        guard size >= 0 else { throw ArchiveError.misuse(EntryName(path.bytes), .size) }
        try append(TarBlock.header(path.bytes, .file, size: size, modified: modified))
        state = .inFile(path: path, size: size, remaining: size)
    }

    /// Adds the next bytes of the file.
    ///
    /// - Throws: ``ArchiveError/misuse(_:_:)`` without a file or beyond its size; what the writer's `emit` throws.
    package mutating func write(_ bytes: RawSpan) throws {
        guard case .inFile(let path, let size, let remaining) = state else { throw misuse(.state) }
        guard Int64(bytes.byteCount) <= remaining else { throw ArchiveError.misuse(EntryName(path.bytes), .size) }
        state = .inFile(path: path, size: size, remaining: remaining - Int64(bytes.byteCount))
        try append(bytes)
    }

    /// Ends the file.
    ///
    /// - Throws: ``ArchiveError/misuse(_:_:)`` without a file or below its size; what the writer's `emit` throws.
    package mutating func endFile() throws {
        guard case .inFile(let path, let size, let remaining) = state else { throw misuse(.state) }
        guard remaining == 0 else { throw ArchiveError.misuse(EntryName(path.bytes), .size) }
        try append(TarBlock.padding(after: size))
        state = .between
    }

    /// Adds a symbolic link; where it leads is the caller's to check.
    ///
    /// - Throws: ``ArchiveError/misuse(_:_:)`` where it comes out of order; what the writer's `emit` throws.
    package mutating func symbolicLink(_ path: ReleasePath, target: [UInt8], modified: Timestamp) throws {
        try enter(path)
        try append(TarBlock.header(path.bytes, .symbolicLink, target: target, modified: modified))
    }

    /// Ends the archive and hands over the rest of it.
    ///
    /// - Throws: ``ArchiveError/misuse(_:_:)`` within a file or a second time; what the writer's `emit` throws.
    package mutating func finish() throws {
        guard case .between = state else { throw misuse(.state) }
        state = .finished
        try append(TarBlock.end)
        try endMember()
    }

    private func misuse(_ fault: WriterFault) -> ArchiveError {
        .misuse(EntryName(last?.bytes ?? []), fault)
    }

    /// Sees to it that an entry may begin, and that it comes after the last one.
    private mutating func enter(_ path: ReleasePath) throws {
        guard case .between = state else { throw ArchiveError.misuse(EntryName(path.bytes), .state) }
        if let last, !Self.precedes(last, path) { throw ArchiveError.misuse(EntryName(path.bytes), .order) }
        last = path
        if cut?.isDue(before: path) ?? false {
            try endMember()
            do { try deflater.reset() } catch { throw ArchiveError.compression(error) }
        }
    }

    private mutating func endMember() throws {
        try deflatePending()
        try deflater.finish(emit: output.write)
        try output.end()
    }

    /// Whether `left` comes before `right` in an archive: by components, as a walk with sorted names meets them.
    package static func precedes(_ left: ReleasePath, _ right: ReleasePath) -> Bool {
        // A slash counts as less than any byte, so that what is in a directory follows it at once. NUL is in no path.
        func rank(_ byte: UInt8) -> UInt8 { byte == UInt8(ascii: "/") ? 0 : byte }
        return left.bytes.lexicographicallyPrecedes(right.bytes) { rank($0) < rank($1) }
    }

    private mutating func append(_ bytes: [UInt8]) throws {
        // `bytes` is only unsafe for elements with padding; a byte has none.
        unsafe try append(bytes.span.bytes)
    }

    private mutating func append(_ bytes: RawSpan) throws {
        var rest = bytes
        while !rest.isEmpty {
            let count = min(Self.pieceSize - pending.count, rest.byteCount)
            pending.append(rest.extracting(first: count))
            cut?.add(count)
            rest = rest.extracting(droppingFirst: count)
            if pending.count == Self.pieceSize { try deflatePending() }
        }
    }

    private mutating func deflatePending() throws {
        // Taken out and put back, so that it can be read while the deflater changes, without a copy.
        var piece: [UInt8] = []
        swap(&piece, &pending)
        // `bytes` is only unsafe for elements with padding; a byte has none.
        unsafe try deflater.consume(piece.span.bytes, emit: output.write)
        piece.removeAll(keepingCapacity: true)
        swap(&piece, &pending)
    }
}
