internal import Archive
internal import Content
internal import Store

/// Reads an archive, and keeps of its files those contents that are wanted.
///
/// What comes out of it is judged by its digest alone, so that it doesn't matter whether the archive is sound.
struct Extraction: ~Copyable {
    private let size: Int64
    private let limits: ArchiveLimits
    private var decoder: LayerDecoder
    private var reader: EntryReader?
    private var sink: ContentSink

    /// - Parameters:
    ///   - size: the archive's, in bytes.
    ///   - sizes: those of the wanted contents.
    init(size: Int64, limits: ArchiveLimits, wanted: Set<Digest>, _ sizes: Set<Int64>, _ mending: Mending) {
        self.size = size
        self.limits = limits
        decoder = LayerDecoder(title: Self.title, size: size, limits: limits)
        sink = ContentSink(mending: mending, wanted: wanted, sizes: sizes)
    }

    /// A layer that is no archive needs a name, and none that anybody reads.
    private static let title = "content"

    mutating func take(_ bytes: RawSpan) throws {
        var reader = reader
        var sink = sink
        defer {
            self.reader = reader
            self.sink = sink
        }
        let (size, limits) = (size, limits)
        try decoder.consume(bytes) { format, content in
            if reader == nil { reader = EntryReader(format: format, title: Self.title, size: size, limits: limits) }
            try reader?.consume(content, into: &sink)
        }
    }

    mutating func finish() throws {
        var reader = reader
        var sink = sink
        let (size, limits) = (size, limits)
        try decoder.finish { format, content in
            if reader == nil { reader = EntryReader(format: format, title: Self.title, size: size, limits: limits) }
            try reader?.consume(content, into: &sink)
        }
        try reader?.finish(into: &sink)
    }
}

/// Takes the files of an archive whose size is that of a wanted content, and keeps those whose digest is, too.
private struct ContentSink: EntrySink {
    /// The file that is being read; a content can't be copied, so it has a place of its own.
    private final class Current {
        var content: MendedContent?
    }

    private let mending: Mending
    private let wanted: Set<Digest>
    private let sizes: Set<Int64>
    private let current = Current()

    init(mending: Mending, wanted: Set<Digest>, sizes: Set<Int64>) {
        self.mending = mending
        self.wanted = wanted
        self.sizes = sizes
    }

    mutating func directory(_ path: ReleasePath, modified: Timestamp) {}

    mutating func beginFile(_ path: ReleasePath, size: Int64, modified: Timestamp) throws {
        if sizes.contains(size) { current.content = try mending.begin(size: size) }
    }

    mutating func write(_ bytes: RawSpan) throws {
        guard var content = current.content.take() else { return }
        try content.write(bytes)
        current.content = consume content
    }

    mutating func endFile() throws {
        guard let content = current.content.take() else { return }
        try mending.end(content, wanted: wanted)
    }

    mutating func symbolicLink(_ path: ReleasePath, target: [UInt8], modified: Timestamp) {}
    mutating func hardLink(_ path: ReleasePath, to target: ReleasePath) {}
}
