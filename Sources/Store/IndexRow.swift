internal import Content
internal import Foundation
internal import GRDB
internal import SQLite

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

    /// Takes ``columns`` of the name at `path` from the row that `statement` is at.
    ///
    /// - Throws: ``StoreError/corruptIndex(doing:reason:)`` where a column holds what is never written.
    init(_ statement: borrowing RowStatement, path: ReleasePath) throws(StoreError) {
        guard let kind = Kind(rawValue: statement.integer(0)) else {
            throw .corruptIndex(doing: "reading \(path)", reason: "unknown kind of entry")
        }
        let digest = statement.bytes(2).flatMap { Digest(bytes: $0) }
        if kind == .file, digest == nil { throw .corruptIndex(doing: "reading \(path)", reason: "no digest") }
        let seconds = statement.integer(3)
        self.init(
            path: path,
            kind: kind,
            size: statement.integer(1),
            digest: digest,
            modified: seconds > 0
                ? Timestamp(seconds: seconds, nanoseconds: Int32(clamping: statement.integer(4))) : nil,
            target: statement.bytes(5) ?? []
        )
    }

    /// Takes ``columns``, `directory` and `name` from the row that `statement` is at.
    init(of statement: borrowing RowStatement) throws {
        let path = try ReleasePath(statement.bytes(6) ?? []).appending(statement.bytes(7) ?? [])
        try self.init(statement, path: path)
    }
}

/// Finds rows by their paths, links not followed.
struct RowFinder: ~Copyable {
    private let statement: RowStatement

    init(_ database: Database) throws {
        self.init(RowStatement(try database.cachedStatement(sql: Self.query)))
    }

    /// Takes a statement made of ``query``.
    init(_ statement: consuming RowStatement) {
        self.statement = statement
    }

    /// Put together once, not for each look-up.
    static let query =
        "SELECT \(IndexRow.columns) FROM files WHERE release = ? AND directory = ? AND name = ?"

    /// The row at `path` of release `number`.
    func row(at path: ReleasePath, of number: Int64) throws -> IndexRow? {
        defer { statement.reset() }
        try statement.bind(number, at: 1)
        // Bytes have no padding to show.
        try unsafe statement.bind(path.parentBytes.span.bytes, at: 2)
        try unsafe statement.bind(path.name.span.bytes, at: 3)
        guard try statement.step() else { return nil }
        return try IndexRow(statement, path: path)
    }

    /// What `path` of release `number` leads to, links followed.
    func resolve(_ path: ReleasePath, of number: Int64) throws -> LinkResolver.Outcome {
        var looked = 0
        return try resolve(path, of: number, counting: &looked)
    }

    /// The same, with `looked` growing by the number of components that were looked at.
    func resolve(_ path: ReleasePath, of number: Int64, counting looked: inout Int) throws -> LinkResolver.Outcome {
        try LinkResolver.resolve(path, counting: &looked) { try row(at: $0, of: number) }
    }
}

extension Index {
    /// The row at `path` of release `number`, links not followed.
    static func row(at path: ReleasePath, of number: Int64, _ database: Database) throws -> IndexRow? {
        try RowFinder(database).row(at: path, of: number)
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
        let statement = RowStatement(
            try database.cachedStatement(
                sql: "SELECT \(IndexRow.columns), name FROM files WHERE release = ? AND directory = ? AND name > ? "
                    + "ORDER BY name LIMIT ?"
            )
        )
        try statement.bind(number, at: 1)
        // Bytes have no padding to show.
        try unsafe statement.bind(directory.bytes.span.bytes, at: 2)
        try unsafe statement.bind(name.span.bytes, at: 3)
        try statement.bind(Int64(limit), at: 4)
        var rows: [IndexRow] = []
        while try statement.step() {
            rows.append(try IndexRow(statement, path: try directory.appending(statement.bytes(6) ?? [])))
        }
        return rows
    }

    /// Where links of release `number` are, in the order of directory and name: at most `limit`, of those after `last`.
    static func links(
        of number: Int64,
        after last: ReleasePath?,
        limit: Int,
        _ database: Database
    ) throws -> [ReleasePath] {
        let statement = RowStatement(
            try database.cachedStatement(
                sql: "SELECT directory, name FROM files WHERE release = ? AND (directory, name) > (?, ?) AND kind = 2 "
                    + "ORDER BY directory, name LIMIT ?"
            )
        )
        // No name is empty, so that all come after the empty one.
        let (directory, name) = (last?.parentBytes ?? [], last?.name ?? [])
        try statement.bind(number, at: 1)
        // Bytes have no padding to show.
        try unsafe statement.bind(directory.span.bytes, at: 2)
        try unsafe statement.bind(name.span.bytes, at: 3)
        try statement.bind(Int64(limit), at: 4)
        var paths: [ReleasePath] = []
        while try statement.step() {
            paths.append(try ReleasePath(statement.bytes(0) ?? []).appending(statement.bytes(1) ?? []))
        }
        return paths
    }

    /// A file with `digest` in a release before `number`.
    static func file(with digest: Digest, before number: Int64, _ database: Database) throws -> (Int64, ReleasePath)? {
        let statement = try database.cachedStatement(
            sql:
                "SELECT release, directory, name FROM files WHERE digest = ? AND release < ? ORDER BY release DESC LIMIT 1"
        )
        guard let row = try Row.fetchOne(statement, arguments: [Data(digest.bytes), number]) else { return nil }
        return (try row.decode(atIndex: 0), try row.path(at: 1))
    }

    /// Adds `rows` to release `number`, the later of two with one path replacing the earlier.
    static func insert(_ rows: [IndexRow], into number: Int64, _ database: Database) throws {
        let statement = RowStatement(
            try database.cachedStatement(
                sql: """
                    INSERT OR REPLACE INTO files
                    (release, directory, name, kind, size, digest, seconds, nanoseconds, target)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """
            )
        )
        try statement.bind(number, at: 1)
        for row in rows {
            // Bytes have no padding to show.
            try unsafe statement.bind(row.path.parentBytes.span.bytes, at: 2)
            try unsafe statement.bind(row.path.name.span.bytes, at: 3)
            try statement.bind(row.kind.rawValue, at: 4)
            try statement.bind(row.size, at: 5)
            if let digest = row.digest {
                try unsafe statement.bind(digest.bytes.span.bytes, at: 6)
            } else {
                try statement.bindNull(at: 6)
            }
            try statement.bind(row.modified?.seconds ?? 0, at: 7)
            try statement.bind(Int64(row.modified?.nanoseconds ?? 0), at: 8)
            if row.kind == .link {
                try unsafe statement.bind(row.target.span.bytes, at: 9)
            } else {
                try statement.bindNull(at: 9)
            }
            _ = try statement.step()
            statement.reset()
        }
    }
}

extension Row {
    /// The path whose directory is in the column at `index`, and its name in the one after it.
    func path(at index: Int) throws -> ReleasePath {
        try ReleasePath(try decode(Data.self, atIndex: index)).appending(try decode(Data.self, atIndex: index + 1))
    }
}
