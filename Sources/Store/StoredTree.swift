package import Content
internal import Foundation
internal import GRDB
internal import Platform

/// The files of a release, or of one in the making whose entries are all there, for those that look through them.
package struct StoredTree: Sendable {
    /// A file as ``files(after:namedLike:linksNamed:limit:)`` finds it.
    package struct File: Sendable, Hashable {
        package let path: ReleasePath
        /// Where its bytes are: another path for a link.
        package let real: ReleasePath
        package let size: Int64
        /// Whether the release that it is compared with has the same bytes at this path.
        package let isUnchanged: Bool
    }

    let index: Index
    let number: Int64
    /// The number of the release that it is compared with; 0, which none has, for nothing.
    let basis: Int64
    let root: Directory
    let name: String

    /// Files whose names end in one of `endings`, and links to files with one of the given names, in the order of
    /// directory and name.
    ///
    /// - Parameters:
    ///   - last: the path that the files before ended with; `nil` for the first ones.
    ///   - endings: ASCII, without wildcards.
    ///   - limit: how many rows are looked at and given at most; none given means that there are no more.
    package func files(
        after last: ReleasePath?,
        namedLike endings: [String],
        linksNamed names: [String],
        limit: Int
    ) throws(StoreError) -> [File] {
        let ends = endings.map { "substr(a.name, -\($0.utf8.count)) = \(Self.blob($0))" }.joined(separator: " OR ")
        let links = names.map(Self.blob).joined(separator: ", ")
        return try index.read("looking through \(name)") { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT a.directory, a.name, a.kind, a.size, b.digest IS NOT NULL FROM files a
                    LEFT JOIN files b ON b.release = :basis AND b.directory = a.directory AND b.name = a.name
                    AND b.kind = 0 AND b.digest = a.digest
                    WHERE a.release = :number AND (a.directory, a.name) > (:directory, :name)
                    AND (a.kind = 0 AND (\(ends)) OR a.kind = 2 AND a.name IN (\(links)))
                    ORDER BY a.directory, a.name LIMIT :limit
                    """
            )
            var last = last
            var files: [File] = []
            // Links may lead to nothing that counts here: as long as there are rows, there may be files.
            while files.isEmpty {
                let rows = try Row.fetchAll(
                    statement,
                    arguments: [
                        "basis": basis, "number": number, "directory": Data(last?.parent.bytes ?? []),
                        "name": Data(last?.name ?? []), "limit": limit,
                    ]
                )
                if rows.isEmpty { break }
                for row in rows {
                    let path = try row.path(at: 0)
                    last = path
                    if try row.decode(Int64.self, atIndex: 2) == IndexRow.Kind.file.rawValue {
                        let isUnchanged: Bool = try row.decode(atIndex: 4)
                        let size: Int64 = try row.decode(atIndex: 3)
                        files.append(File(path: path, real: path, size: size, isUnchanged: isUnchanged))
                    } else if let found = try resolve(path, database), found.kind == .file {
                        files.append(File(path: path, real: found.path, size: found.size, isUnchanged: false))
                    }
                }
            }
            return files
        }
    }

    /// Whether a file or directory is at `path`, links followed.
    package func exists(_ path: ReleasePath) throws(StoreError) -> Bool {
        if path.isRoot { return true }
        return try index.read("looking up \(path)") { database in
            let rows = try RowFinder(database)
            if let row = try rows.row(at: path, of: number), row.kind != .link { return true }
            if case .found = try rows.resolve(path, of: number) { return true }
            return false
        }
    }

    /// The bytes of the file that is really at `path`, all at once.
    ///
    /// - Parameter size: as ``files(after:namedLike:linksNamed:limit:)`` tells it.
    /// - Throws: ``StoreError/damaged(release:path:reason:)`` where it is shorter than it was.
    package func bytes(at path: ReleasePath, size: Int64) throws(StoreError) -> [UInt8] {
        try StoreError.attempt("reading \(path) of \(name)") {
            let opened = try root.open(path.bytes, [.readOnly, .noFollow, .nonBlocking])
            var bytes: [UInt8] = []
            while Int64(bytes.count) < size {
                let part = try opened.read(upTo: Int(size) - bytes.count)
                guard !part.isEmpty else {
                    throw StoreError.damaged(release: name, path: "\(path)", reason: "it ends early")
                }
                if bytes.isEmpty { bytes = part } else { bytes += part }
            }
            return bytes
        }
    }

    /// Whether `bytes` are what the index has of the file that is really at `path`.
    ///
    /// - Throws: ``StoreError/damaged(release:path:reason:)`` where they aren't.
    package func confirm(_ bytes: [UInt8], at path: ReleasePath) throws(StoreError) {
        let row = try index.read("looking up \(path)") { database in try RowFinder(database).row(at: path, of: number) }
        guard try ContentSum.digest(of: bytes) != row?.digest else { return }
        throw .damaged(release: name, path: "\(path)", reason: "its content is another one")
    }

    private func resolve(_ path: ReleasePath, _ database: Database) throws -> IndexRow? {
        guard case .found(let row, _) = try RowFinder(database).resolve(path, of: number) else { return nil }
        return row
    }

    /// Names are kept as bytes: `x'…'`.
    private static func blob(_ text: String) -> String {
        "x'" + text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "'"
    }
}

extension Staging {
    /// What has been staged, compared with the release that was served when the staging began.
    ///
    /// - Throws: Why the release can't be sealed.
    package func sealedTree() throws(StoreError) -> StoredTree {
        try seal()
        return StoredTree(
            index: core.index,
            number: number,
            basis: core.active?.number ?? 0,
            root: core.root,
            name: "\(tag)"
        )
    }

    /// The release that was served when the staging began.
    package var basis: Release? { core.active }
}

extension Release {
    /// Its files, compared with those of `basis`.
    package func tree(comparedWith basis: Release?) -> StoredTree {
        StoredTree(index: index, number: number, basis: basis?.number ?? 0, root: lease.directory, name: "\(tag)")
    }
}
