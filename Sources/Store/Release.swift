package import Content
internal import Foundation
internal import GRDB
package import Platform
internal import Synchronization

/// A file of a release, open for reading.
package typealias StoredFile = Platform.SharedFile

/// One retained release: immutable, safe to use from many threads, and whole for as long as somebody holds it, even
/// when retention has taken it away meanwhile.
package final class Release: Sendable {
    /// The name of its directory in `releases/`.
    package let id: String
    package let tag: Tag
    /// Of the manifest.
    package let digest: Digest
    /// `TAG@sha256:HEX`: made once, as every answer from the release names it.
    package let reference: String
    /// How many files it has, links and directories not counted.
    package let files: Int
    /// The sum of the files' sizes.
    package let bytes: Int64
    package let publishedAt: Timestamp
    /// The layers' digests in the manifest's order, where their archives are kept.
    package let archives: [Digest]

    let number: Int64
    let links: Int
    /// The whole second of the last activation after the publication: nothing is served as older than that.
    let floor: Int64
    let lease: ReleaseLease
    let index: Index
    /// Whether the file system was found to answer at once what it has at hand.
    private let answersAtOnce = Atomic(false)

    init(_ row: ReleaseRow, lease: ReleaseLease, index: Index) {
        id = row.id
        tag = row.tag
        digest = row.digest
        reference = "\(row.tag)@\(row.digest)"
        files = row.files
        bytes = row.bytes
        publishedAt = row.publishedAt
        archives = row.archives
        number = row.number
        links = row.links
        floor = row.floor
        self.lease = lease
        self.index = index
    }

    /// What is at `path`, links followed; `nil` where there is nothing or a link leads to nothing.
    ///
    /// - Throws: ``StoreError/index(doing:reason:)`` or ``StoreError/corruptIndex(doing:reason:)``.
    package func lookup(_ path: ReleasePath) throws(StoreError) -> FileRecord? {
        if path.isRoot { return root }
        return try index.lookUp("looking up \(path)") { rows in try self.lookup(path, rows) }
    }

    /// The file that ``lookup(_:)`` finds at `path` without waiting for the disk or a server; `nil` where that can't be done, or
    /// a link is on the way: there may be forty, and thousands of names to look up.
    package func fileAtOnce(_ path: ReleasePath) -> FileRecord? {
        guard answersAtOnce.load(ordering: .relaxed) else { return nil }
        let row = index.lookUpAtOnce { rows in try rows.row(at: path, of: number) }
        return row.flatMap { $0.kind == .file ? record($0) : nil }
    }

    /// The names in `directory`, which is a real path as ``FileRecord/path`` has it, by their bytes.
    ///
    /// Links are shown as what they lead to; those that lead to nothing are left out. Empty where there is no such
    /// directory.
    package func entries(of directory: ReleasePath) throws(StoreError) -> [DirectoryEntry] {
        try index.read("listing \(directory)") { database in
            var entries: [DirectoryEntry] = []
            for row in try Index.rows(in: directory, of: self.number, database) {
                if let entry = try self.entry(row, database) { entries.append(entry) }
            }
            return entries
        }
    }

    /// A part of what ``entries(of:)`` gives, for directories too large to be held in memory.
    ///
    /// - Parameters:
    ///   - name: what the part before ended with; empty for the first one.
    ///   - limit: how many names are looked at, at most.
    /// - Returns: the entries, and what the next part begins after; `nil` where there is none.
    package func entries(
        of directory: ReleasePath,
        after name: [UInt8],
        limit: Int
    ) throws(StoreError) -> (entries: [DirectoryEntry], next: [UInt8]?) {
        try index.read("listing \(directory)") { database in
            let rows = try Index.rows(in: directory, of: self.number, after: name, limit: limit, database)
            let entries = try rows.compactMap { try self.entry($0, database) }
            return (entries, rows.count < limit ? nil : rows.last.map { Array($0.path.name) })
        }
    }

    private func entry(_ row: IndexRow, _ database: Database) throws -> DirectoryEntry? {
        let isLink = row.kind == .link
        guard let record = isLink ? try lookup(row.path, RowFinder(database)) : record(row) else { return nil }
        return DirectoryEntry(name: Array(row.path.name), record: record, target: isLink ? row.target : nil)
    }

    /// Opens the file that `record` of this release tells of.
    ///
    /// - Throws: ``StoreError/damaged(release:path:reason:)`` where it is gone or has another size.
    package func open(_ record: FileRecord) throws(StoreError) -> StoredFile {
        try StoreError.attempt("opening \(record.path) of release \(id)") {
            let file: FileDescriptor
            do throws(SystemError) {
                file = try lease.directory.open(record.path.bytes, Self.reading)
            } catch {
                guard error.isNotFound || error.isThroughLink else { throw error }
                throw StoreError.damaged(release: id, path: "\(record.path)", reason: error.reason)
            }
            guard let stored = try stored(file, size: record.size) else {
                let reason = "it has not \(record.size) bytes"
                throw StoreError.damaged(release: id, path: "\(record.path)", reason: reason)
            }
            // Both are needed, and came with different kernels.
            if !answersAtOnce.load(ordering: .relaxed), stored.tellsWhatIsCached,
                (try? lease.directory.openAtOnce(record.path.bytes, Self.reading)) != nil
            {
                answersAtOnce.store(true, ordering: .relaxed)
            }
            return stored
        }
    }

    /// Opens the file of `size` bytes at `path`, both as ``FileRecord`` has them, without waiting for the disk or a server;
    /// `nil` where that can't be done, or fails: ``open(_:)`` can say why.
    package func openAtOnce(_ path: [UInt8], size: Int64) -> StoredFile? {
        guard answersAtOnce.load(ordering: .relaxed) else { return nil }
        do {
            guard let file = try lease.directory.openAtOnce(path, Self.reading) else { return nil }
            return try stored(file, size: size)
        } catch {
            return nil
        }
    }

    private static let reading: OpenFlags = [.readOnly, .noFollow, .nonBlocking]

    /// `nil` for what is no file of `size` bytes.
    private func stored(_ file: consuming FileDescriptor, size: Int64) throws(SystemError) -> StoredFile? {
        let status = try file.status()
        return status.kind == .file && status.size == size ? StoredFile(file, size: size) : nil
    }

    /// What the index keeps of it, whether it is served left out.
    var row: ReleaseRow {
        ReleaseRow(
            number: number,
            id: id,
            tag: tag,
            digest: digest,
            files: files,
            bytes: bytes,
            links: links,
            publishedAt: publishedAt,
            floor: floor,
            isActive: false,
            archives: archives
        )
    }

    private var root: FileRecord {
        FileRecord(kind: .directory, path: .root, size: 0, digest: nil, modified: served(nil))
    }

    private func lookup(_ path: ReleasePath, _ rows: borrowing RowFinder) throws -> FileRecord? {
        let row = try rows.row(at: path, of: number)
        if let row, row.kind != .link { return record(row) }
        // Without links nothing can be where no row is.
        if row == nil, links == 0 { return nil }
        guard case .found(let found, let links) = try rows.resolve(path, of: number) else { return nil }
        let latest = links.map { served($0.modified) }.max()
        guard let found else { return root }
        return record(found, notBefore: latest)
    }

    private func record(_ row: IndexRow, notBefore floor: Timestamp? = nil) -> FileRecord {
        let modified = served(row.modified)
        return FileRecord(
            kind: row.kind == .directory ? .directory : .file,
            path: row.path,
            size: row.size,
            digest: row.digest,
            modified: floor.map { max($0, modified) } ?? modified
        )
    }

    /// The latest second that one of its links is served as; 0 where it has none.
    func latestLink() throws(StoreError) -> Int64 {
        guard links > 0 else { return 0 }
        let number = number
        let latest = try index.read("looking for the latest link of \(id)") { database in
            try Int64.fetchOne(
                database,
                sql:
                    "SELECT MAX(CASE seconds WHEN 0 THEN ? ELSE seconds END) FROM files WHERE release = ? AND kind = 2",
                arguments: [publishedAt.seconds, number]
            )
        }
        return latest.map { served(Timestamp(seconds: $0)).seconds } ?? 0
    }

    /// The time that a row's `modified` is served as.
    func served(_ modified: Timestamp?) -> Timestamp {
        let modified = modified.map { min($0, publishedAt) } ?? publishedAt
        return max(modified, Timestamp(seconds: floor))
    }
}
