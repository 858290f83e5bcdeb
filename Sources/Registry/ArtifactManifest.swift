package import Content

/// The manifest of a release as ORAS 1.0 writes it for plain files.
package enum ArtifactManifest {
    /// The config that says nothing: two bytes, `{}`.
    package static let emptyConfig: [UInt8] = [UInt8(ascii: "{"), UInt8(ascii: "}")]

    /// The descriptor of a file that is pushed as a layer.
    package static func layer(digest: Digest, size: Int64, title: String) -> Descriptor {
        Descriptor(mediaType: MediaType.layer, digest: digest, size: size, annotations: [Annotation.title: title])
    }

    /// The manifest's bytes: the same arguments give the same bytes.
    ///
    /// - Parameter created: what ranks the release among its tags; `nil` leaves it out.
    package static func bytes(
        layers: [Descriptor],
        created: Timestamp?,
        annotations: [String: String] = [:]
    ) throws(RegistryError) -> [UInt8] {
        var annotations = annotations
        if let created { annotations[Annotation.created] = created.rfc3339 }
        let config = Descriptor(
            mediaType: MediaType.unknownConfig,
            digest: try Digest.sum(of: emptyConfig),
            size: Int64(emptyConfig.count)
        )
        return try bytes(config: config, layers: layers, annotations: annotations)
    }

    static func bytes(
        config: Descriptor,
        layers: [Descriptor],
        annotations: [String: String]
    ) throws(RegistryError) -> [UInt8] {
        let document = Document(
            config: Document.Part(config),
            layers: layers.map(Document.Part.init),
            annotations: annotations.isEmpty ? nil : annotations
        )
        return try JSON.encode(document, attempt: "writing a manifest")
    }

    /// What a manifest of these bytes is known by.
    package static func digest(of bytes: [UInt8]) throws(RegistryError) -> Digest { try Digest.sum(of: bytes) }

    /// Pushes layers, config and manifest, in the order in which a registry wants them.
    ///
    /// - Parameter read: up to `limit` bytes of a layer from `offset` on.
    /// - Returns: the digest that the tag now points at.
    /// - Throws: ``RegistryError``, or what `read` threw.
    package static func push(
        layers: [Descriptor],
        as tag: Tag,
        created: Timestamp?,
        to target: any PushTarget,
        before deadline: Deadline,
        read: (_ layer: Descriptor, _ offset: Int64, _ limit: Int) throws -> [UInt8]
    ) throws -> Digest {
        let manifest = try bytes(layers: layers, created: created)
        for layer in layers {
            try target.upload(layer, before: deadline) { try read(layer, $0, $1) }
        }
        let config = Descriptor(
            mediaType: MediaType.unknownConfig,
            digest: try Digest.sum(of: emptyConfig),
            size: Int64(emptyConfig.count)
        )
        try target.upload(config, before: deadline) { offset, limit in
            Array(emptyConfig.dropFirst(Int(offset)).prefix(limit))
        }
        return try target.putManifest(manifest, mediaType: MediaType.imageManifest, tag: tag, before: deadline)
    }

    private struct Document: Encodable {
        var schemaVersion = 2
        var mediaType = MediaType.imageManifest
        var config: Part
        var layers: [Part]
        var annotations: [String: String]?

        struct Part: Encodable {
            var mediaType: String
            var digest: String
            var size: Int64
            var annotations: [String: String]?

            init(_ descriptor: Descriptor) {
                mediaType = descriptor.mediaType
                digest = descriptor.digest.description
                size = descriptor.size
                annotations = descriptor.annotations.isEmpty ? nil : descriptor.annotations
            }
        }
    }
}
