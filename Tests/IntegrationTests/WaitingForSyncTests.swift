import Dispatch
import Foundation
import Synchronization
import TestSupport
import Testing

/// Many who wait for a sync that takes long, and others who only want a file.
@Suite struct WaitingForSyncTests {
    @Test func theyHoldUpNobodyAndShareOneSync() throws {
        // A volume with a release, and then a registry that never answers.
        let served = try ServedTree(
            Dictionary(uniqueKeysWithValues: (0..<20).map { ("f\($0)", Array("\($0)".utf8)) })
        )
        #expect(served.site.daemon.stop() == 0)
        let registry = try ScriptedServer(atOnce: true) { _ in .hang([]) }
        let site = try RunningSite(
            source: ["repository: \(registry.host)/manifests", "plainHTTP: true", "interval: 1h", "timeout: 10m"],
            volume: served.site.volume,
            in: served.directory
        )
        // Twice as many as there are workers.
        let count = 32
        let answers = Answers()
        Thread.detachNewThread {
            answers.take {
                let urls = Array(repeating: "http://localhost/-/sync", count: count)
                let options = ["-sS", "-X", "POST", "--unix-socket", "specman.sock", "--max-time", "300"]
                let parallel = ["--parallel", "--parallel-immediate", "--parallel-max", "64"]
                return try Command.output("curl", options + parallel + urls, directory: site.volume).text
            }
        }
        try site.wait(until: "specman_connections ", isAtLeast: count)
        for number in 0..<20 {
            #expect(try site.get("/f\(number)", ["--max-time", "30"]).text == "\(number)")
            #expect(try site.get("/-/status", ["--max-time", "30"]).text.contains("\"tag\":\"1.0.0\""))
        }
        #expect(registry.requests.count == 1)

        // Nobody is forgotten when the daemon stops.
        #expect(site.daemon.stop() == 0)
        let text = try answers.wait()
        #expect(text.components(separatedBy: "\"result\":\"failed\"").count == count + 1, "\(text)")
    }
}

/// What the waiting client was told, from its thread.
private final class Answers: Sendable {
    private let result = Mutex<Result<String, any Error>?>(nil)
    private let ended = DispatchSemaphore(value: 0)

    func take(_ body: () throws -> String) {
        let result = Result { try body() }
        self.result.withLock { $0 = result }
        ended.signal()
    }

    func wait() throws -> String {
        try #require(ended.wait(timeout: .now() + 60) == .success)
        return try #require(result.withLock { $0 }).get()
    }
}
