package import Content
internal import GRDB
internal import OpenSSL
internal import Platform
internal import Synchronization

/// A release in the making: its entries are taken in the archive's order, from one thread at a time.
///
/// Small files are gathered and written by two writers; large ones go straight to the disk. A writer's failure shows at
/// a later call, at the latest when the release is published. It has to be given to ``Volume/publish(_:archives:)`` or
/// ``Volume/discard(_:)``.
package final class Staging: Sendable {
    /// The largest file that is gathered, in bytes: those of a manifest tree, so that what is unchanged is linked and never
    /// written, and hashing has a thread of its own. A few times as much is held in memory.
    static let smallFile: Int64 = 1 << 20
    /// How many bytes a batch has at least before it is handed to a writer.
    static let batchBytes = 512 << 10
    /// How many files a batch has at most: empty ones weigh nothing.
    static let batchFiles = 256
    private static let writerCount = 2
    /// Components looked at to follow all links, for each of them, and for the few that are worse: one alone may take thousands,
    /// and what takes long to check takes long again with each request for what leads through it.
    private static let linkBudget = 64
    private static let leastLinkBudget = 1 << 16
    /// Links looked at together: a release may have as many as it has files.
    private static let linksAtOnce = 1024

    package let tag: Tag
    package let digest: Digest
    let number: Int64
    let core: StagingCore
    /// Where the release is put together, for the log.
    package var location: String { "\(core.layout.path)/staging/\(number)" }

    /// Whether anything was taken from the release that is served without its bytes.
    package var hasKnownFiles: Bool { producer.withLock { $0.hasKnownFiles } }

    private let writers: [StagingWriter]
    private let producer: Mutex<Producer>

    /// The file between ``beginFile(_:size:modified:)`` and ``endFile()``.
    private struct CurrentFile: ~Copyable {
        let path: ReleasePath
        let size: Int64
        let modified: Timestamp
        var received: Int64 = 0
        /// A large one is open; a small one's bytes are at the end of its writer's batch.
        var large: LargeFile?
    }

    private struct LargeFile: ~Copyable {
        let file: FileDescriptor
        var hash: SHA256
    }

    private struct Producer: ~Copyable {
        var tree: TreeWriter
        var batches: [SmallFiles]
        var file: CurrentFile?
        var isSealed = false
        var hasKnownFiles = false
    }

    init(tag: Tag, digest: Digest, core: StagingCore) {
        self.tag = tag
        self.digest = digest
        self.core = core
        number = core.number
        writers = (0..<Self.writerCount).map { StagingWriter(core: core, label: "specman.store.writer-\($0)") }
        producer = Mutex(
            Producer(
                tree: TreeWriter(core: core),
                batches: Array(repeating: SmallFiles(), count: Self.writerCount),
                file: nil
            )
        )
    }

    /// Makes a directory; one that an earlier entry made or implied is fine.
    package func directory(_ path: ReleasePath, modified: Timestamp) throws(StoreError) {
        try core.check()
        if path.isRoot { return }
        try producer.withLock { producer throws(StoreError) in
            try makeDirectory(path, for: path, modified: modified, &producer)
        }
    }

    /// Begins a file of `size` bytes.
    package func beginFile(_ path: ReleasePath, size: Int64, modified: Timestamp) throws(StoreError) {
        try core.check()
        guard !path.isRoot else { throw .refused(entry: ".", reason: .rootIsNoDirectory) }
        try producer.withLock { producer throws(StoreError) in
            try makeParent(of: path, &producer)
            var file = CurrentFile(path: path, size: size, modified: modified, large: nil)
            if size > Self.smallFile {
                try core.requireSpace(size)
                // An earlier entry of the name may be under way.
                drain(Self.shard(path), &producer)
                let descriptor = try producer.tree.create(path)
                do throws(OpenSSLError) {
                    file.large = LargeFile(file: descriptor, hash: try SHA256())
                } catch {
                    throw StoreError.digest(doing: "hashing \(path)", reason: "\(error)")
                }
            }
            producer.file = consume file
        }
    }

    /// Adds bytes to the file that was begun.
    package func write(_ bytes: RawSpan) throws(StoreError) {
        try producer.withLock { producer throws(StoreError) in
            guard var file = producer.file.take() else { throw Self.misused }
            let (received, overflow) = file.received.addingReportingOverflow(Int64(bytes.byteCount))
            guard !overflow, received <= file.size else {
                throw StoreError.refused(entry: "\(file.path)", reason: .sizeDiffers)
            }
            file.received = received
            if var large = file.large.take() {
                do throws(SystemError) { try large.file.write(bytes) } catch {
                    throw TreeWriter.failure(file.path, error)
                }
                core.wrote(bytes.byteCount)
                large.hash.update(bytes)
                file.large = consume large
            } else {
                // The bytes are copied before the call returns; appending a span is not in the library yet.
                unsafe bytes.withUnsafeBytes { buffer in
                    unsafe producer.batches[Self.shard(file.path)].bytes.append(contentsOf: buffer)
                }
            }
            producer.file = consume file
        }
    }

    /// Ends the file that was begun.
    package func endFile() throws(StoreError) {
        try producer.withLock { producer throws(StoreError) in
            guard var file = producer.file.take() else { throw Self.misused }
            guard file.received == file.size else {
                throw StoreError.refused(entry: "\(file.path)", reason: .sizeDiffers)
            }
            if let large = file.large.take() {
                try endLarge(file.path, size: file.size, modified: file.modified, large, &producer)
                return
            }
            let shard = Self.shard(file.path)
            let end = producer.batches[shard].bytes.count
            let range = end - Int(file.size)..<end
            let small = SmallFiles.File(path: file.path, modified: file.modified, range: range, size: file.size)
            add(small, shard, &producer)
        }
    }

    /// Adds a file that the release that is served has with the very same bytes, at the same path: it is linked.
    ///
    /// - Throws: also later, with ``StoreError/knownFileMissing(_:)``, where that file isn't there or can't be linked.
    package func knownFile(_ path: ReleasePath, size: Int64, modified: Timestamp) throws(StoreError) {
        try core.check()
        guard !path.isRoot else { throw .refused(entry: ".", reason: .rootIsNoDirectory) }
        try producer.withLock { producer throws(StoreError) in
            guard producer.file == nil else { throw Self.misused }
            producer.hasKnownFiles = true
            try makeParent(of: path, &producer)
            let known = SmallFiles.File(path: path, modified: modified, range: 0..<0, size: size, isKnown: true)
            add(known, Self.shard(path), &producer)
        }
    }

    private func add(_ file: SmallFiles.File, _ shard: Int, _ producer: inout Producer) {
        producer.batches[shard].files.append(file)
        if producer.batches[shard].bytes.count >= Self.batchBytes
            || producer.batches[shard].files.count >= Self.batchFiles
        {
            submit(shard, &producer)
        }
    }

    /// Makes a symbolic link; where it leads to is checked when all entries are there.
    package func symbolicLink(_ path: ReleasePath, target: [UInt8], modified: Timestamp) throws(StoreError) {
        try core.check()
        guard !path.isRoot else { throw .refused(entry: ".", reason: .rootIsNoDirectory) }
        guard !target.isEmpty, !target.contains(0), target.count <= ReleasePath.longestTarget else {
            throw .refused(entry: "\(path)", reason: .linkTargetTooLong)
        }
        try producer.withLock { producer throws(StoreError) in
            try makeParent(of: path, &producer)
            try core.requireSpace(StagingCore.blockSize)
            let directory = try producer.tree.directory(path.parent, for: path)
            do throws(SystemError) {
                try directory.makeSymbolicLink(Array(path.name), to: target)
            } catch {
                if error.isNameTaken { throw StoreError.refused(entry: "\(path)", reason: .nameTaken) }
                throw TreeWriter.failure(path, error)
            }
            var row = IndexRow(path: path, kind: .link, modified: nil, target: target)
            let previous = try previous(at: path)
            row.modified = core.modified(row, archived: modified, previous: previous)
            core.add([row])
        }
    }

    /// Makes `path` another name of the file `target`, which an earlier entry made.
    package func hardLink(_ path: ReleasePath, to target: ReleasePath) throws(StoreError) {
        try core.check()
        guard !path.isRoot else { throw .refused(entry: ".", reason: .rootIsNoDirectory) }
        try producer.withLock { producer throws(StoreError) in
            try makeParent(of: path, &producer)
            for shard in writers.indices { drain(shard, &producer) }
            try core.check()
            try core.flush()
            let number = number
            let found = try core.index.read("looking up \(target)") { database in
                try Index.row(at: target, of: number, database)
            }
            guard let found, found.kind == .file else {
                throw StoreError.refused(entry: "\(path)", reason: .noHardLinkTarget)
            }
            try producer.tree.hardLink(target, to: path)
            var row = found
            row.path = path
            let archived = found.modified ?? Timestamp(seconds: 0)
            row.modified = core.modified(row, archived: archived, previous: try previous(at: path))
            core.add([row])
        }
    }

    /// Ends the making: everything is written and in the index, and no link leads out of the release. Once is enough. The
    /// disk has begun with it by then; that it is durable is the publication's to see to.
    func seal() throws(StoreError) {
        try producer.withLock { producer throws(StoreError) in
            guard producer.file == nil else { throw Self.misused }
            if producer.isSealed { return }
            for shard in writers.indices { drain(shard, &producer) }
            // The disk begins while the last rows go into the index, and while checks look through the release.
            core.beginSyncing()
            try core.check()
            try core.flush()
            try checkLinks()
            producer.isSealed = true
        }
    }

    /// Ends the making without a result; returns when no thread works at it any more.
    func cancel(because error: StoreError) {
        core.fail(error)
        for writer in writers { writer.drain() }
        core.settle()
        producer.withLock { $0.file = nil }
    }

    private func checkLinks() throws(StoreError) {
        let number = number
        try core.index.read("checking the links") { database in
            let rows = try RowFinder(database)
            var last: ReleasePath?
            var budget = Self.leastLinkBudget
            while true {
                try core.check()
                let links = try Index.links(of: number, after: last, limit: Self.linksAtOnce, database)
                guard !links.isEmpty else { break }
                for link in links {
                    var looked = 0
                    let outcome = try rows.resolve(link, of: number, counting: &looked)
                    budget += Self.linkBudget - looked
                    guard budget >= 0 else { throw StoreError.refused(entry: "\(link)", reason: .linksTooInvolved) }
                    switch outcome {
                    case .found, .missing: continue
                    case .escapes: throw StoreError.refused(entry: "\(link)", reason: .linkLeavesRelease)
                    case .loops: throw StoreError.refused(entry: "\(link)", reason: .linkLoops)
                    }
                }
                last = links.last
            }
        }
    }

    private func endLarge(
        _ path: ReleasePath,
        size: Int64,
        modified: Timestamp,
        _ large: consuming LargeFile,
        _ producer: inout Producer
    ) throws(StoreError) {
        let digest = try Digest(finishing: &large.hash, of: path)
        var row = IndexRow(path: path, kind: .file, size: size, digest: digest, modified: nil)
        let core = core
        let facts = try core.index.read("looking for known files") { database in
            let previous = try core.previous(at: path, RowFinder(database))
            return (previous, try core.source(of: digest, at: path, previous: previous, database))
        }
        if let (release, origin) = facts.1 {
            // Its pages may not have reached the disk yet: linking saves that, and the space.
            _ = try producer.tree.link(origin, of: release, size: size, to: path)
        }
        row.modified = core.modified(row, archived: modified, previous: facts.0)
        core.add([row])
    }

    private func previous(at path: ReleasePath) throws(StoreError) -> IndexRow? {
        let core = core
        return try core.index.read("looking up \(path)") { database in
            try core.previous(at: path, RowFinder(database))
        }
    }

    private func makeParent(of path: ReleasePath, _ producer: inout Producer) throws(StoreError) {
        let parent = path.parent
        if producer.tree.isIn(parent) { return }
        do throws(StoreError) {
            _ = try producer.tree.directory(parent, for: path)
        } catch {
            guard case .failed(_, let cause) = error, cause.isNotFound else { throw error }
            try makeDirectory(parent, for: path, modified: nil, &producer)
        }
    }

    private func makeDirectory(
        _ path: ReleasePath,
        for entry: ReleasePath,
        modified: Timestamp?,
        _ producer: inout Producer
    ) throws(StoreError) {
        try makeParent(of: path, &producer)
        try core.requireSpace(StagingCore.blockSize)
        let parent = try producer.tree.directory(path.parent, for: entry)
        do throws(SystemError) {
            try parent.makeDirectory(Array(path.name), mode: TreeWriter.directoryMode)
        } catch {
            guard error.isNameTaken else { throw TreeWriter.failure(entry, error) }
            let status = try StoreError.attempt("unpacking \(entry)") { try parent.status(Array(path.name)) }
            guard status?.kind == .directory else { throw .refused(entry: "\(entry)", reason: .nameTaken) }
        }
        let known = modified.flatMap { $0.seconds > 0 ? $0 : nil }
        core.add([IndexRow(path: path, kind: .directory, modified: known)])
    }

    private func submit(_ shard: Int, _ producer: inout Producer) {
        guard !producer.batches[shard].files.isEmpty else { return }
        let next = writers[shard].emptyBatch()
        writers[shard].submit(producer.batches[shard])
        producer.batches[shard] = next
    }

    private func drain(_ shard: Int, _ producer: inout Producer) {
        submit(shard, &producer)
        writers[shard].drain()
    }

    /// The writer of `path`: always the same, so that two entries of one name stay in their order.
    private static func shard(_ path: ReleasePath) -> Int {
        Int(path.stableHash % UInt64(writerCount))
    }

    private static var misused: StoreError {
        .index(doing: "unpacking", reason: "entries came out of order")
    }
}
