/// What points at a manifest or a blob: its media type, digest and size.
///
/// `urls` of the specification are not kept: content is only fetched from the repository that named it (CVE-2020-15157).
/// Specification: OCI image-spec `descriptor.md`.
package struct Descriptor: Hashable, Sendable {
    /// What the pusher says the bytes are; never believed when the bytes are opened.
    package var mediaType: String
    /// What the bytes must hash to.
    package var digest: Digest
    /// How many bytes there must be.
    package var size: Int64
    /// `org.opencontainers.image.title` and others.
    package var annotations: [String: String]

    package init(mediaType: String, digest: Digest, size: Int64, annotations: [String: String] = [:]) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.annotations = annotations
    }

    /// The file name that the pusher gave, if any.
    package var title: String? { annotations[Annotation.title] }
}

/// The annotation names that mean something here (OCI image-spec `annotations.md`; ORAS for `unpack`).
package enum Annotation {
    package static let created = "org.opencontainers.image.created"
    package static let title = "org.opencontainers.image.title"
    package static let referenceName = "org.opencontainers.image.ref.name"
}
