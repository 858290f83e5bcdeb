import Foundation
import TestSupport
import Testing

/// The order of a stop: readiness falls, idle connections close, running answers end, and the rest is cut.
@Suite struct StopTests {
    /// More than the kernel's buffers of both sides hold.
    private static let large = (0..<32 << 20).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 11) }

    /// A daemon that serves them, with an answer that has begun and that nobody has read of.
    private static func busy(drainTimeout: String) throws -> (served: ServedTree, busy: RawConnection) {
        let served = try ServedTree(
            ["large": large, "v": Array("1".utf8)],
            listener: ["drainTimeout: \(drainTimeout)", "sendTimeout: 1h", "idleTimeout: 1h"]
        )
        let busy = try served.connect()
        try busy.send(Array("GET /large HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
        try served.site.wait(until: "specman_http_response_bytes_total", isAtLeast: 1 << 20)
        return (served, busy)
    }

    @Test func readinessFallsIdleConnectionsCloseAndRunningAnswersEnd() throws {
        let (served, busy) = try Self.busy(drainTimeout: "10m")
        let daemon = served.site.daemon
        let idle = try served.connect()
        try idle.send(Array("GET /v HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
        #expect(try idle.answer().text == "1")
        let management = "http://127.0.0.1:\(try daemon.port(of: "http"))"
        func status(_ path: String) throws -> String {
            try Command.run("curl", ["-sS", "-o", "/dev/null", "-w", "%{http_code}", management + path]).text
        }
        #expect(try status("/readyz") == "200")

        let impatience = Date(timeIntervalSinceNow: 50)
        daemon.kill(SIGTERM)
        // A client gives up after a minute.
        #expect(idle.rest() == [] && Date() < impatience)
        // By now it is not ready any more, though it lives, and the answer that runs has not ended.
        #expect(try status("/readyz") == "503")
        #expect(try status("/healthz") == "200")
        let patience = Date(timeIntervalSinceNow: 60)
        while (try? served.connect()) != nil, Date() < patience { Thread.sleep(forTimeInterval: 0.05) }
        #expect(throws: (any Error).self) { try served.connect() }
        #expect(daemon.isRunning)

        let answer = try busy.answer()
        #expect(answer.status == 200)
        #expect(answer.body == Self.large)
        #expect(busy.rest() == [])
        // The process may be over before its last line is read.
        try daemon.wait(forLine: "msg=\"Stopped\"")
        #expect(daemon.waitForExit() == 0)
        #expect(daemon.messages.suffix(2) == ["Stopping", "Stopped"])
    }

    @Test func whatTakesTooLongIsCut() throws {
        let (served, busy) = try Self.busy(drainTimeout: "500ms")
        served.site.daemon.kill(SIGTERM)
        try served.site.daemon.wait(forLine: "msg=\"Stopped\"")
        #expect(served.site.daemon.waitForExit() == 0)
        #expect(throws: RawConnection.Failure.self) { try busy.answer() }
    }
}
