import Content

/// Reads a tar that arrives in pieces, entry by entry: v7, ustar, GNU's long names, PAX.
///
/// Where readers in the field take the same bytes differently, the archive is refused: see the notes at each place.
struct TarReader: Sendable {
    private enum State {
        /// A header block, or the first block of the end marker, comes next.
        case header
        /// The first block of the end marker was seen.
        case firstZeroBlock
        /// A file's bytes: so many are left, and so many zeros fill up its last block.
        case content(remaining: Int64, padding: Int)
        /// A long name, a long link name or PAX records.
        case metadata(type: UInt8, remaining: Int, padding: Int)
        /// What fills up the last block of something.
        case padding(Int)
        /// Only zeros may follow.
        case ended
    }

    private var state = State.header
    /// The beginning of a header block whose rest has not come yet.
    private var partialBlock: [UInt8] = []
    /// Where the next byte stands in the tar.
    private var offset: Int64 = 0
    private var entry = EntryAssembly()

    init() {
        partialBlock.reserveCapacity(TarHeader.blockSize)
    }

    /// Takes the next bytes.
    ///
    /// - Throws: ``ArchiveError`` where the archive is refused; what `sink` throws.
    mutating func consume(
        _ bytes: RawSpan,
        register: inout EntryRegister,
        limits: ArchiveLimits,
        into sink: inout some EntrySink
    ) throws {
        var rest = bytes
        while !rest.isEmpty {
            let taken: Int
            switch state {
            case .header, .firstZeroBlock:
                taken = try consumeBlock(rest, register: &register, limits: limits, into: &sink)
            case .content(let remaining, let padding):
                taken = Int(min(remaining, Int64(rest.byteCount)))
                try sink.write(rest.extracting(first: taken))
                if remaining == Int64(taken) {
                    try sink.endFile()
                    state = padding == 0 ? .header : .padding(padding)
                } else {
                    state = .content(remaining: remaining - Int64(taken), padding: padding)
                }
            case .metadata(let type, let remaining, let padding):
                taken = min(remaining, rest.byteCount)
                entry.appendMetadata(rest.extracting(first: taken))
                if remaining == taken {
                    try entry.endMetadata(type: type, offset: offset + Int64(taken))
                    state = padding == 0 ? .header : .padding(padding)
                } else {
                    state = .metadata(type: type, remaining: remaining - taken, padding: padding)
                }
            case .padding(let remaining):
                taken = min(remaining, rest.byteCount)
                state = remaining == taken ? .header : .padding(remaining - taken)
            case .ended:
                if let stray = rest.firstNonZero { throw ArchiveError.trailingData(offset: offset + Int64(stray)) }
                taken = rest.byteCount
            }
            offset += Int64(taken)
            rest = rest.extracting(droppingFirst: taken)
        }
    }

    /// Says that nothing follows.
    ///
    /// - Throws: ``ArchiveError/truncated(offset:)`` where the end marker has not been seen.
    func finish() throws(ArchiveError) {
        guard case .ended = state else { throw .truncated(offset: offset) }
    }

    // MARK: Members

    /// Whether what comes next is an entry's header and nothing before it says anything of that entry.
    private var isBetweenEntries: Bool {
        guard case .header = state else { return false }
        return partialBlock.isEmpty && entry.isFresh
    }

    /// Has what comes next remembered, up to ``endMember()``.
    mutating func beginMember() {
        if isBetweenEntries { entry.recorder.begin(at: offset) } else { entry.recorder.drop() }
    }

    /// What has come since ``beginMember()``; `nil` where it means something else in another place.
    mutating func endMember() -> MemberEntries? {
        if !isBetweenEntries { entry.recorder.drop() }
        return entry.recorder.end(at: offset)
    }

    /// Takes entries as read that another archive had in the very same member.
    ///
    /// - Returns: `false` where no entry could begin, and nothing was taken.
    /// - Throws: ``ArchiveError`` where one is refused; what `sink` throws.
    mutating func replay(
        _ member: MemberEntries,
        register: inout EntryRegister,
        limits: ArchiveLimits,
        into sink: inout some KnownFileSink
    ) throws -> Bool {
        let (end, overflow) = offset.addingReportingOverflow(member.contentSize)
        guard isBetweenEntries, !overflow else { return false }
        for entry in member.entries {
            switch entry.kind {
            case .directory:
                if !entry.path.isRoot { try register.add(entry.path, .directory, limits: limits) }
                try sink.directory(entry.path, modified: entry.modified)
            case .file:
                try register.addFile(entry.path, size: entry.size, limits: limits)
                try sink.knownFile(entry.path, size: entry.size, modified: entry.modified)
            }
        }
        offset = end
        return true
    }

    /// Takes what there is of a block, and reads it when it is complete; gives how many bytes that took.
    private mutating func consumeBlock(
        _ bytes: RawSpan,
        register: inout EntryRegister,
        limits: ArchiveLimits,
        into sink: inout some EntrySink
    ) throws -> Int {
        if partialBlock.isEmpty, bytes.byteCount >= TarHeader.blockSize {
            try read(
                bytes.extracting(first: TarHeader.blockSize),
                at: offset,
                register: &register,
                limits: limits,
                into: &sink
            )
            return TarHeader.blockSize
        }
        let taken = min(TarHeader.blockSize - partialBlock.count, bytes.byteCount)
        partialBlock.append(bytes.extracting(first: taken))
        guard partialBlock.count == TarHeader.blockSize else { return taken }
        // Taken out and put back, so that the block can be read while this value changes, without a copy.
        var block: [UInt8] = []
        swap(&block, &partialBlock)
        let start = offset + Int64(taken - TarHeader.blockSize)
        // `bytes` is only unsafe for elements with padding; a byte has none.
        unsafe try read(block.span.bytes, at: start, register: &register, limits: limits, into: &sink)
        block.removeAll(keepingCapacity: true)
        swap(&block, &partialBlock)
        return taken
    }

    /// Reads a complete block that stands where a header may stand.
    private mutating func read(
        _ block: RawSpan,
        at offset: Int64,
        register: inout EntryRegister,
        limits: ArchiveLimits,
        into sink: inout some EntrySink
    ) throws {
        if block.firstNonZero == nil {
            guard entry.isEmpty else { throw ArchiveError.badHeader(.danglingExtension, offset: offset) }
            if case .firstZeroBlock = state { state = .ended } else { state = .firstZeroBlock }
            return
        }
        // Some readers end at one block of zeros, some go on behind it.
        if case .firstZeroBlock = state { throw ArchiveError.badHeader(.loneZeroBlock, offset: offset) }
        let header: TarHeader
        do {
            header = try TarHeader(block)
        } catch {
            throw ArchiveError.badHeader(error, offset: offset)
        }
        if try entry.beginMetadata(header, offset: offset) {
            // `beginMetadata` has refused what is longer than its ceilings: it fits an Int.
            let size = Int(header.size)
            if size > 0 {
                state = .metadata(type: header.type, remaining: size, padding: Self.padding(after: header.size))
            } else {
                try entry.endMetadata(type: header.type, offset: offset)
            }
            return
        }
        let size = try entry.give(header, block, register: &register, limits: limits, into: &sink)
        if size > 0 { state = .content(remaining: size, padding: Self.padding(after: size)) }
    }

    /// How many bytes fill up the last block of something of `size` bytes.
    private static func padding(after size: Int64) -> Int {
        let last = Int(size % Int64(TarHeader.blockSize))
        return last == 0 ? 0 : TarHeader.blockSize - last
    }
}
