internal import Content
internal import Foundation
internal import GRDB

/// What the index keeps of one name of a release.
struct IndexRow: Sendable, Hashable {
    enum Kind: Int64, Sendable {
        case file = 0
        case directory = 1
        case link = 2
    }

    var path: ReleasePath
    var kind: Kind
    var size: Int64 = 0
    var digest: Digest?
    /// `nil` for the moment of publication.
    var modified: Timestamp?
    /// Of a link.
    var target: [UInt8] = []

    /// The columns that ``init(_:path:)`` takes, in its order.
    static let columns = "kind, size, digest, seconds, nanoseconds, target"

    init(
        path: ReleasePath,
        kind: Kind,
        size: Int64 = 0,
        digest: Digest? = nil,
        modified: Timestamp?,
        target: [UInt8] = []
    ) {
        self.path = path
        self.kind = kind
        self.size = size
        self.digest = digest
        self.modified = modified
        self.target = target
    }

    /// Takes ``columns`` of the name at `path`.
    ///
    /// - Throws: ``StoreError/corruptIndex(doing:reason:)`` where a column holds what is never written.
    init(_ row: Row, path: ReleasePath) throws(StoreError) {
        guard let kind = Kind(rawValue: row[0]) else {
            throw .corruptIndex(doing: "reading \(path)", reason: "unknown kind of entry")
        }
        let digest = (row[2] as Data?).flatMap { Digest(bytes: Array($0)) }
        if kind == .file, digest == nil { throw .corruptIndex(doing: "reading \(path)", reason: "no digest") }
        let seconds: Int64 = row[3]
        self.init(
            path: path,
            kind: kind,
            size: row[1],
            digest: digest,
            modified: seconds > 0 ? Timestamp(seconds: seconds, nanoseconds: row[4]) : nil,
            target: (row[5] as Data?).map(Array.init) ?? []
        )
    }
}

extension Index {
    /// The row at `path` of release `number`, links not followed.
    static func row(at path: ReleasePath, of number: Int64, _ database: Database) throws -> IndexRow? {
        let statement = try database.cachedStatement(
            sql: "SELECT \(IndexRow.columns) FROM files WHERE release = ? AND directory = ? AND name = ?"
        )
        let row = try Row.fetchOne(
            statement,
            arguments: [number, Data(path.parent.bytes), Data(path.name)]
        )
        return try row.map { row in try IndexRow(row, path: path) }
    }

    /// The rows in `directory` of release `number`, by name: at most `limit`, of the names after `name`.
    static func rows(
        in directory: ReleasePath,
        of number: Int64,
        after name: [UInt8] = [],
        limit: Int = .max,
        _ database: Database
    ) throws -> [IndexRow] {
        // No name is empty, so that all come after the empty one.
        let statement = try database.cachedStatement(
            sql: "SELECT \(IndexRow.columns), name FROM files WHERE release = ? AND directory = ? AND name > ? "
                + "ORDER BY name LIMIT ?"
        )
        let cursor = try Row.fetchCursor(statement, arguments: [number, Data(directory.bytes), Data(name), limit])
        var rows: [IndexRow] = []
        while let row = try cursor.next() {
            rows.append(try IndexRow(row, path: try directory.appending(row[6] as Data)))
        }
        return rows
    }

    /// Calls `body` with each link of release `number`.
    static func links(of number: Int64, _ database: Database) throws -> [IndexRow] {
        let cursor = try Row.fetchCursor(
            database,
            sql: "SELECT \(IndexRow.columns), directory, name FROM files WHERE release = ? AND kind = 2",
            arguments: [number]
        )
        var rows: [IndexRow] = []
        while let row = try cursor.next() {
            let path = try ReleasePath(row[6] as Data).appending(row[7] as Data)
            rows.append(try IndexRow(row, path: path))
        }
        return rows
    }

    /// A file with `digest` in a release before `number`.
    static func file(with digest: Digest, before number: Int64, _ database: Database) throws -> (Int64, ReleasePath)? {
        let statement = try database.cachedStatement(
            sql:
                "SELECT release, directory, name FROM files WHERE digest = ? AND release < ? ORDER BY release DESC LIMIT 1"
        )
        guard let row = try Row.fetchOne(statement, arguments: [Data(digest.bytes), number]) else { return nil }
        return (row[0], try ReleasePath(row[1] as Data).appending(row[2] as Data))
    }

    /// Adds `rows` to release `number`, the later of two with one path replacing the earlier.
    static func insert(_ rows: [IndexRow], into number: Int64, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO files
                (release, directory, name, kind, size, digest, seconds, nanoseconds, target)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        for row in rows {
            try statement.execute(arguments: [
                number,
                Data(row.path.parent.bytes),
                Data(row.path.name),
                row.kind.rawValue,
                row.size,
                row.digest.map { Data($0.bytes) },
                row.modified?.seconds ?? 0,
                row.modified?.nanoseconds ?? 0,
                row.kind == .link ? Data(row.target) : nil,
            ])
        }
    }
}
