import Foundation
import TestSupport
import Testing

/// What was served stays served: with the registry away at the start, in the middle, and back; and after `kill -9`.
@Suite struct AvailabilityTests {
    private func push(_ text: String, _ tag: String, _ registry: DockerRegistry, _ directory: TemporaryDirectory) throws
    {
        let tree = directory.appending("tree-" + UUID().uuidString)
        try Tree.write(["a.yaml": text], to: tree)
        try Pushing.withSpecman(tree, to: "\(registry.host)/manifests:\(tag)", registry: registry)
    }

    @Test func registryAwayAtTheStartInTheMiddleAndBack() throws {
        let directory = try TemporaryDirectory()
        let registry = try DockerRegistry()
        try push("one", "1.0.0", registry, directory)
        let source = Pushing.source(registry.host + "/manifests", registry)

        // Away at the very start: nothing to serve yet, and it says so until the registry is there.
        registry.stop()
        let site = try RunningSite(source: source, in: directory)
        // The sentence that guides have operators look for comes first, also where there are no tags to name.
        try site.daemon.wait(forLine: "level=info msg=\"Syncing with OCI repo\"")
        let line = try site.daemon.wait(forLine: "level=error")
        #expect(line.contains(registry.host), "\(line)")
        #expect(try site.status("/a.yaml") == 503)
        #expect(try site.status("/health") == 200)
        try registry.start()
        try site.daemon.wait(forLine: "msg=\"Serving 1.0.0\"")
        #expect(try site.get("/a.yaml").text == "one")

        // Away in the middle: what was served stays served.
        try site.daemon.wait(forLine: "msg=\"Syncing works again\" failures=")
        registry.stop()
        try site.daemon.wait(for: "second error") { lines in
            lines.filter { $0.contains("level=error") }.count == 2 ? true : nil
        }
        // What goes on is not said again, though it is tried again and again.
        let failed = "specman_sync_total{result=\"failed\"}"
        try site.wait(until: failed, isAtLeast: try site.metric(failed) + 1)
        #expect(site.daemon.log.filter { $0.contains("level=error") }.count == 2)
        #expect(try site.get("/a.yaml").text == "one")
        #expect(try site.get("/-/status").text.contains("lastError"))

        // A restart without the registry serves the last good release at once.
        #expect(site.daemon.stop() == 0)
        let again = try RunningSite(source: source, volume: site.volume, in: directory)
        #expect(try again.get("/a.yaml").text == "one")

        // Back, with something new.
        try registry.start()
        try push("two", "1.1.0", registry, directory)
        try again.daemon.wait(forLine: "msg=\"Serving 1.1.0\"")
        #expect(try again.get("/a.yaml").text == "two")
        #expect(again.daemon.stop() == 0)
    }

    /// Each round kills the daemon a little later in the sync of a new release; every restart serves the old release or
    /// the new one, whole, and leaves nothing in `staging/`.
    @Test func killedAtAnyMomentItComesBackWithTheLastGoodRelease() throws {
        let directory = try TemporaryDirectory()
        let registry = try DockerRegistry()
        let source = Pushing.source(registry.host + "/manifests", registry)
        let tree = directory.appending("tree")
        var volume: String?
        var last = "none"
        let rounds = 12
        for round in 0..<rounds {
            let text = "round \(round)"
            try Tree.write(
                Dictionary(uniqueKeysWithValues: (0..<400).map { ("d\($0 % 7)/f\($0).yaml", "\(text) \($0)\n") }),
                to: tree
            )
            try Pushing.withSpecman(tree, to: "\(registry.host)/manifests:1.0.\(round)", registry: registry)
            let site = try RunningSite(source: source, volume: volume, in: directory)
            volume = site.volume
            // After the first publication, kills spread over the time that a sync takes.
            if round == 0 {
                try site.daemon.wait(forLine: "msg=\"Serving 1.0.0\"")
            } else {
                Thread.sleep(forTimeInterval: Double(round) * 0.01)
            }
            site.daemon.kill(SIGKILL)
            #expect(site.daemon.waitForExit() == -SIGKILL)

            // Away, so that only what is on the volume can be served.
            registry.stop()
            let after = try RunningSite(source: source, volume: volume, in: directory)
            let served = try after.get("/d0/f0.yaml").text
            let fetched = directory.appending("fetched-\(round)")
            let paths = (0..<400).map { "d\($0 % 7)/f\($0).yaml" }
            try after.getAll(paths.map { Array($0.utf8) }, into: fetched)
            let rounds = try paths.map { path in
                try String(contentsOfFile: fetched + "/" + path, encoding: .utf8).split(separator: " ").prefix(2)
            }
            #expect(Set(rounds).count == 1, "a mix of two releases is served")
            #expect(served.hasPrefix("round"), "\(served)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: after.volume + "/staging") == [])
            #expect(after.daemon.stop() == 0)
            last = served
            try registry.start()
        }
        #expect(last != "none")
    }
}
