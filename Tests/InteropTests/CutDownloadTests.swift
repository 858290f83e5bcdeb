import Foundation
import TestSupport
import Testing

/// A link that breaks again and again under one large download.
@Suite struct CutDownloadTests {
    @Test func tenCutsCostNextToNothing() throws {
        let directory = try TemporaryDirectory()
        let registry = try DockerRegistry()
        let size = 200 << 20
        try FileManager.default.createDirectory(atPath: directory.appending("tree"), withIntermediateDirectories: true)
        let file = directory.appending("tree/data")
        try Command.run("sh", ["-c", "head -c \(size) /dev/urandom > \(file)"])
        // Not compressed, which a layer need not be: what is shown here is the transfer.
        let archive = directory.appending("manifests.tar")
        try Command.run("tar", ["-cf", archive, "-C", directory.appending("tree"), "."])
        try Pushing.withSpecman(archive, to: "\(registry.host)/manifests:1.0.0", registry: registry)

        var random = SystemRandomNumberGenerator()
        let cuts = (0..<10).map { _ in Int.random(in: 10_000..<size, using: &random) }.sorted()
        let relay = try Relay(to: registry.host, cuts: cuts)
        let start = ContinuousClock.now
        let site = try RunningSite(
            source: ["repository: \(relay.host)/manifests", "plainHTTP: true", "interval: 1h"],
            in: directory
        )
        try site.daemon.wait(forLine: "msg=\"Serving 1.0.0\"", patience: 240)
        let counts = relay.counts
        print(
            "200 MiB, \(counts.cuts) cuts at \(cuts):",
            "\(counts.toClients) bytes to the daemon, \(counts.fromServer) from the registry,",
            "\(counts.requests) requests, \(start.duration(to: .now))"
        )
        #expect(counts.cuts == 10, "cuts at \(cuts)")
        #expect(counts.fromServer <= size * 11 / 10, "cuts at \(cuts)")
        // In one sync, and with its digest verified: what is served is what was pushed.
        #expect(site.daemon.log.allSatisfy { !$0.contains("level=error") })
        try Command.run("cmp", [site.volume + "/current/data", file])
        #expect(site.daemon.stop() == 0)
    }
}
