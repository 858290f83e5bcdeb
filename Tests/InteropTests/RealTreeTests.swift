import Foundation
import TestSupport
import Testing

/// Trees that nobody here made, packed by GNU tar with their links, served, and compared byte for byte.
@Suite struct RealTreeTests {
    @Test(arguments: ["/usr/share/zoneinfo", "/usr/share/doc"])
    func packedByTarServedAndCompared(_ tree: String) throws {
        let directory = try TemporaryDirectory()
        let registry = try DockerRegistry()
        let archive = directory.appending("manifests.tgz")
        // A distribution's trees have links that lead out of them; what an archive may not have is the next test's.
        let escaping = try Tree.escapingLinks(below: tree)
        try Tree.pack(tree, to: archive, excluding: escaping)
        let repository = registry.host + "/manifests"
        try Pushing.withSpecman(archive, to: "\(repository):1.0.0", registry: registry)
        let site = try RunningSite(source: Pushing.source(repository, registry), in: directory)
        try site.daemon.wait(forLine: "msg=\"Serving 1.0.0\"", patience: 300)

        // What is reached through one of those links, whatever the way, isn't in the archive either.
        let paths = try Tree.files(below: tree).filter { path in
            !escaping.contains(path)
                && URL(fileURLWithPath: tree + "/" + path).resolvingSymlinksInPath().path.hasPrefix(tree + "/")
        }
        #expect(paths.count > 500)
        let fetched = directory.appending("fetched")
        try site.getAll(paths.map { Array($0.utf8) }, into: fetched)
        #expect(Tree.differences(paths, tree, fetched) == [])
        #expect(site.daemon.stop() == 0)
    }

    @Test func aLinkThatLeadsOutRefusesTheArtifactByName() throws {
        let directory = try TemporaryDirectory()
        let registry = try DockerRegistry()
        let repository = registry.host + "/manifests"
        let tree = directory.appending("tree")
        try Tree.write(["a.yaml": "a: 1\n"], to: tree)
        try Tree.pack(tree, to: directory.appending("good.tgz"))
        try Pushing.withSpecman(directory.appending("good.tgz"), to: "\(repository):1.0.0", registry: registry)
        let site = try RunningSite(source: Pushing.source(repository, registry), in: directory)
        try site.daemon.wait(forLine: "msg=\"Serving 1.0.0\"")

        let outside = directory.appending("tree/localtime")
        try FileManager.default.createSymbolicLink(atPath: outside, withDestinationPath: "/etc/localtime")
        try Tree.pack(tree, to: directory.appending("bad.tgz"))
        // Our own push would refuse it, too, before a byte is sent.
        let refused = try Command.output(
            DaemonProcess.executable.path,
            ["push", directory.appending("bad.tgz"), "\(repository):2.0.0", "--plain-http"]
        )
        #expect(refused.status == 1)
        #expect(refused.err.contains("localtime"))
        try Pushing.withORAS("bad.tgz", in: directory.path, to: "\(repository):2.0.0", registry: registry)
        let line = try site.daemon.wait(forLine: "level=error")
        #expect(line.contains("localtime"), "\(line)")
        #expect(line.contains("leads out of the release"), "\(line)")
        #expect(try site.get("/a.yaml").text == "a: 1\n")
        #expect(try site.status("/localtime") == 404)
        #expect(try FileManager.default.contentsOfDirectory(atPath: site.volume + "/staging") == [])
        #expect(site.daemon.stop() == 0)
    }
}
