import Foundation
import TestSupport
import Testing

/// What a poll that finds nothing new costs the daemon in system calls.
@Suite(.serialized) struct PollCountTests {
    /// Each of the two requests on a connection that is kept alive looks at the 13 files of a mounted Secret first, sends and
    /// receives. Besides, the archives are looked through for downloads that nobody needs any more, and the three lines
    /// of the debug level are written.
    private static let most = 50.0

    @Test func systemCallsOfAPollThatFindsNothing() throws {
        let directory = try TemporaryDirectory()
        let registry = try DockerRegistry()
        let tree = directory.appending("tree")
        try Tree.write(["a": "1"], to: tree)
        let reference = "\(registry.host)/manifests:1.0.0"
        try Command.run(DaemonProcess.executable.path, ["push", tree, reference, "--plain-http"])
        let source = ["repository: \(registry.host)/manifests", "plainHTTP: true", "interval: 100ms"]
        let site = try RunningSite(source: source, log: ["level: debug"], in: directory)
        func wait(forPolls count: Int) throws {
            try site.daemon.wait(for: "\(count) polls") { polls($0) >= count ? true : nil }
        }
        try wait(forPolls: 3)
        var begin = 0
        var end = 0
        let calls = try SystemCalls.count(of: site.daemon.identifier) {
            begin = polls(site.daemon.log)
            try wait(forPolls: begin + 30)
            end = polls(site.daemon.log)
        }
        let working = SystemCalls.working(calls)
        print("system calls of \(end - begin) polls:", calls.sorted { $0.value > $1.value }.prefix(12))
        #expect(Double(working) / Double(end - begin) <= Self.most)
        #expect(site.daemon.stop() == 0)
    }

    private func polls(_ lines: [String]) -> Int {
        lines.count { $0.contains("msg=\"nothing new\"") }
    }
}
