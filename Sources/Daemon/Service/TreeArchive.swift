internal import Archive
internal import Content
internal import HTTP
internal import Platform
internal import Store
internal import Synchronization

/// A gzip of a tar of a directory and all below it, made while it is sent: the same release always gives the same bytes.
///
/// Links are packed as links, as tar does it; those that lead to nothing are left out, as nothing is served there.
final class TreeArchive: BodySource {
    /// Archives made at a time: each takes about a megabyte while it is, whatever the tree's size, and a core's time.
    static let mostAtATime = 16
    /// Of these, for clients of one address: who takes them slowly may have them for hours.
    static let mostForOne = 8
    /// In bytes, of a piece: four TLS records.
    fileprivate static let pieceSize = 64 << 10
    /// Names read from the index at a time.
    fileprivate static let partSize = 128

    /// Those that are being made, by whom they are for.
    private struct Places {
        private var taken: [Peer: Int] = [:]

        mutating func take(for peer: Peer) -> Bool {
            guard taken.values.reduce(0, +) < mostAtATime, peer == .local || taken[peer, default: 0] < mostForOne else {
                return false
            }
            taken[peer, default: 0] += 1
            return true
        }

        mutating func giveBack(by peer: Peer) {
            guard let count = taken.removeValue(forKey: peer), count > 1 else { return }
            taken[peer] = count - 1
        }
    }

    private static let places = Mutex(Places())

    /// What the writer gave out.
    fileprivate final class Output {
        var bytes: [UInt8] = []
    }

    /// A directory whose entries are being packed.
    fileprivate struct Level {
        /// In the release.
        let source: ReleasePath
        /// In the archive.
        let target: ReleasePath
        var entries: [DirectoryEntry]
        /// What the next part begins after.
        var next: [UInt8]?
    }

    fileprivate struct OpenFile {
        let path: ReleasePath
        let file: StoredFile
        let size: Int64
        var offset: Int64 = 0
    }

    /// How far the archive is.
    fileprivate struct Progress: ~Copyable {
        let output = Output()
        var writer: ArchiveWriter
        var levels: [Level] = []
        var file: OpenFile?
        var hasBegun = false

        init() throws {
            let output = output
            writer = try ArchiveWriter(inMembers: false) { piece in
                // The bytes are copied within the call.
                unsafe piece.withUnsafeBytes { unsafe output.bytes.append(contentsOf: $0) }
            }
        }
    }

    private let release: Release
    private let root: ReleasePath
    private let peer: Peer
    private let report: @Sendable (String) -> Void
    private let progress: Mutex<Progress>

    private init(
        _ root: ReleasePath,
        of release: Release,
        for peer: Peer,
        report: @escaping @Sendable (String) -> Void
    ) throws {
        // Before anything else: what fails here has no place to give back.
        progress = Mutex(try Progress())
        self.root = root
        self.release = release
        self.peer = peer
        self.report = report
    }

    deinit {
        Self.places.withLock { $0.giveBack(by: peer) }
    }

    /// - Returns: `nil` where ``mostAtATime`` are being made already, or ``mostForOne`` for `peer`, or memory is short.
    static func make(
        _ root: ReleasePath,
        of release: Release,
        for peer: Peer,
        report: @escaping @Sendable (String) -> Void
    ) -> TreeArchive? {
        guard places.withLock({ $0.take(for: peer) }) else { return nil }
        do {
            return try TreeArchive(root, of: release, for: peer, report: report)
        } catch {
            places.withLock { $0.giveBack(by: peer) }
            report("making an archive of \(root) of release \(release.tag): \(error)")
            return nil
        }
    }

    func next() throws -> [UInt8] {
        do {
            // One caller at a time, so that nobody waits for this lock.
            return try progress.withLock { progress in
                while progress.output.bytes.count < Self.pieceSize, try progress.advance(release, root) {}
                let piece = Array(progress.output.bytes.prefix(Self.pieceSize))
                progress.output.bytes.removeFirst(piece.count)
                return piece
            }
        } catch {
            report("sending an archive of \(root) of release \(release.tag): \(error)")
            throw error
        }
    }

    /// A file that ends before the size that the index has of it.
    fileprivate struct Shortened: Error, CustomStringConvertible {
        let path: ReleasePath

        var description: String { "\(path) ends early: the volume was changed by somebody else" }
    }
}

extension TreeArchive.Progress {
    /// Packs a little more; whether there may be more.
    fileprivate mutating func advance(_ release: Release, _ root: ReleasePath) throws -> Bool {
        if !hasBegun {
            hasBegun = true
            try enter(root, as: .root, modified: Timestamp(seconds: release.publishedAt.seconds))
            return true
        }
        if let file {
            try pack(file)
            return true
        }
        guard let last = levels.indices.last else { return false }
        if let entry = levels[last].entries.popLast() {
            try pack(entry, in: levels[last], of: release)
        } else if let name = levels[last].next {
            let part = try release.entries(of: levels[last].source, after: name, limit: TreeArchive.partSize)
            // Taken from the end.
            levels[last].entries = part.entries.reversed()
            levels[last].next = part.next
        } else {
            levels.removeLast()
            if levels.isEmpty { try writer.finish() }
        }
        return true
    }

    private mutating func enter(_ source: ReleasePath, as target: ReleasePath, modified: Timestamp) throws {
        try writer.addDirectory(target, modified: modified)
        levels.append(TreeArchive.Level(source: source, target: target, entries: [], next: []))
    }

    private mutating func pack(_ entry: DirectoryEntry, in level: TreeArchive.Level, of release: Release) throws {
        let path = try level.target.appending(entry.name)
        let record = entry.record
        if let target = entry.target {
            try writer.symbolicLink(path, target: target, modified: record.modified)
        } else if record.kind == .directory {
            try enter(record.path, as: path, modified: record.modified)
        } else {
            try writer.beginFile(path, size: record.size, modified: record.modified)
            file = TreeArchive.OpenFile(path: path, file: try release.open(record), size: record.size)
        }
    }

    private mutating func pack(_ current: TreeArchive.OpenFile) throws {
        var current = current
        guard current.offset < current.size else {
            file = nil
            return try writer.endFile()
        }
        let count = Int(min(current.size - current.offset, Int64(TreeArchive.pieceSize)))
        let bytes = try current.file.read(upTo: count, at: current.offset)
        guard !bytes.isEmpty else { throw TreeArchive.Shortened(path: current.path) }
        // Bytes have no padding whose content could be undefined.
        try unsafe writer.write(bytes.span.bytes)
        current.offset += Int64(bytes.count)
        file = current
    }
}
