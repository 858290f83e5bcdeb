import Content

/// The second stage: turns the content of a layer, as a ``LayerDecoder`` hands it over, into entries.
///
/// Entries reach the sink as they arrive, so what it has taken is worth nothing until ``finish(into:)`` has returned.
package struct EntryReader: Sendable {
    /// Counts and paths so far, to be given to the reader of the next layer.
    package private(set) var register: EntryRegister

    private let format: LayerFormat
    private let title: String?
    private let size: Int64
    private let limits: ArchiveLimits
    private var tar = TarReader()
    private var received: Int64 = 0
    private var hasBegunFile = false
    private var isFinished = false

    /// Begins a layer.
    ///
    /// - Parameters:
    ///   - format: what the layer was found to be.
    ///   - title: the file name it was pushed under; needed where it is no archive.
    ///   - size: the size of the layer as its descriptor has it, in bytes; what a layer that is no archive must have.
    ///   - limits: what all layers of the release together may unpack to.
    ///   - register: what the layers before this one have left.
    package init(
        format: LayerFormat,
        title: String?,
        size: Int64,
        limits: ArchiveLimits = ArchiveLimits(),
        after register: EntryRegister = EntryRegister()
    ) {
        self.format = format
        self.title = title
        self.size = size
        self.limits = limits
        self.register = register
    }

    /// Takes the next bytes of the content.
    ///
    /// - Throws: ``ArchiveError`` where the layer is refused; what `sink` throws. Either ends the reader.
    package mutating func consume(_ bytes: RawSpan, into sink: inout some EntrySink) throws {
        guard !isFinished else { throw ArchiveError.finished }
        isFinished = true
        switch format {
        case .tar: try tar.consume(bytes, register: &register, limits: limits, into: &sink)
        case .file: try consumeFile(bytes, into: &sink)
        }
        isFinished = false
    }

    /// Says that the layer is complete.
    ///
    /// - Throws: ``ArchiveError/truncated(offset:)``, ``ArchiveError/sizeMismatch(title:expected:received:)`` where it
    ///   is not; ``ArchiveError/finished`` after a refusal; what `sink` throws.
    package mutating func finish(into sink: inout some EntrySink) throws {
        guard !isFinished else { throw ArchiveError.finished }
        isFinished = true
        switch format {
        case .tar: try tar.finish()
        case .file:
            try beginFile(into: &sink)
            guard received == size else { throw sizeMismatch }
            try sink.endFile()
        }
    }

    /// Has what comes next remembered, up to ``endMember()``: it is what one member of the gzip holds.
    package mutating func beginMember() {
        tar.beginMember()
    }

    /// What has come since ``beginMember()``; `nil` where it means something else in another place of an archive.
    package mutating func endMember() -> MemberEntries? {
        tar.endMember()
    }

    /// Takes `member` as read, in the place of the bytes that it was once read from.
    ///
    /// - Returns: `false` where no entry could begin here; then nothing was taken.
    /// - Throws: ``ArchiveError`` where an entry is refused; what `sink` throws. Either ends the reader.
    package mutating func replay(_ member: MemberEntries, into sink: inout some KnownFileSink) throws -> Bool {
        guard !isFinished else { throw ArchiveError.finished }
        guard format == .tar else { return false }
        isFinished = true
        let isTaken = try tar.replay(member, register: &register, limits: limits, into: &sink)
        isFinished = false
        return isTaken
    }

    private var sizeMismatch: ArchiveError {
        .sizeMismatch(title: title ?? "", expected: size, received: received)
    }

    private mutating func consumeFile(_ bytes: RawSpan, into sink: inout some EntrySink) throws {
        try beginFile(into: &sink)
        received += Int64(bytes.byteCount)
        guard received <= size else { throw sizeMismatch }
        if !bytes.isEmpty { try sink.write(bytes) }
    }

    private mutating func beginFile(into sink: inout some EntrySink) throws {
        guard !hasBegunFile else { return }
        hasBegunFile = true
        let path = try LayerTitle.path(title)
        try register.addFile(path, size: size, limits: limits)
        // A layer has no modification time; the store takes that of the publication for 1970.
        try sink.beginFile(path, size: size, modified: Timestamp(seconds: 0))
    }
}
