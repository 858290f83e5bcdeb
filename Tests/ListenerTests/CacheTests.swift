import Foundation
import HTTP
import Listener
import Platform
import TestSupport
import Testing

@Suite struct CacheTests {
    private func repeatable(_ request: Request) -> Answer<SharedFile> {
        var answer = TestResponder.echo(request)
        answer.isRepeatable = true
        answer.body = .bytes(
            Array("\(request.fields["Accept"] ?? "-") \(request.fields["Accept-Encoding"] ?? "-")".utf8)
        )
        return answer
    }

    private func ask(_ client: inout RawClient, _ fields: String, method: String = "GET") throws -> String {
        try client.send("\(method) /x HTTP/1.1\r\nHost: h\r\n\(fields)\r\n")
        return String(decoding: try client.answer(isHead: method == "HEAD").body, as: UTF8.self)
    }

    @Test func asksOnceForRepeatableAnswers() throws {
        let responder = TestResponder(repeatable)
        let server = try TestServer(responder, loops: 1)
        var client = try server.connect()
        for _ in 0..<5 { #expect(try ask(&client, "User-Agent: t\r\n") == "- -") }
        #expect(responder.count == 1)
        #expect(try ask(&client, "", method: "HEAD").isEmpty)
        #expect(responder.count == 2)
    }

    @Test func asksAgainWhenTheGenerationChanges() throws {
        let responder = TestResponder(repeatable)
        let server = try TestServer(responder, loops: 1)
        var client = try server.connect()
        _ = try ask(&client, "")
        responder.change()
        _ = try ask(&client, "")
        _ = try ask(&client, "")
        #expect(responder.count == 2)
    }

    @Test func keepsNegotiatedAnswersApart() throws {
        let responder = TestResponder(repeatable)
        let server = try TestServer(responder, loops: 1)
        var client = try server.connect()
        for _ in 0..<2 {
            #expect(try ask(&client, "") == "- -")
            #expect(try ask(&client, "Accept-Encoding: gzip\r\n") == "- gzip")
            #expect(try ask(&client, "Accept: gzip\r\n") == "gzip -")
            #expect(try ask(&client, "Accept: a\r\nAccept-Encoding: b\r\n") == "a b")
        }
        #expect(responder.count == 4)
    }

    @Test(arguments: [
        "Range: bytes=0-1\r\n", "If-None-Match: *\r\n", "Authorization: Basic x\r\n", "Specman-Release: x\r\n",
        "Accept: a\r\nAccept: b\r\n", "X-Anything: y\r\n",
    ])
    func asksWhereAFieldCouldChangeTheAnswer(_ fields: String) throws {
        let responder = TestResponder(repeatable)
        let server = try TestServer(responder, loops: 1)
        var client = try server.connect()
        for _ in 0..<3 { _ = try ask(&client, fields) }
        #expect(responder.count == 3)
    }

    @Test func asksForWhatMayNotBeRepeated() throws {
        let responder = TestResponder(TestResponder.echo)
        let server = try TestServer(responder, loops: 1)
        var client = try server.connect()
        for _ in 0..<3 { _ = try ask(&client, "") }
        #expect(responder.count == 3)
    }

    @Test func staysWithinItsSize() throws {
        let body = pattern(60_000)
        let responder = TestResponder { _ in Answer(.ok, body: .bytes(body), isRepeatable: true) }
        var limits = ServerLimits()
        limits.cacheSize = 1 << 20
        let server = try TestServer(responder, limits: limits, loops: 1)
        var client = try server.connect()
        for number in 0..<100 {
            try client.send("GET /\(number) HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try client.answer().body == body)
        }
        // Only the last of them can still be there.
        for number in 0..<100 {
            try client.send("GET /\(number) HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try client.answer().body == body)
        }
        #expect(responder.count > 180)
    }
}
