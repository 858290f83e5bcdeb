import Foundation
import Platform
import TestSupport
import Testing

/// A daemon that may run on one processor only, as a container with a processor of its own may.
struct ProcessorTests {
    /// Event loops, and what else waits with `epoll(7)`.
    private func waits(_ site: RunningSite) throws -> Int {
        let directory = "/proc/\(site.daemon.identifier)/fd"
        return try FileManager.default.contentsOfDirectory(atPath: directory)
            .count { name in
                let target = try? FileManager.default.destinationOfSymbolicLink(atPath: directory + "/" + name)
                return target == "anon_inode:[eventpoll]"
            }
    }

    @Test func thereIsAnEventLoopForEachThatItMayUse() throws {
        let directory = try TemporaryDirectory()
        let source = ["repository: oci-layout:\(directory.appending("none"))"]
        let all = try RunningSite(source: source, in: directory)
        // The first one that this process may use.
        let affinity = try Command.run("taskset", ["-cp", "\(all.daemon.identifier)"]).text
        let first = try #require(affinity.split(separator: " ").last?.prefix { $0.isNumber })
        let program = directory.appending("bound")
        try "#!/bin/sh\nexec taskset -c \(first) \(DaemonProcess.executable.path) \"$@\"\n"
            .write(toFile: program, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        let bound = try RunningSite(source: source, program: URL(fileURLWithPath: program), in: directory)
        // Both have all that they wait with once they look for releases.
        for site in [all, bound] { try site.wait(until: "specman_sync_total", isAtLeast: 1) }
        #expect(try waits(all) - waits(bound) == Processors.count - 1)
    }
}
