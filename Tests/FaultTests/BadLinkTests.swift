import Foundation
import TestSupport
import Testing

/// Links that loop or lead out, as GNU tar packs them: the whole archive is refused.
@Suite struct BadLinkTests {
    @Test(arguments: [
        ("ln -s b a; ln -s a b", "its target leads back to itself"),
        ("mkdir d; ln -s ../d/l d/l", "its target leads back to itself"),
        ("ln -s ../x up", "its target \\\"../x\\\" leads out of the release"),
        ("ln -s /etc/passwd absolute", "its target \\\"/etc/passwd\\\" leads out of the release"),
        // Each by itself stays inside; through the first, the second climbs out.
        ("mkdir -p d/e; ln -s .. d/e/up; ln -s d/e/up/../../x out", "its target leads outside the release"),
    ])
    func loopsAndEscapesRefuseTheArchive(_ script: String, _ expected: String) throws {
        let directory = try TemporaryDirectory()
        let tree = directory.appending("tree")
        let layout = directory.appending("layout")
        let archive = directory.appending("manifests.tgz")
        try Tree.write(["file": "x"], to: tree)
        try Command.run("sh", ["-ec", script], directory: tree)
        try Tree.pack(tree, to: archive)
        // `specman push` would refuse to push it.
        try Layout.make(at: layout)
        try Layout.putArtifact(
            Array(Data(contentsOf: URL(fileURLWithPath: archive))),
            tag: "1.0.0",
            in: layout
        )
        let site = try RunningSite(source: ["repository: oci-layout:\(layout)"], in: directory)
        let line = try site.daemon.wait(forLine: "level=error")
        #expect(line.contains(expected), "\(line)")
        #expect(try site.status("/file") == 503)
        // What was staged is taken away beside other work.
        _ = try site.daemon.wait(for: "an empty staging") { _ in
            (try? FileManager.default.contentsOfDirectory(atPath: site.volume + "/staging")) == [] ? true : nil
        }
        #expect(site.daemon.stop() == 0)
    }
}
