import Foundation
import TestSupport
import Testing

/// Artifacts and registries at fault: one line on the log, and what was served before stays served.
@Suite struct BadArtifactTests {
    private func push(_ directory: String, _ tag: String, to layout: String) throws {
        try Command.run(DaemonProcess.executable.path, ["push", directory, "oci-layout:\(layout):\(tag)"])
    }

    /// Serves a good release, has `spoil` make the next one bad, and gives the line that says so.
    private func complaint(_ spoil: (_ layout: String, _ directory: TemporaryDirectory) throws -> Void) throws -> String
    {
        let directory = try TemporaryDirectory()
        let layout = directory.appending("layout")
        let tree = directory.appending("tree")
        try Tree.write(["a.yaml": "a: 1\n"], to: tree)
        try push(tree, "1.0.0", to: layout)
        let site = try RunningSite(source: ["repository: oci-layout:\(layout)", "interval: 200ms"], in: directory)
        try site.daemon.wait(forLine: "msg=\"Serving 1.0.0\"")
        try spoil(layout, directory)
        let line = try site.daemon.wait(forLine: "level=error")
        #expect(try site.get("/a.yaml").text == "a: 1\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: site.volume + "/staging") == [])
        #expect(try FileManager.default.contentsOfDirectory(atPath: site.volume + "/releases").count == 2)
        #expect(try site.get("/-/status").text.contains("\"lastError\":\"syncing with"))
        #expect(site.daemon.stop() == 0)
        return line
    }

    /// The one blob of a layout that is a manifest, and the one that is an archive, of the tag pushed last.
    private func blobs(_ layout: String) throws -> (manifest: String, layer: String) {
        let index = try JSONSerialization.jsonObject(
            with: Data(contentsOf: URL(fileURLWithPath: layout + "/index.json"))
        )
        let manifests = try #require((index as? [String: Any])?["manifests"] as? [[String: Any]])
        let digest = try #require(manifests.last?["digest"] as? String)
        let manifest = layout + "/blobs/sha256/" + digest.dropFirst(7)
        let document = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: manifest)))
        let layers = try #require((document as? [String: Any])?["layers"] as? [[String: Any]])
        let layer = try #require(layers.first?["digest"] as? String)
        return (manifest, layout + "/blobs/sha256/" + layer.dropFirst(7))
    }

    @Test func aLayerWithOtherBytes() throws {
        let text = try complaint { layout, directory in
            let tree = directory.appending("tree2")
            try Tree.write(["b.yaml": "b: 2\n"], to: tree)
            // Made beside the layout that is polled, and spoilt before it gets there.
            let other = directory.appending("other")
            try Command.run("cp", ["-r", layout, other])
            try push(tree, "2.0.0", to: other)
            let layer = try blobs(other).layer
            var bytes = try Data(contentsOf: URL(fileURLWithPath: layer))
            bytes[bytes.count / 2] ^= 0xFF
            try bytes.write(to: URL(fileURLWithPath: layer))
            try replace(layout, by: other)
        }
        // Whatever the damage looks like to tar, what is reported is that the bytes are not the ones that were pushed.
        #expect(text.contains("sha256:"), "\(text)")
    }

    @Test func anArtifactWithoutLayers() throws {
        let text = try complaint { layout, directory in
            let other = directory.appending("other")
            try Command.run("cp", ["-r", layout, other])
            try Layout.putManifest(
                #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":"#
                    + #"{"mediaType":"application/vnd.unknown.config.v1+json","digest":"#
                    + #""sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}"#,
                tag: "2.0.0",
                in: other
            )
            try replace(layout, by: other)
        }
        #expect(text.contains("no layer"), "\(text)")
    }

    @Test func aBrokenArchive() throws {
        let text = try complaint { layout, directory in
            let tree = directory.appending("tree2")
            try Tree.write(["b.yaml": String(repeating: "b: 2\n", count: 100_000)], to: tree)
            let archive = directory.appending("manifests.tgz")
            try Tree.pack(tree, to: archive)
            let whole = try Data(contentsOf: URL(fileURLWithPath: archive))
            let other = directory.appending("other")
            try Command.run("cp", ["-r", layout, other])
            try Layout.putArtifact(Array(whole.prefix(whole.count / 2)), tag: "2.0.0", in: other)
            try replace(layout, by: other)
        }
        #expect(text.contains("truncated") || text.contains("ends"), "\(text)")
    }

    @Test func noSuchRepositoryAndWrongPassword() throws {
        let directory = try TemporaryDirectory()
        let registry = try DockerRegistry(password: "right")
        func complaint(_ password: String) throws -> String {
            let site = try RunningSite(
                source: [
                    "repository: \(registry.host)/nothing/here", "plainHTTP: true", "username: reader",
                    "password: \(password)",
                ],
                in: directory
            )
            let line = try site.daemon.wait(forLine: "level=error")
            #expect(!line.contains(password), "the password is in the log")
            #expect(try site.status("/") == 503)
            #expect(site.daemon.stop() == 0)
            return line
        }
        let wrong = try complaint("wr0ng")
        #expect(wrong.contains("source.password"), "\(wrong)")
        let missing = try complaint("right")
        #expect(missing.contains("no repository \(registry.host)/nothing/here"), "\(missing)")
    }

    /// Swaps a layout for another one in one step.
    private func replace(_ layout: String, by other: String) throws {
        // The index is what names things; the blobs are there before it.
        try Command.run("cp", ["-rn", other + "/blobs", layout])
        try Command.run("cp", [other + "/index.json", layout + "/index.json.new"])
        try Command.run("mv", [layout + "/index.json.new", layout + "/index.json"])
    }
}
