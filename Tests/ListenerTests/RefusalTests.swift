import Foundation
import HTTP
import Listener
import Platform
import TestSupport
import Testing

/// What the listener answers by itself has the fields that the endpoint's other answers have, too.
@Suite struct RefusalTests {
    private func server(_ change: (inout ServerLimits) -> Void = { _ in }) throws -> TestServer {
        var limits = ServerLimits()
        change(&limits)
        return try TestServer(TestResponder(TestResponder.echo), limits: limits, loops: 1)
    }

    private func check(_ server: TestServer, _ request: String, _ status: Int) throws {
        var client = try server.connect()
        try client.send(request)
        let head = try client.answer().head
        #expect(head.hasPrefix("HTTP/1.1 \(status) "), "\(head)")
        #expect(head.contains("\r\nX-Of-All: yes\r\n"), "\(head)")
        #expect(head.contains("\r\nX-Content-Type-Options: nosniff\r\n"), "\(head)")
        #expect(head.contains("\r\nCache-Control: no-store\r\n"), "\(head)")
        #expect(head.contains("\r\nContent-Type: text/plain; charset=utf-8\r\n"), "\(head)")
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505),
        ("GET /\(String(repeating: "x", count: 8200)) HTTP/1.1\r\n", 414),
        ("GET / HTTP/1.1\r\nX: \(String(repeating: "x", count: 33_000))", 431),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 65537\r\n\r\n", 413),
        ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx", 400),
        ("GET / HTTP/1.1\r\nHost: h\r\nExpect: x\r\n\r\n", 417),
    ])
    func ofWhatIsMalformed(request: String, status: Int) throws {
        try check(try server(), request, status)
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nAccept: application/json\r\n\r\n", 400),
        ("GET / HTTP/2.0\r\nHost: h\r\naccept:application/problem+json \r\n\r\n", 505),
        ("GET /\(String(repeating: "x", count: 8200)) HTTP/1.1\r\nAccept: application/json\r\n", 414),
        ("GET / HTTP/1.1\r\nAccept: application/json\r\nX: \(String(repeating: "x", count: 33_000))", 431),
        ("POST / HTTP/1.1\r\nHost: h\r\nAccept: application/json\r\nContent-Length: 65537\r\n\r\n", 413),
        ("POST / HTTP/1.1\r\nHost: h\r\nAccept: application/json\r\nTransfer-Encoding: chunked\r\n\r\nx", 400),
        ("POST / HTTP/1.1\r\nHost: h\r\nAccept: application/json\r\nTransfer-Encoding: x\r\n\r\n", 501),
        ("GET / HTTP/1.1\r\nHost: h\r\nExpect: x\r\nAccept: application/json\r\n\r\n", 417),
    ])
    func asProblemDetails(request: String, status: Int) throws {
        let server = try server()
        var client = try server.connect()
        try client.send(request)
        let (head, body) = try client.answer()
        #expect(head.hasPrefix("HTTP/1.1 \(status) "), "\(head)")
        #expect(head.contains("\r\nContent-Type: application/problem+json\r\n"), "\(head)")
        #expect(head.contains("\r\nVary: Accept\r\n"), "\(head)")
        let problem = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
        #expect(problem?["status"] as? Int == status)
    }

    /// What a method is answered that nobody may use doesn't depend on how much came with it.
    @Test(arguments: ["Content-Length: 70000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n11000\r\n", "\r\n"])
    func ofAMethodThatNobodyMayUse(rest: String) throws {
        let server = try TestServer(
            TestResponder { request in
                let fields = Fields([.init(name: "Allow", value: "GET")])
                return Answer(.methodNotAllowed, fields: fields, body: .bytes(request.body))
            }
        )
        var client = try server.connect()
        try client.send("PUT / HTTP/1.1\r\nHost: h\r\n\(rest)")
        let (head, body) = try client.answer()
        #expect(head.hasPrefix("HTTP/1.1 405 ") && head.contains("\r\nAllow: GET\r\n"), "\(head)")
        #expect(body.isEmpty)
        #expect(head.contains("\r\nConnection: close\r\n") == (rest != "\r\n"), "\(head)")
    }

    @Test(arguments: ["GET / HTTP/1.1\r\nHo", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc"])
    func ofWhatComesTooSlowly(request: String) throws {
        let server = try server {
            $0.headerTimeout = .milliseconds(100)
            $0.bodyTimeout = .milliseconds(100)
        }
        try check(server, request, 408)
    }

    @Test func ofWhatComesTooSlowlyAsProblemDetails() throws {
        let server = try server { $0.headerTimeout = .milliseconds(100) }
        var client = try server.connect()
        try client.send("GET / HTTP/1.1\r\nAccept: application/json\r\nHo")
        let head = try client.answer().head
        #expect(head.hasPrefix("HTTP/1.1 408 ") && head.contains("application/problem+json"), "\(head)")
    }

    @Test func whereThereIsNoRoom() throws {
        try check(try server { $0.bufferSize = 0 }, "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 503)
    }

    @Test func whereAFileIsShorterThanItWas() throws {
        let directory = try TemporaryDirectory()
        let file = try sharedFile(pattern(10), at: directory.appending("file"))
        let server = try TestServer(
            TestResponder { _ in Answer(.ok, body: .file(file, offset: 0, count: 100)) }
        )
        try check(server, "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 500)
        var client = try server.connect()
        try client.send("GET / HTTP/1.1\r\nHost: h\r\nAccept: application/json\r\n\r\n")
        let head = try client.answer().head
        #expect(head.hasPrefix("HTTP/1.1 500 ") && head.contains("application/problem+json"), "\(head)")
    }
}
