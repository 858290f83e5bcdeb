import Foundation
import HTTP
import Listener
import Platform
import TestSupport
import Testing

/// Answers that are held back, such as that to a wrong password.
@Suite struct DelayTests {
    private static func responder(_ delay: Duration) -> TestResponder {
        TestResponder { request in
            var answer = TestResponder.echo(request)
            if request.path == Array("/late".utf8) { answer.delay = delay }
            return answer
        }
    }

    @Test func comeNoEarlier() throws {
        let server = try TestServer(Self.responder(.seconds(2)))
        var client = try server.connect()
        let start = ContinuousClock.now
        try client.send("GET /late HTTP/1.1\r\nHost: h\r\n\r\n")
        _ = try client.answer()
        #expect(ContinuousClock.now - start >= .seconds(2))
    }

    @Test func holdNoWorker() throws {
        var limits = ServerLimits()
        limits.workers = 1
        let responder = Self.responder(.seconds(3600))
        let server = try TestServer(responder, limits: limits, loops: 1)
        var late: [Int32] = []
        defer { for number in late { _ = FileDescriptor(owning: number) } }
        for _ in 0..<4 {
            let descriptor = try Socket.connect(to: .v4([127, 0, 0, 1], port: server.plainPort))
            try descriptor.write(Array("GET /late HTTP/1.1\r\nHost: h\r\n\r\n".utf8).span.bytes)
            late.append(descriptor.release())
        }
        let patience = Date(timeIntervalSinceNow: 60)
        while responder.count < 4, Date() < patience { Thread.sleep(forTimeInterval: 0.01) }
        try #require(responder.count == 4)
        var other = try server.connect()
        try other.send("GET /now HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(String(decoding: try other.answer().body, as: UTF8.self) == "get /now 0")
    }
}
