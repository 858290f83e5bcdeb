import Foundation
import HTTP
import Listener
import Platform
import TestSupport
import Testing

@Suite struct ConnectionTests {
    @Test func keepsTheConnection() throws {
        let server = try TestServer(TestResponder(TestResponder.echo))
        var client = try server.connect()
        for number in 0..<3 {
            try client.send("GET /\(number) HTTP/1.1\r\nHost: h\r\n\r\n")
            let answer = try client.answer()
            #expect(!answer.head.contains("Connection"))
            #expect(String(decoding: answer.body, as: UTF8.self) == "get /\(number) 0")
        }
        try client.send("GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        let last = String(decoding: try client.rest(), as: UTF8.self)
        #expect(last.contains("\r\nConnection: close\r\n"))
        #expect(last.hasSuffix("get /last 0"))
    }

    @Test func followsVersion10() throws {
        let server = try TestServer(TestResponder(TestResponder.echo))
        var kept = try server.connect()
        try kept.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(try kept.answer().head.contains("\r\nConnection: keep-alive\r\n"))
        try kept.send("GET /b HTTP/1.0\r\n\r\n")
        #expect(String(decoding: try kept.rest(), as: UTF8.self).hasSuffix("get /b 0"))
    }

    @Test(arguments: [true, false])
    func answersPipelinedRequestsInOrder(_ isRepeatable: Bool) throws {
        let server = try TestServer(
            TestResponder { request in
                var answer = TestResponder.echo(request)
                answer.isRepeatable = isRepeatable
                return answer
            }
        )
        var client = try server.connect()
        var requests = ""
        for number in 0..<500 { requests += "GET /\(number % 7) HTTP/1.1\r\nHost: h\r\n\r\n" }
        try client.send(requests)
        for number in 0..<500 {
            #expect(String(decoding: try client.answer().body, as: UTF8.self) == "get /\(number % 7) 0")
        }
    }

    @Test func answersPipelinedRequestsOverTLS() throws {
        let server = try TestServer(TestResponder(TestResponder.echo))
        let last = "GET /end HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
        let requests = (0..<300).map { "GET /\($0) HTTP/1.1\r\nHost: h\r\n\r\n" }.joined() + last
        let (_, output) = try run(
            "openssl",
            ["s_client", "-quiet", "-verify_quiet", "-no_ign_eof", "-ign_eof", "-connect", "127.0.0.1:\(server.port)"],
            input: Data(requests.utf8)
        )
        let text = String(decoding: output, as: UTF8.self)
        let bodies = text.components(separatedBy: "\r\n\r\n").dropFirst().map {
            $0.components(separatedBy: "HTTP/1.1")[0]
        }
        #expect(Array(bodies) == (0..<300).map { "get /\($0) 0" } + ["get /end 0"])
    }

    @Test func takesARequestSplitAtEveryByte() throws {
        let server = try TestServer(TestResponder(TestResponder.echo))
        var client = try server.connect()
        let request = Array("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc".utf8)
        for byte in request { try client.send([byte]) }
        #expect(String(decoding: try client.answer().body, as: UTF8.self) == "post /x 3")
        for cut in stride(from: 1, to: request.count, by: 5) {
            try client.send(Array(request[..<cut]))
            try client.send(Array(request[cut...]))
            #expect(String(decoding: try client.answer().body, as: UTF8.self) == "post /x 3")
        }
    }

    @Test func readsBodies() throws {
        let server = try TestServer(TestResponder(TestResponder.echo))
        var client = try server.connect()
        let chunked = "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x\r\ndefg\r\n0\r\n\r\n"
        try client.send("POST /a HTTP/1.1\r\nHost: h\r\n\(chunked)")
        #expect(String(decoding: try client.answer().body, as: UTF8.self) == "post /a 7")
        // Read and dropped where the method gives it no meaning; the next request is found behind it.
        try client.send(
            "GET /b HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n12345GET /c HTTP/1.1\r\nHost: h\r\n\r\n"
        )
        #expect(String(decoding: try client.answer().body, as: UTF8.self) == "get /b 0")
        #expect(String(decoding: try client.answer().body, as: UTF8.self) == "get /c 0")
    }

    @Test func invitesABodyThatWaits() throws {
        let server = try TestServer(TestResponder(TestResponder.echo))
        var client = try server.connect()
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        #expect(try client.answer().head == "HTTP/1.1 100 Continue\r\n\r\n")
        try client.send("ab")
        #expect(String(decoding: try client.answer().body, as: UTF8.self) == "post / 2")
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\n\r\n", "400"), ("GET / HTTP/1.1\nHost: h\n\n", "400"),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "400"),
        ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n10001\r\n", "413"),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 65537\r\n\r\n", "413"),
        ("GET / HTTP/2.0\r\n\r\n", "505"), ("\u{16}\u{3}\u{1}\r\n", "400"),
    ])
    func answersAFramingErrorOnceAndCloses(_ request: String, _ code: String) throws {
        let server = try TestServer(TestResponder(TestResponder.echo))
        var client = try server.connect()
        // What follows would be a request of its own to a reader that went on.
        try client.send(request + "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n")
        client.finishSending()
        let text = String(decoding: try client.rest(), as: UTF8.self)
        #expect(text.hasPrefix("HTTP/1.1 \(code) "))
        #expect(text.contains("\r\nConnection: close\r\n"))
        #expect(text.matches(of: /HTTP\/1\.1 [0-9]{3}[ ]/).count == 1)
        #expect(!text.contains("smuggled"))
    }

    @Test func theAnswerToARefusedBodyIsSeen() throws {
        let server = try TestServer(TestResponder(TestResponder.echo))
        var client = try server.connect()
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\n\r\n")
        // It goes on sending after the refusal, as it doesn't read before it is done: a reset would tell it nothing.
        let part = [UInt8](repeating: 0x41, count: 100_000)
        try client.send(part)
        while !server.server.statistics.requests.contains(where: { $0.code == 413 }) {
            Thread.sleep(forTimeInterval: 0.01)
        }
        for _ in 0..<4 { try client.send(part) }
        #expect(try client.answer().head.hasPrefix("HTTP/1.1 413 "))
        #expect(try client.rest().isEmpty)
    }

    @Test func handsOverOtherMethods() throws {
        let server = try TestServer(TestResponder(TestResponder.echo))
        var client = try server.connect()
        try client.send("BREW /pot HTTP/1.1\r\nHost: h\r\n\r\nOPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(String(decoding: try client.answer().body, as: UTF8.self) == "other(\"BREW\") /pot 0")
        #expect(String(decoding: try client.answer().body, as: UTF8.self) == "options * 0")
    }

    @Test func tellsPeersApart() throws {
        let server = try TestServer(
            TestResponder { request in Answer(.ok, body: .bytes(Array("\(request.peer)".utf8))) }
        )
        var network = try server.connect()
        try network.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(String(decoding: try network.answer().body, as: UTF8.self) == "network(address: \"127.0.0.1\")")
        var local = try RawClient(path: server.directory.appending("sock"))
        try local.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(String(decoding: try local.answer().body, as: UTF8.self) == "local")
    }
}
