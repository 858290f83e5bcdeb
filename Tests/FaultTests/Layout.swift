import Foundation
import TestSupport

/// Artifacts in an OCI layout that no tool would make.
enum Layout {
    /// An empty layout.
    static func make(at path: String) throws {
        try FileManager.default.createDirectory(atPath: path + "/blobs/sha256", withIntermediateDirectories: true)
        try #"{"imageLayoutVersion":"1.0.0"}"#.write(toFile: path + "/oci-layout", atomically: true, encoding: .utf8)
    }

    static func put(_ bytes: [UInt8], in layout: String) throws -> String {
        let digest = String(try Command.run("sha256sum", [], input: bytes).text.prefix(64))
        try Data(bytes).write(to: URL(fileURLWithPath: layout + "/blobs/sha256/" + digest))
        return "sha256:" + digest
    }

    static func putManifest(_ text: String, tag: String, in layout: String) throws {
        let digest = try put(Array(text.utf8), in: layout)
        let index = """
            {"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json",\
            "digest":"\(digest)","size":\(text.utf8.count),\
            "annotations":{"org.opencontainers.image.ref.name":"\(tag)"}}]}
            """
        try index.write(toFile: layout + "/index.json", atomically: true, encoding: .utf8)
    }

    static func putArtifact(_ layer: [UInt8], tag: String, in layout: String) throws {
        try putArtifact(digest: try put(layer, in: layout), size: layer.count, tag: tag, in: layout)
    }

    /// Moves the file `layer`, which may be larger than memory, into the layout, as the one layer of `tag`.
    static func moveArtifact(_ layer: String, tag: String, into layout: String) throws {
        let digest = String(try Command.run("sha256sum", [layer]).text.prefix(64))
        let size = try FileManager.default.attributesOfItem(atPath: layer)[.size] as? Int ?? 0
        try FileManager.default.moveItem(atPath: layer, toPath: layout + "/blobs/sha256/" + digest)
        try putArtifact(digest: "sha256:" + digest, size: size, tag: tag, in: layout)
    }

    private static func putArtifact(digest: String, size: Int, tag: String, in layout: String) throws {
        try putManifest(
            """
            {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":\
            "application/vnd.unknown.config.v1+json","digest":\
            "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[{"mediaType":\
            "application/vnd.oci.image.layer.v1.tar","digest":"\(digest)","size":\(size),\
            "annotations":{"org.opencontainers.image.title":"manifests.tgz"}}]}
            """,
            tag: tag,
            in: layout
        )
    }
}
