package import Content

/// A file that is the whole answer to a request, with what of the head is its own: for those who have the rest of it from
/// an earlier answer of the same ``Answer/family``.
package struct FoundFile<File: Sendable>: Sendable {
    /// Of the answers that differ from this one in nothing but what follows.
    package let family: UInt64
    /// The strong entity tag.
    package let digest: Digest
    package let lastModified: Timestamp
    /// In bytes.
    package let size: Int64
    package let file: File

    package init(family: UInt64, digest: Digest, lastModified: Timestamp, size: Int64, file: File) {
        self.family = family
        self.digest = digest
        self.lastModified = lastModified
        self.size = size
        self.file = file
    }
}
