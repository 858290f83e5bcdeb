import Foundation
import HTTP
import Listener
import Platform
import TestSupport
import Testing

@Suite struct DeadlineTests {
    /// Limits so short that a test need not wait, each far from the others.
    private func limits(_ change: (inout ServerLimits) -> Void) -> ServerLimits {
        var limits = ServerLimits()
        change(&limits)
        return limits
    }

    private func impatientWithHeads() throws -> TestServer {
        try TestServer(
            TestResponder(TestResponder.echo),
            limits: limits {
                $0.headerTimeout = .milliseconds(100)
                $0.idleTimeout = .seconds(3600)
            }
        )
    }

    @Test func closesAfterAnUnfinishedHead() throws {
        let server = try TestServer(
            TestResponder(TestResponder.echo),
            limits: limits { $0.headerTimeout = .milliseconds(100) }
        )
        var client = try server.connect()
        try client.send("GET / HTTP/1.1\r\nHo")
        #expect(String(decoding: try client.rest(), as: UTF8.self).hasPrefix("HTTP/1.1 408 "))
    }

    /// A connection that was idle has much time for the first byte of a request, and little for the rest of its head.
    @Test func aHeadHasItsOwnDeadlineOnAKeptConnection() throws {
        let server = try impatientWithHeads()
        var client = try server.connect()
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        _ = try client.answer()
        try client.send("GET / HTTP/1.1\r\nHo")
        #expect(String(decoding: try client.rest(), as: UTF8.self).hasPrefix("HTTP/1.1 408 "))
    }

    /// A part of a record may be a part of a head: nobody can tell before its end.
    @Test func aRecordHasTheDeadlineOfAHead() throws {
        let server = try impatientWithHeads()
        let client = try RawConnection(port: Int(server.port))
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
        #expect(try client.answer().status == 200)
        try client.sendUnsealed([23, 3, 3, 0, 100])
        #expect(String(decoding: client.rest(), as: UTF8.self).hasPrefix("HTTP/1.1 408 "))
    }

    /// Where it was none, the connection is as idle as it was before.
    @Test func aRecordWithoutDataLeavesTheDeadline() throws {
        let server = try TestServer(
            TestResponder(TestResponder.echo),
            limits: limits {
                $0.headerTimeout = .seconds(3600)
                $0.idleTimeout = .seconds(1)
            }
        )
        let client = try RawConnection(port: Int(server.port))
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
        #expect(try client.answer().status == 200)
        let record = try client.keyUpdate()
        try client.sendUnsealed(Array(record.prefix(9)))
        // On a slow machine the connection may have been idle for too long by now.
        let statistics = { server.server.statistics }
        while statistics().bufferedBytes == 0, statistics().connections > 0 { Thread.sleep(forTimeInterval: 0.01) }
        try? client.sendUnsealed(Array(record.dropFirst(9)))
        #expect(client.rest().isEmpty)
        while server.server.statistics.connections > 0 { Thread.sleep(forTimeInterval: 0.01) }
    }

    /// After a refusal what still comes is dropped for a while, not for as long as the client likes.
    @Test func lingeringEndsWithTime() throws {
        let server = try TestServer(TestResponder(TestResponder.echo))
        var client = try server.connect()
        try client.send("GET / HTTP/2.0\r\n\r\n")
        #expect(try client.answer().head.hasPrefix("HTTP/1.1 505 "))
        while server.server.statistics.connections > 0 { Thread.sleep(forTimeInterval: 0.01) }
        client.finishSending()
    }

    /// A last answer that the kernel has taken whole, and the client doesn't take, keeps its connection no longer than another.
    @Test(.timeLimit(.minutes(1))) func lingeringEndsWhereNothingIsTaken() throws {
        let directory = try TemporaryDirectory()
        let size = 1_000_000
        let file = try sharedFile([UInt8](repeating: 7, count: size), at: directory.appending("file"))
        let server = try TestServer(
            TestResponder { _ in Answer(.ok, body: .file(file, offset: 0, count: Int64(size))) },
            limits: limits { $0.sendTimeout = .milliseconds(500) }
        )
        let client = try server.connect()
        try client.send("GET / HTTP/1.0\r\n\r\n")
        while server.server.statistics.connections == 0 { usleep(1000) }
        while server.server.statistics.connections > 0 { usleep(1000) }
        // And the kernel keeps nothing of it for the client.
        #expect(throws: (any Error).self) { while try client.read(65_536) > 0 {} }
    }

