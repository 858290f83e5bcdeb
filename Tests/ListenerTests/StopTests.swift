import Dispatch
import Foundation
import HTTP
import Listener
import Platform
import TestSupport
import Testing

@Suite struct StopTests {
    @Test func closesIdleConnectionsAndEndsRunningAnswers() throws {
        let entered = DispatchSemaphore(value: 0)
        let proceed = DispatchSemaphore(value: 0)
        let server = try TestServer(
            TestResponder { request in
                if request.path == Array("/slow".utf8) {
                    entered.signal()
                    proceed.wait()
                }
                return TestResponder.echo(request)
            },
            // One loop: when it closes the idle connection, it knows of the stop on the other one, too.
            loops: 1
        )
        var idle = try server.connect()
        try idle.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        _ = try idle.answer()
        var busy = try server.connect()
        try busy.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
        entered.wait()

        let stopped = DispatchGroup()
        DispatchQueue.global().async(group: stopped) { server.server.stop(drainTimeout: .seconds(60)) }
        #expect(try idle.rest().isEmpty)
        proceed.signal()
        let answer = String(decoding: try busy.rest(), as: UTF8.self)
        #expect(answer.contains("\r\nConnection: close\r\n"))
        #expect(answer.hasSuffix("get /slow 0"))
        stopped.wait()
        #expect(server.server.statistics.connections == 0)
        #expect(throws: (any Error).self) { _ = try RawClient(path: server.directory.appending("sock")) }
        #expect(!FileManager.default.fileExists(atPath: server.directory.appending("sock")))
    }

    @Test func cutsWhatTakesTooLong() throws {
        let directory = try TemporaryDirectory()
        let size = 64 << 20
        let file = try sharedFile([UInt8](repeating: 7, count: size), at: directory.appending("file"))
        let server = try TestServer(
            TestResponder { _ in Answer(.ok, body: .file(file, offset: 0, count: Int64(size))) }
        )
        let client = try server.connect()
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try client.read(1) == 1)
        server.server.stop(drainTimeout: .milliseconds(50))
        #expect(server.server.statistics.connections == 0)
    }

    /// A reset would take away what the client has not read yet of the last answer (RFC 9112 section 9.6).
    @Test func dropsWhatComesTooLateWithoutAReset() throws {
        let server = try TestServer(TestResponder(TestResponder.echo))
        var idle = try server.connect()
        try idle.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        _ = try idle.answer()
        let stopped = DispatchGroup()
        DispatchQueue.global().async(group: stopped) { server.server.stop(drainTimeout: .seconds(60)) }
        #expect(try idle.rest().isEmpty)
        try idle.send("GET /late HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try idle.rest().isEmpty)
        idle.finishSending()
        stopped.wait()
    }
}
