import TestSupport
import Testing

@testable import Curl

/// What one transfer sends, and what it makes of the answer.
struct TransferTests {
    private func url(_ server: ScriptedServer, _ path: String = "/") throws -> TransferURL {
        try #require(TransferURL("http://\(server.host)\(path)"))
    }

    @Test func streamsABodyAndReturnsTheHead() throws {
        let body = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
        let server = try ScriptedServer([.http(200, ["X-One: a", "x-one:  b "], body: body)])
        var got: [UInt8] = []
        let response = try TransferClient().perform(TransferRequest(.get, try url(server, "/x?y=1"))) { head, bytes in
            #expect(head.status == 200)
            bytes.withUnsafeBytes { got.append(contentsOf: $0) }
        }
        #expect(got == body)
        #expect(response.all("X-ONE") == ["a", "b"])
        #expect(server.requests.map(\.line) == ["GET /x?y=1 HTTP/1.1"])
    }

    @Test func anErrorOfTheReceiverEndsTheTransferWithThatError() throws {
        struct Enough: Error {}
        let server = try ScriptedServer([.http(200, body: [UInt8](repeating: 1, count: 1 << 20))])
        var calls = 0
        #expect(throws: Enough.self) {
            _ = try TransferClient().perform(TransferRequest(.get, try url(server))) { _, _ in
                calls += 1
                throw Enough()
            }
        }
        #expect(calls == 1)
    }

    @Test func aLongerBodyThanAllowedIsRefused() throws {
        let server = try ScriptedServer([.http(200, text: "12345"), .http(200, text: "123456")])
        let client = TransferClient()
        #expect(try client.collect(TransferRequest(.get, try url(server)), limit: 5).body.count == 5)
        #expect(throws: TransferError.bodyTooLarge(host: server.host, limit: 5)) {
            _ = try client.collect(TransferRequest(.get, try url(server)), limit: 5)
        }
    }

    @Test func aHeadWithoutEndIsRefused() throws {
        let endless =
            "HTTP/1.1 200 OK\r\n" + String(repeating: "X: \(String(repeating: "y", count: 1000))\r\n", count: 70)
        let server = try ScriptedServer([.bytes(Array(endless.utf8))])
        #expect(throws: TransferError.headTooLarge(host: server.host, limit: 64 << 10)) {
            _ = try TransferClient().collect(TransferRequest(.get, try url(server)), limit: 5)
        }
    }

    @Test func headHasNoBody() throws {
        let server = try ScriptedServer([.http(200, ["Content-Length: 77"])])
        let (response, body) = try TransferClient().collect(TransferRequest(.head, try url(server)), limit: 0)
        #expect(response["content-length"] == "77")
        #expect(body.isEmpty)
    }

    @Test func uploadsAStreamInPieces() throws {
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let server = try ScriptedServer([.http(201)])
        let request = TransferRequest(
            .put,
            try url(server),
            fields: [("Content-Type", "application/octet-stream")],
            body: .reader(size: Int64(bytes.count)) { Array(bytes.dropFirst(Int($0)).prefix($1)) }
        )
        #expect(try TransferClient().collect(request, limit: 0).response.status == 201)
        let got = try #require(server.requests.first)
        #expect(got.body == bytes)
        #expect(got["Content-Type"] == "application/octet-stream")
        #expect(got.line == "PUT / HTTP/1.1")
    }

    @Test func aReaderThatEndsEarlyEndsTheTransfer() throws {
        let server = try ScriptedServer([.http(201)])
        let request = TransferRequest(
            .put,
            try url(server),
            body: .reader(size: 10) { offset, _ in offset == 0 ? [1] : [] }
        )
        #expect(throws: TransferError.self) { _ = try TransferClient().collect(request, limit: 0) }
    }

    @Test func postWithoutABodyNamesNoType() throws {
        let server = try ScriptedServer([.http(202)])
        _ = try TransferClient().collect(TransferRequest(.post, try url(server)), limit: 0)
        let got = try #require(server.requests.first)
        #expect(got.line == "POST / HTTP/1.1")
        #expect(got["Content-Length"] == "0")
        #expect(got["Content-Type"] == nil)
    }

    @Test(arguments: ["a\r\nB: c", "a\nb", "a\u{7F}", "a\0b"])
    func aFieldCantWriteAnother(value: String) throws {
        let server = try ScriptedServer([.http(200)])
        #expect(throws: TransferError.self) {
            _ = try TransferClient().collect(TransferRequest(.get, try url(server), fields: [("X", value)]), limit: 0)
        }
        #expect(server.requests.isEmpty)
    }

    @Test func speaksThroughAUnixSocketPath() throws {
        var options = TransferOptions()
        options.unixSocket = "/nonexistent/socket"
        let address = try #require(TransferURL("http://daemon/"))
        #expect(throws: TransferError.refused(host: "daemon:80")) {
            _ = try TransferClient(options).collect(TransferRequest(.get, address), limit: 0)
        }
    }
}