    @Test func lingeringEndsWithBytes() throws {
        let server = try TestServer(TestResponder(TestResponder.echo))
        let client = try server.connect()
        try client.send("GET / HTTP/2.0\r\n\r\n")
        // Some MiB are in the kernel's buffers of both sides.
        let piece = [UInt8](repeating: 0x78, count: 1 << 20)
        #expect(throws: (any Error).self) { for _ in 0..<128 { try client.send(piece) } }
    }

    @Test func closesASilentConnection() throws {
        let server = try TestServer(
            TestResponder(TestResponder.echo),
            limits: limits { $0.headerTimeout = .milliseconds(100) }
        )
        var plain = try server.connect()
        #expect(try plain.rest().isEmpty)
        // No handshake on the TLS endpoint either, and one that never ends.
        var silent = try RawClient(port: server.port)
        #expect(try silent.rest().isEmpty)
        var stuck = try RawClient(port: server.port)
        try stuck.send([22, 3, 1, 2, 0, 1])
        #expect(try stuck.rest().isEmpty)
        #expect(server.server.statistics.handshakesFailed == 2)
    }

    @Test func closesAnIdleConnection() throws {
        let server = try TestServer(
            TestResponder(TestResponder.echo),
            limits: limits { $0.idleTimeout = .milliseconds(100) }
        )
        var client = try server.connect()
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        _ = try client.answer()
        #expect(try client.rest().isEmpty)
    }

    @Test func closesAfterAnUnfinishedBody() throws {
        let server = try TestServer(
            TestResponder(TestResponder.echo),
            limits: limits { $0.bodyTimeout = .milliseconds(100) }
        )
        var client = try server.connect()
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc")
        #expect(String(decoding: try client.rest(), as: UTF8.self).hasPrefix("HTTP/1.1 408 "))
    }

    /// Whoever sends something each time before a deadline that each byte put off would be there for good.
    @Test(arguments: [
        ("GET /", "x"), ("GET / HTTP/1.1\r\nHost: h\r\n", "X: y\r\n"),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\n", "x"),
        ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"),
        ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;", "x"),
        ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n"),
    ])
    func whatComesInDropsEnds(beginning: String, drop: String) throws {
        let server = try TestServer(
            TestResponder(TestResponder.echo),
            limits: limits {
                $0.headerTimeout = .milliseconds(300)
                $0.bodyGrace = .milliseconds(300)
                $0.bodyTimeout = .seconds(3600)
                // Faster than the drops come.
                $0.leastRate = 10_000
            }
        )
        var client = try server.connect()
        try client.send(beginning)
        func hasEnded() -> Bool { server.server.statistics.requests.contains { $0.code == 408 } }
        for _ in 0..<120 where !hasEnded() {
            Thread.sleep(forTimeInterval: 0.05)
            // It may have been closed just now.
            try? client.send(drop)
        }
        try #require(hasEnded())
        #expect(String(decoding: try client.rest(), as: UTF8.self).hasPrefix("HTTP/1.1 408 "))
    }

    /// The same in a handshake: a ClientHello of 16,000 bytes that would take a quarter of an hour.
    @Test func aHandshakeInDropsEnds() throws {
        let server = try TestServer(
            TestResponder(TestResponder.echo),
            limits: limits { $0.headerTimeout = .milliseconds(300) }
        )
        let client = try RawClient(port: server.port)
        try client.send([22, 3, 1, 0x3E, 0x84, 1, 0, 0x3E, 0x80, 3, 3])
        for _ in 0..<120 where server.server.statistics.handshakesFailed == 0 {
            Thread.sleep(forTimeInterval: 0.05)
            // It may have been closed just now.
            try? client.send([0])
        }
        #expect(server.server.statistics.handshakesFailed == 1)
    }

    @Test func givesUpOnAReaderThatTakesNothing() throws {
        let directory = try TemporaryDirectory()
        let size = 64 << 20
        let file = try sharedFile([UInt8](repeating: 7, count: size), at: directory.appending("file"))
        let server = try TestServer(
            TestResponder { _ in Answer(.ok, body: .file(file, offset: 0, count: Int64(size))) },
            limits: limits { $0.sendTimeout = .milliseconds(200) }
        )
        let client = try server.connect()
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try client.read(1) == 1)
        while server.server.statistics.connections > 0 { Thread.sleep(forTimeInterval: 0.01) }
    }
}
