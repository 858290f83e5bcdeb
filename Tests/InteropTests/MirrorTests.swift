import Foundation
import TestSupport
import Testing

/// A daemon whose `source.mirrors` names docker-registry's pull-through cache of the origin: delivering, down, lying,
/// and alone.
@Suite struct MirrorTests {
    private let directory: TemporaryDirectory
    private let origin: DockerRegistry
    private let mirror: DockerRegistry
    /// What the daemon asks of the origin; the mirror reaches it without it.
    private let relay: Relay
    private let size = 2_000_000

    init() throws {
        directory = try TemporaryDirectory()
        origin = try DockerRegistry()
        mirror = try DockerRegistry(origin: "http://\(origin.host)")
        relay = try Relay(to: origin.host)
    }

    /// Pushes a release that doesn't compress.
    private func push(_ tag: String) throws -> Data {
        let tree = directory.appending("tree-\(tag)")
        try FileManager.default.createDirectory(atPath: tree, withIntermediateDirectories: true)
        let content = Data((0..<size).map { _ in UInt8.random(in: 0...255) })
        try content.write(to: URL(fileURLWithPath: tree + "/data"))
        try Pushing.withSpecman(tree, to: "\(origin.host)/manifests:\(tag)", registry: origin)
        return content
    }

    private func site(_ more: [String] = [], volume: String? = nil) throws -> RunningSite {
        let source = [
            "repository: \(relay.host)/manifests", "plainHTTP: true", "interval: 500ms",
            "mirrors: [\(mirror.host)/manifests]",
        ]
        return try RunningSite(source: source + more, volume: volume, in: directory)
    }

    private func digest(of tag: String, at site: RunningSite) throws -> String {
        let line = try site.daemon.wait(forLine: "msg=\"Serving \(tag)\"")
        return String(try #require(line.firstMatch(of: /sha256:[0-9a-f]{64}/)).0)
    }

    @Test func theMirrorDeliversAndTheOriginIsAskedForTags() throws {
        let content = try push("1.0.0")
        let site = try site()
        _ = try digest(of: "1.0.0", at: site)
        #expect(Data(try site.get("/data").out) == content)
        #expect(relay.counts.toClients < size / 10)
        for what in ["manifest", "blob"] {
            let line = try site.daemon.wait(forLine: "what=\"\(what) sha256:")
            #expect(line.contains("level=info msg=\"Fetched\" from=\"\(mirror.host)/manifests\" what="), "\(line)")
        }
        // A poll that finds nothing new says nothing of mirrors.
        #expect(site.daemon.log.filter { $0.contains("what=") }.count == 2)
        #expect(site.daemon.stop() == 0)
    }

    @Test func aMirrorThatIsDownIsPassedOverInOneLine() throws {
        let content = try push("1.0.0")
        mirror.stop()
        let site = try site()
        _ = try digest(of: "1.0.0", at: site)
        #expect(Data(try site.get("/data").out) == content)
        let lines = site.daemon.log.filter { $0.contains("what=") }
        #expect(lines.count == 2, "\(lines)")
        #expect(lines[0].contains("level=warning") && lines[0].contains("\(mirror.host) refuses the connection"))
        #expect(lines[1].contains("rests for") && lines[1].contains(relay.host))
        #expect(site.daemon.log.allSatisfy { !$0.contains("level=error") })
        #expect(site.daemon.stop() == 0)
    }

    /// The mirror's disk holds other bytes under the blob's digest, as many as it should.
    @Test func aMirrorThatLiesIsFoundOutAndTheOriginDelivers() throws {
        let content = try push("1.0.0")
        let first = try site()
        _ = try digest(of: "1.0.0", at: first)
        #expect(first.daemon.stop() == 0)
        let files = try Command.run("find", [mirror.storage, "-name", "data", "-size", "+1000k"]).text
        let file = try #require(files.split(separator: "\n").first.map(String.init))
        let length = try #require(FileManager.default.contents(atPath: file)).count
        try Data(repeating: 7, count: length).write(to: URL(fileURLWithPath: file))
        relay.reset()

        let second = try site()
        _ = try digest(of: "1.0.0", at: second)
        #expect(Data(try second.get("/data").out) == content)
        // The blob came from the origin once.
        #expect(relay.counts.toClients > length && relay.counts.toClients < length * 11 / 10)
        let lines = second.daemon.log.filter { $0.contains("what=\"blob") }
        #expect(lines.contains { $0.contains("level=warning") && $0.contains("does not have the digest") }, "\(lines)")
        #expect(try second.get("/-/releases").text.components(separatedBy: "\"tag\"").count == 2)
        #expect(second.daemon.log.allSatisfy { !$0.contains("level=error") })
        #expect(second.daemon.stop() == 0)

        // `specman sync` is as good at it, in its one poll.
        let volume = directory.appending("volume-of-sync")
        let configuration = directory.appending("sync.yaml")
        try """
        source:
          repository: \(relay.host)/manifests
          plainHTTP: true
          mirrors: [\(mirror.host)/manifests]
        storage: {directory: \(volume)}
        """.write(toFile: configuration, atomically: true, encoding: .utf8)
        let sync = try Command.run(DaemonProcess.executable.path, ["sync", "--config", configuration])
        #expect(sync.err.contains("does not have the digest"))
        #expect(sync.text.split(separator: "\n").last?.hasPrefix("published 1.0.0 sha256:") == true)
        #expect(FileManager.default.contents(atPath: volume + "/current/data") == content)
    }

    @Test func withTheOriginAwayAPinnedDigestIsHadAndTagsAreNot() throws {
        let content = try push("1.0.0")
        let first = try site()
        let digest = try digest(of: "1.0.0", at: first)
        origin.stop()
        let error = try first.daemon.wait(forLine: "level=error")
        #expect(error.contains("only the origin is asked for tags, not its mirror"), "\(error)")
        #expect(error.contains("serving=1.0.0") || error.contains("serving=\"1.0.0\""), "\(error)")
        #expect(Data(try first.get("/data").out) == content)
        #expect(first.daemon.stop() == 0)

        let second = try site(["tags: {policy: pinned, pin: \"\(digest)\"}"])
        try second.daemon.wait(forLine: "msg=\"Serving ")
        #expect(Data(try second.get("/data").out) == content)
        #expect(second.daemon.stop() == 0)
    }
}
