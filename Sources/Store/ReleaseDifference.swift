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
}

extension Release {
    /// What `other` added to, removed from and changed against this release, by path.
    package func difference(to other: Release) throws(StoreError) -> ReleaseDifference {
        try index.read("comparing \(id) with \(other.id)") { database in
            ReleaseDifference(
                added: try Self.files(Self.missing, database, of: other.number, against: self.number),
                removed: try Self.files(Self.missing, database, of: self.number, against: other.number),
                changed: try Self.files(Self.different, database, of: other.number, against: self.number)
            )
        }
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
        against other: Int64
    ) throws -> [ReleaseDifference.File] {
        let cursor = try Row.fetchCursor(
            database,
            sql: """
                SELECT directory, name, size, digest FROM files a
                WHERE a.release = :number AND a.kind <> 1 AND \(condition)
                """,
            arguments: ["number": number, "other": other]
        )
        var files: [ReleaseDifference.File] = []
        while let row = try cursor.next() {
            files.append(
                ReleaseDifference.File(
                    path: try ReleasePath(row[0] as Data).appending(row[1] as Data),
                    size: row[2],
                    digest: (row[3] as Data?).flatMap { Digest(bytes: Array($0)) }
                )
            )
        }
        return files.sorted { $0.path.bytes.lexicographicallyPrecedes($1.path.bytes) }
    }
}
