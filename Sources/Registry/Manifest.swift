package import Content

/// The manifest of a release, checked against its digest.
package struct Manifest: Sendable {
    /// The most bytes a manifest or index may have; registries take 4 MiB (distribution-spec, "Pushing Manifests").
    package static let limit = 4 << 20
    /// The most layers: a release is one, images have a few dozen, overlay file systems end at 128.
    static let mostLayers = 1024

    /// What the tag points at, and what a release is known by: the index's digest where there is an index.
    package var digest: Digest
    package let mediaType: String
    /// `org.opencontainers.image.created`, where it is there and a time.
    package var created: Timestamp?
    package let config: Descriptor?
    /// In the order in which they are unpacked; may be empty, see ``releaseLayers(of:)``.
    package let layers: [Descriptor]
    package let annotations: [String: String]
    /// The manifest itself, as it came.
    package let bytes: [UInt8]

    /// The layers of a manifest that is about to be downloaded.
    ///
    /// - Throws: `RegistryError.unusableManifest` where there is none.
    package func releaseLayers(of name: String) throws(RegistryError) -> [Descriptor] {
        guard !layers.isEmpty else {
            throw .unusableManifest(name, reason: "it has no layer; push a directory or an archive to this tag")
        }
        return layers
    }
}

/// A manifest or an index, read and checked for what it claims to be.
enum ManifestDocument {
    case manifest(Manifest)
    /// The entry of an index that has one, and the index's own annotation.
    case index(entry: Descriptor, created: Timestamp?)

    /// Reads a document.
    ///
    /// - Parameters:
    ///   - name: how an error names it.
    ///   - claimedType: what the registry or the descriptor says it is; only believed where the document doesn't contradict.
    /// - Throws: `RegistryError.malformed`, `.unusableManifest`.
    init(_ bytes: [UInt8], claimedType: String?, digest: Digest, name: String) throws(RegistryError) {
        let document = try JSON.decodeUnambiguously(Document.self, from: bytes, name: name)
        let claimed = claimedType.map(MediaType.essence)
        let known = MediaType.manifests + MediaType.indexes
        let stated = document.mediaType.map(MediaType.essence)
        if let stated, let claimed, known.contains(claimed), stated != claimed {
            throw .malformed(name, reason: "it says it is \(JSON.printable(stated)), the registry says \(claimed)")
        }
        // Where readers disagree on what a document is, one checks a signature on one thing and unpacks another
        // (CVE-2021-41190).
        let hasManifestParts = document.layers != nil || document.blobs != nil || document.config != nil
        if document.manifests != nil, hasManifestParts {
            throw .malformed(name, reason: "it is both a manifest and an index")
        }
        if document.schemaVersion == 1 {
            throw .unusableManifest(name, reason: "it is a manifest of docker's schema 1; push it again with ORAS")
        }
        let type = stated ?? claimed.flatMap { known.contains($0) ? $0 : nil }
        if let entries = document.manifests {
            if let type, !MediaType.indexes.contains(type) {
                throw .malformed(name, reason: "it is an index but says it is \(JSON.printable(type))")
            }
            let created = Self.created(document.annotations)
            guard entries.count == 1, let entry = entries.first else {
                throw .unusableManifest(
                    name,
                    reason: "it is an index of \(entries.count) manifests; push the release itself to this tag"
                )
            }
            self = .index(entry: try entry.descriptor(in: name), created: created)
            return
        }
        if let type, MediaType.indexes.contains(type) {
            throw .malformed(name, reason: "it says it is an index but lists no manifests")
        }
        guard document.layers != nil || document.blobs != nil || type == MediaType.artifactManifest else {
            throw .malformed(name, reason: "it is neither a manifest nor an index")
        }
        guard document.layers == nil || document.blobs == nil else {
            throw .malformed(name, reason: "it has both layers and blobs")
        }
        let parts = document.layers ?? document.blobs ?? []
        guard parts.count <= Manifest.mostLayers else {
            throw .unusableManifest(name, reason: "it has \(parts.count) layers, more than \(Manifest.mostLayers)")
        }
        var layers: [Descriptor] = []
        for part in parts { layers.append(try part.descriptor(in: name)) }
        self = .manifest(
            Manifest(
                digest: digest,
                mediaType: type ?? MediaType.imageManifest,
                created: Self.created(document.annotations),
                config: try document.config?.descriptor(in: name),
                layers: layers,
                annotations: document.annotations ?? [:],
                bytes: bytes
            )
        )
    }

    private static func created(_ annotations: [String: String]?) -> Timestamp? {
        annotations?[Annotation.created].flatMap { Timestamp(rfc3339: $0) }
    }
}

/// The members of manifests and indexes that mean something here; others are ignored, as the specification wants.
///
/// Specification: OCI image-spec `manifest.md`, `image-index.md`.
private struct Document: Decodable {
    var schemaVersion: Int?
    var mediaType: String?
    var config: Part?
    var layers: [Part]?
    var blobs: [Part]?
    var manifests: [Part]?
    var annotations: [String: String]?

    /// A descriptor; its `urls` are not even read (CVE-2020-15157).
    struct Part: Decodable {
        var mediaType: String?
        var digest: String
        var size: Int64
        var annotations: [String: String]?

        func descriptor(in name: String) throws(RegistryError) -> Descriptor {
            guard let digest = Digest(digest) else {
                throw .malformed(name, reason: "it has a digest that is no sha256 digest: \(JSON.printable(digest))")
            }
            guard size >= 0 else { throw .malformed(name, reason: "it has a negative size") }
            return Descriptor(
                mediaType: mediaType ?? "",
                digest: digest,
                size: size,
                annotations: annotations ?? [:]
            )
        }
    }
}
