internal import Content
internal import Dispatch
internal import GRDB
internal import OpenSSL
internal import Platform
internal import Synchronization

/// Small files on their way to a writer, their bytes one after another.
struct SmallFiles: Sendable {
    struct File: Sendable {
        let path: ReleasePath
        let modified: Timestamp
        let range: Range<Int>
        /// In bytes.
        let size: Int64
        /// Whether the release that is served has the very same file, and its bytes aren't here.
        var isKnown = false
    }

    var files: [File] = []
    var bytes: [UInt8] = []
}

/// One of the threads that hash, link and write small files.
final class StagingWriter: Sendable {
    /// Batches under way for one writer: with ``Staging/batchBytes`` and the largest small file, 4.5 MiB at most; as much
    /// again waits to be filled anew.
    private static let batchesUnderWay = 3

    private let core: StagingCore
    private let queue: DispatchQueue
    private let room = DispatchSemaphore(value: batchesUnderWay)
    private let tree: Mutex<TreeWriter>
    /// Written batches, whose memory the next ones take: that of a new one costs the kernel a page for each page.
    private let written = Mutex<[SmallFiles]>([])

    init(core: StagingCore, label: String) {
        self.core = core
        queue = DispatchQueue(label: label)
        tree = Mutex(TreeWriter(core: core))
    }

    /// Hands `batch` over, waiting while too much is under way.
    func submit(_ batch: SmallFiles) {
        room.wait()
        queue.async {
            defer {
                self.written.withLock { $0.append(batch) }
                self.room.signal()
            }
            guard !self.core.hasFailed else { return }
            do throws(StoreError) { try self.write(batch) } catch { self.core.fail(error) }
        }
    }

    /// A batch with nothing in it and room for what is usual.
    func emptyBatch() -> SmallFiles {
        // The one that was written first: hardly ever does anybody still hold it, whose memory would then stay theirs.
        var batch = written.withLock { $0.isEmpty ? SmallFiles() : $0.removeFirst() }
        batch.files.removeAll(keepingCapacity: true)
        batch.bytes.removeAll(keepingCapacity: true)
        batch.bytes.reserveCapacity(Staging.batchBytes + 64 << 10)
        return batch
    }

    /// Waits until all that was handed over is written.
    func drain() {
        queue.sync {}
    }

    private typealias Facts = (previous: IndexRow?, source: (release: Release, path: ReleasePath)?)

    private func write(_ batch: SmallFiles) throws(StoreError) {
        let digests = try Self.digests(of: batch)
        var facts: [Facts] = []
        if !core.sources.isEmpty {
            facts = try core.index.readTogether("looking for known files") { database in
                let finder = try RowFinder(database)
                return try zip(batch.files, digests).map { file, digest in
                    let previous = try self.core.previous(at: file.path, finder)
                    guard let digest = digest ?? previous?.digest else { return (previous, nil) }
                    let source = try self.core.source(of: digest, at: file.path, previous: previous, database)
                    return (previous, source)
                }
            }
        }
        var rows: [IndexRow] = []
        rows.reserveCapacity(batch.files.count)
        var written = 0
        try core.requireSpace(Int64(batch.bytes.count))
        try tree.withLock { tree throws(StoreError) in
            for (position, file) in batch.files.enumerated() {
                let fact: Facts = facts.isEmpty ? (nil, nil) : facts[position]
                var isLinked = false
                if let (release, origin) = fact.source {
                    isLinked = try tree.link(origin, of: release, size: file.size, to: file.path)
                }
                let digest = digests[position] ?? fact.previous?.digest
                if file.isKnown, !isLinked || fact.previous?.size != file.size {
                    throw .knownFileMissing("\(file.path)")
                }
                if !isLinked {
                    // Bytes have no padding to show.
                    try unsafe tree.write(batch.bytes.span.bytes.extracting(file.range), to: file.path)
                    written += file.range.count
                }
                var row = IndexRow(path: file.path, kind: .file, size: file.size, digest: digest, modified: nil)
                row.modified = core.modified(row, archived: file.modified, previous: fact.previous)
                rows.append(row)
            }
        }
        core.wrote(written)
        core.add(rows)
    }

    /// The digests of the files whose bytes are there.
    private static func digests(of batch: SmallFiles) throws(StoreError) -> [Digest?] {
        try StoreError.attempt("hashing the artifact's files") {
            var hash = try SHA256()
            return try batch.files.map { file in
                if file.isKnown { return nil }
                // Bytes have no padding to show.
                unsafe hash.update(batch.bytes.span.bytes.extracting(file.range))
                return try Digest(finishing: &hash, of: file.path)
            }
        }
    }
}

extension Digest {
    /// Takes the sum that `hash` has come to, and begins a new one.
    init(finishing hash: inout SHA256, of path: ReleasePath) throws(StoreError) {
        guard let digest = Digest(bytes: hash.finish()) else {
            throw .digest(doing: "hashing \(path)", reason: "the sum has not \(Self.byteCount) bytes")
        }
        self = digest
    }
}
