package import Content
internal import Foundation
internal import GRDB

/// What one release has that another has not.
package struct ReleaseDifference: Sendable, Hashable {
    /// A file or link of a release.
    package struct File: Sendable, Hashable {
        package let path: ReleasePath
        /// In bytes; 0 for a link.
        package let size: Int64
        /// `nil` for a link.
        package let digest: Digest?
    }

    /// Only in the second release.
    package let added: [File]
    /// Only in the first, as it was there.
    package let removed: [File]
    /// In both with other content, as it is in the second.
    package let changed: [File]
    /// How many of each there are, those beyond the limit included.
    package let counts: Counts

    package struct Counts: Sendable, Hashable {
        package let added: Int
        package let removed: Int
        package let changed: Int
    }

    /// Whether the lists are not all there is.
    package var isTruncated: Bool {
        counts != Counts(added: added.count, removed: removed.count, changed: changed.count)
    }
}

extension Release {
    /// What `other` added to, removed from and changed against this release, by path.
    ///
    /// - Parameter limit: The most files of each list; the first of them, directory by directory.
    package func difference(to other: Release, limit: Int = .max) throws(StoreError) -> ReleaseDifference {
        try index.read("comparing \(id) with \(other.id)") { database in
            func list(_ condition: String, _ one: Release, _ another: Release) throws -> (
                files: [ReleaseDifference.File], count: Int
            ) {
                let files = try Self.files(condition, database, of: one.number, against: another.number, limit)
                if files.count < limit { return (files, files.count) }
                return (files, try Self.count(condition, database, of: one.number, against: another.number))
            }
            let added = try list(Self.missing, other, self)
            let removed = try list(Self.missing, self, other)
            let changed = try list(Self.different, other, self)
            return ReleaseDifference(
                added: added.files,
                removed: removed.files,
                changed: changed.files,
                counts: .init(added: added.count, removed: removed.count, changed: changed.count)
            )
        }
    }

    private static func count(
        _ condition: String,
        _ database: Database,
        of number: Int64,
        against other: Int64
    ) throws -> Int {
        try Int.fetchOne(
            database,
            sql: "SELECT COUNT(*) FROM files a WHERE a.release = :number AND a.kind <> 1 AND \(condition)",
            arguments: ["number": number, "other": other]
        ) ?? 0
    }

    /// Files and links without a name of the same in the other release, and those that a directory took the name of.
    private static let missing = """
        NOT EXISTS (SELECT 1 FROM files b WHERE b.release = :other AND b.directory = a.directory AND b.name = a.name
        AND b.kind <> 1)
        """

    private static let different = """
        EXISTS (SELECT 1 FROM files b WHERE b.release = :other AND b.directory = a.directory AND b.name = a.name
        AND b.kind <> 1 AND (b.kind <> a.kind OR b.digest IS NOT a.digest OR b.target IS NOT a.target))
        """

    private static func files(
        _ condition: String,
        _ database: Database,
        of number: Int64,
        against other: Int64,
        _ limit: Int
    ) throws -> [ReleaseDifference.File] {
        let cursor = try Row.fetchCursor(
            database,
            sql: """
                SELECT directory, name, size, digest FROM files a
                WHERE a.release = :number AND a.kind <> 1 AND \(condition)
                ORDER BY directory, name LIMIT :limit
                """,
            arguments: ["number": number, "other": other, "limit": limit]
        )
        var files: [ReleaseDifference.File] = []
        while let row = try cursor.next() {
            files.append(
                ReleaseDifference.File(
                    path: try row.path(at: 0),
                    size: try row.decode(atIndex: 2),
                    digest: try row.decode(Data?.self, atIndex: 3).flatMap { Digest(bytes: Array($0)) }
                )
            )
        }
        return files.sorted { $0.path.bytes.lexicographicallyPrecedes($1.path.bytes) }
    }
}
