package import Content

/// What a release holds at a path, links resolved.
package struct FileRecord: Sendable, Hashable {
    package enum Kind: Sendable {
        case file
        case directory
    }

    package let kind: Kind
    /// The real path, which links have been followed to.
    package let path: ReleasePath
    /// In bytes; 0 for a directory.
    package let size: Int64
    /// Of the content; `nil` for a directory.
    package let digest: Digest?
    /// What `Last-Modified` may say: never later than the publication, and newer whenever the content at the path
    /// that was asked for is other than the one served there before.
    package let modified: Timestamp

    package init(kind: Kind, path: ReleasePath, size: Int64, digest: Digest?, modified: Timestamp) {
        self.kind = kind
        self.path = path
        self.size = size
        self.digest = digest
        self.modified = modified
    }
}

/// A name in a directory of a release.
package struct DirectoryEntry: Sendable, Hashable {
    /// In bytes, without slashes.
    package let name: [UInt8]
    /// Of what the name leads to.
    package let record: FileRecord
    /// What the link says, where the name is a symbolic link.
    package let target: [UInt8]?

    package init(name: [UInt8], record: FileRecord, target: [UInt8]? = nil) {
        self.name = name
        self.record = record
        self.target = target
    }

    /// Whether the name is a symbolic link.
    package var isLink: Bool { target != nil }
}
