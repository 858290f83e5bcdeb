internal import Content
internal import Foundation
internal import GRDB
internal import SQLite

/// One member of a compressed archive, as a release's was.
struct IndexMember: Sendable {
    /// SHA-256 of the member, compressed.
    let digest: Digest
    /// What it holds, in the form of whoever reads archives.
    let entries: [UInt8]

    init(digest: Digest, entries: [UInt8]) {
        self.digest = digest
        self.entries = entries
    }

    /// Says of all members of the release with the manifest `manifest` that they hold. No member has its digest.
    init(vouchingFor manifest: Digest) {
        self.init(digest: manifest, entries: [])
    }
}

extension Index {
    /// `members` says what stood in which part of the archives of a release, for as long as the release is there. Nothing
    /// depends on it but how fast the next release comes: an index that is made anew has none.
    ///
    /// They hold where ``IndexMember/init(vouchingFor:)`` is among them. With row ids, unlike `files`: what is kept in the
    /// order of a key has a page of its own for all beyond 1000 bytes.
    static let membersSchema = """
        CREATE TABLE members (
            release INTEGER NOT NULL,
            digest BLOB NOT NULL,
            entries BLOB NOT NULL
        );
        CREATE UNIQUE INDEX members_by_digest ON members (release, digest);
        """

    static func insert(_ members: [IndexMember], into number: Int64, _ database: Database) throws {
        let statement = RowStatement(
            try database.cachedStatement(
                sql: "INSERT OR REPLACE INTO members (release, digest, entries) VALUES (?, ?, ?)"
            )
        )
        try statement.bind(number, at: 1)
        for member in members {
            // Bytes have no padding to show.
            try unsafe statement.bind(member.digest.bytes.span.bytes, at: 2)
            try unsafe statement.bind(member.entries.span.bytes, at: 3)
            _ = try statement.step()
            statement.reset()
        }
    }

    /// What the member with `digest` of release `number` holds; `nil` where the release has none that is known.
    static func member(_ digest: Digest, of number: Int64, _ database: Database) throws -> [UInt8]? {
        let statement = RowStatement(
            try database.cachedStatement(sql: "SELECT entries FROM members WHERE release = ? AND digest = ?")
        )
        try statement.bind(number, at: 1)
        // Bytes have no padding to show.
        try unsafe statement.bind(digest.bytes.span.bytes, at: 2)
        return try statement.step() ? statement.bytes(0) : nil
    }

    /// Whether what `members` has of release `number` is what the release has at its paths. An earlier version of the program
    /// that has given the number to another release has left nothing that says so.
    static func isVouched(for manifest: Digest, number: Int64, _ database: Database) throws -> Bool {
        try member(manifest, of: number, database) == []
    }

    /// Members removed in one transaction: fewer than files' rows, as one may hold as much as a thousand of those.
    private static let membersAtOnce = 500

    /// Removes some members of release `number`; whether that were the last ones.
    static func removeMembers(of number: Int64, _ database: Database) throws -> Bool {
        try database.execute(
            sql: """
                DELETE FROM members WHERE rowid IN
                (SELECT rowid FROM members WHERE release = :number LIMIT :limit)
                """,
            arguments: ["number": number, "limit": membersAtOnce]
        )
        return database.changesCount < membersAtOnce
    }
}
