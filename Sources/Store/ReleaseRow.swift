internal import Content
internal import Foundation
internal import GRDB

/// What the index keeps of a release.
struct ReleaseRow: Sendable, Hashable {
    var number: Int64
    var id: String
    var tag: Tag
    var digest: Digest
    var files: Int
    var bytes: Int64
    var links: Int
    var publishedAt: Timestamp
    /// The second of the last activation after the publication; 0 for none.
    var floor: Int64
    var isActive: Bool
    var archives: [Digest]
}

/// What happened to a release, for the history.
enum HistoryEvent: String {
    case published
    case activated
    case retired
    case rebuilt
}

extension Index {
    /// The retained releases, the newest first.
    static func releases(_ database: Database) throws -> [ReleaseRow] {
        try Row.fetchAll(database, sql: "SELECT * FROM releases ORDER BY number DESC").map { row in
            // GRDB's subscripts would end the process where a value is of another type.
            guard let tag = Tag(try row.decode(String.self, forColumn: "tag")),
                let digest = Digest(bytes: Array(try row.decode(Data.self, forColumn: "digest")))
            else {
                throw StoreError.corruptIndex(doing: "reading the releases", reason: "a tag or digest is none")
            }
            let number: Int64 = try row.decode(forColumn: "number")
            let archives = try Data.fetchAll(
                database,
                sql: "SELECT digest FROM archives WHERE release = ? ORDER BY position",
                arguments: [number]
            )
            return ReleaseRow(
                number: number,
                id: try row.decode(forColumn: "id"),
                tag: tag,
                digest: digest,
                files: try row.decode(forColumn: "files"),
                bytes: try row.decode(forColumn: "bytes"),
                links: try row.decode(forColumn: "links"),
                publishedAt: Timestamp(
                    seconds: try row.decode(forColumn: "published_seconds"),
                    nanoseconds: try row.decode(forColumn: "published_nanoseconds")
                ),
                floor: try row.decode(forColumn: "floor_seconds"),
                isActive: try row.decode(forColumn: "active"),
                archives: archives.compactMap { Digest(bytes: Array($0)) }
            )
        }
    }

    /// Adds `release`; where it is active, no other one is any more.
    static func add(_ release: ReleaseRow, _ database: Database) throws {
        if release.isActive { try database.execute(sql: "UPDATE releases SET active = 0") }
        try database.execute(
            sql: "INSERT INTO releases VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                release.number, release.id, "\(release.tag)", Data(release.digest.bytes), release.files,
                release.bytes, release.links, release.publishedAt.seconds, release.publishedAt.nanoseconds,
                release.floor, release.isActive,
            ]
        )
        for (position, archive) in release.archives.enumerated() {
            try database.execute(
                sql: "INSERT INTO archives VALUES (?, ?, ?)",
                arguments: [release.number, position, Data(archive.bytes)]
            )
        }
    }

    /// Makes `release` the active one, under its tag and with its floor.
    static func activate(_ release: ReleaseRow, _ database: Database) throws {
        try database.execute(
            sql: """
                UPDATE releases SET
                active = (number = :number),
                tag = CASE WHEN number = :number THEN :tag ELSE tag END,
                floor_seconds = CASE WHEN number = :number THEN :floor ELSE floor_seconds END
                """,
            arguments: ["number": release.number, "tag": "\(release.tag)", "floor": release.floor]
        )
    }

    /// Takes `release` from the retained ones; its files' rows stay until ``removeRows(of:limit:_:)``.
    static func retire(_ release: ReleaseRow, _ database: Database) throws {
        try database.execute(sql: "DELETE FROM releases WHERE number = ?", arguments: [release.number])
        try database.execute(sql: "DELETE FROM archives WHERE release = ?", arguments: [release.number])
        try removeReport(of: release.number, database)
    }

    static func record(
        _ event: HistoryEvent,
        _ release: ReleaseRow,
        at second: Int64,
        reason: String? = nil,
        _ database: Database
    ) throws {
        try database.execute(
            sql: "INSERT INTO history VALUES (?, ?, ?, ?, ?)",
            arguments: [second, event.rawValue, "\(release.tag)", Data(release.digest.bytes), reason]
        )
    }

    /// The second of the last event; 0 where nothing has happened yet.
    static func lastEvent(_ database: Database) throws -> Int64 {
        try Int64.fetchOne(database, sql: "SELECT MAX(seconds) FROM history") ?? 0
    }

    /// The numbers that `files` or `members` has rows of: a descent in each for each, not a scan.
    static func numbers(_ database: Database) throws -> [Int64] {
        var numbers: [Int64] = []
        while let next = try Int64.fetchOne(
            database,
            sql: """
                SELECT MIN(release) FROM (
                    SELECT MIN(release) AS release FROM files WHERE release > :last
                    UNION ALL SELECT MIN(release) FROM members WHERE release > :last
                )
                """,
            arguments: ["last": numbers.last ?? -1]
        ) {
            numbers.append(next)
        }
        return numbers
    }

    /// Removes up to `limit` files' rows of release `number`, and some of its members; whether any may be left.
    static func removeRows(of number: Int64, limit: Int, _ database: Database) throws -> Bool {
        let isRidOfMembers = try removeMembers(of: number, database)
        try database.execute(
            sql: """
                DELETE FROM files WHERE release = :number AND (directory, name) IN
                (SELECT directory, name FROM files WHERE release = :number LIMIT :limit)
                """,
            arguments: ["number": number, "limit": limit]
        )
        return !isRidOfMembers || database.changesCount == limit
    }

    /// How many files, bytes and links release `number` has.
    static func totals(of number: Int64, _ database: Database) throws -> (files: Int, bytes: Int64, links: Int) {
        let row = try Row.fetchOne(
            database,
            sql: """
                SELECT COUNT(*) FILTER (WHERE kind = 0), COALESCE(SUM(size), 0), COUNT(*) FILTER (WHERE kind = 2)
                FROM files WHERE release = ?
                """,
            arguments: [number]
        )
        guard let row else { return (0, 0, 0) }
        return try (row.decode(atIndex: 0), row.decode(atIndex: 1), row.decode(atIndex: 2))
    }
}
