package import Content

/// A file that is the whole answer to a request, with what of the head is its own: for those who have the rest of it from
/// an earlier answer of the same ``Answer/family``.
package struct FoundFile<File: Sendable>: Sendable {
    /// What is sent of it.
    package enum Content: Sendable {
        /// All of it, as it is.
        case file(File, size: Int64)
        /// Another form of it.
        case bytes([UInt8])
    }

    /// Of the answers that differ from this one in nothing but what follows.
    package let family: UInt64
    /// Of the file, which names it in the entity tag.
    package let digest: Digest
    package let lastModified: Timestamp
    /// Of what is sent (RFC 9530 section 3).
    package let sentDigest: Digest
    package let content: Content
    /// Whether it was asked for before. What many ask for comes again; of a walk through everything each file does once, and
    /// would drive out of a cache what others come for.
    package let isAskedForAgain: Bool

    @inlinable package init(
        family: UInt64,
        digest: Digest,
        lastModified: Timestamp,
        sentDigest: Digest,
        content: Content,
        isAskedForAgain: Bool
    ) {
        self.family = family
        self.digest = digest
        self.lastModified = lastModified
        self.sentDigest = sentDigest
        self.content = content
        self.isAskedForAgain = isAskedForAgain
    }

    /// Of what is sent, in bytes.
    @inlinable package var size: Int64 {
        switch content {
        case .file(_, let size): size
        case .bytes(let bytes): Int64(bytes.count)
        }
    }
}
