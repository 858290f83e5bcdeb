import Foundation
import HTTP
import Listener
import OpenSSL
import Platform
import TestSupport
import Testing

@Suite struct TransferTests {
    @Test func servesBytesOverTLS() throws {
        let server = try TestServer(TestResponder(TestResponder.echo))
        let (status, output) = try server.curl("/a/b?c=d", ["-i"])
        #expect(status == 0)
        let text = String(decoding: output, as: UTF8.self)
        #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(text.hasSuffix("\r\n\r\nget /a/b?c=d 0"))
        #expect(text.contains("\r\nDate: "))
        #expect(text.contains("\r\nContent-Length: 14\r\n"))
    }

    @Test(arguments: [0, 1, 65_536, 65_537, 300_000, 5_000_000], [false, true])
    func servesFilesByteForByte(_ size: Int, _ isRepeatable: Bool) throws {
        let directory = try TemporaryDirectory()
        let content = pattern(size)
        let file = try sharedFile(content, at: directory.appending("file"))
        let server = try TestServer(
            TestResponder { _ in
                Answer(.ok, body: .file(file, offset: 0, count: Int64(size)), isRepeatable: isRepeatable)
            }
        )
        for _ in 0..<2 {
            let (status, output) = try server.curl("/file")
            #expect(status == 0)
            #expect(output == Data(content))
        }
    }

    /// What a client sends while its last answer is on its way, be it a blank line, costs it nothing of that.
    @Test(arguments: ["GET /x HTTP/1.0\r\n\r\n", "GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"])
    func theLastAnswerComesWhole(_ request: String) throws {
        let directory = try TemporaryDirectory()
        let content = pattern(8_000_000)
        let file = try sharedFile(content, at: directory.appending("file"))
        let server = try TestServer(
            TestResponder { _ in Answer(.ok, body: .file(file, offset: 0, count: Int64(content.count))) }
        )
        var client = try server.connect()
        try client.send(request)
        // The answer has begun, and doesn't fit into the kernel's buffers.
        #expect(try client.read(1) == 1)
        try client.send("\r\n")
        let rest = try client.rest()
        #expect(rest.count > content.count && rest.suffix(content.count) == content[...])
        // And the connection is over soon, whatever the client does.
        while server.server.statistics.connections > 0 { usleep(1000) }
    }

    /// A client that takes small records only (RFC 6066 section 4) makes more of them of each answer; what they add must
    /// find room behind the answers that are there already.
    @Test(arguments: ["-tls1_2", "-tls1_3"], [0, 3, 6, 9, 30])
    func smallRecordsHaveRoomBehindOtherAnswers(_ version: String, _ count: Int) throws {
        let directory = try TemporaryDirectory()
        let content = pattern(1_000_000)
        let file = try sharedFile(content, at: directory.appending("file"))
        let small = pattern(1500)
        let server = try TestServer(
            TestResponder { request in
                Answer(
                    .ok,
                    body: request.path == Array("/large".utf8)
                        ? .file(file, offset: 0, count: 1_000_000) : .bytes(small)
                )
            }
        )
        let paths = Array(repeating: "/small", count: count) + ["/large"]
        let requests = paths.map { path in
            "GET \(path) HTTP/1.1\r\nHost: h\r\n\(path == "/large" ? "Connection: close\r\n" : "")\r\n"
        }
        let arguments = ["s_client", version, "-maxfraglen", "512", "-quiet", "-ign_eof"]
        let output = try run(
            "openssl",
            arguments + ["-connect", "127.0.0.1:\(server.port)"],
            input: Data(requests.joined().utf8)
        ).output
        let body = Data("\r\n\r\n".utf8) + Data(small)
        var rest = output[...]
        for _ in 0..<count {
            let range = try #require(rest.firstRange(of: body))
            rest = rest[range.upperBound...]
        }
        #expect(rest.suffix(content.count) == Data(content))
        #expect(rest.count < content.count + 1000)
    }

    @Test func servesAPartOfAFile() throws {
        let directory = try TemporaryDirectory()
        let content = pattern(1_000_000)
        let file = try sharedFile(content, at: directory.appending("file"))
        let server = try TestServer(
            TestResponder { _ in Answer(.partialContent, body: .file(file, offset: 1234, count: 700_001)) }
        )
        let (_, output) = try server.curl("/")
        #expect(output == Data(content[1234..<701_235]))
    }

    /// As several ranges are sent: small ones inline, large ones piece by piece, with a `Connection` field, too.
    @Test(arguments: [100, 5000, 400_000], [false, true])
    func servesParts(_ size: Int, _ closes: Bool) throws {
        let directory = try TemporaryDirectory()
        let content = pattern(1_000_000)
        let file = try sharedFile(content, at: directory.appending("file"))
        let server = try TestServer(
            TestResponder { _ in
                Answer(
                    .partialContent,
                    body: .parts([
                        .bytes(Array("one".utf8)), .file(file, offset: 7, count: Int64(size)), .bytes([]),
                        .file(file, offset: 500_000, count: Int64(size)), .bytes(Array("end".utf8)),
                    ])
                )
            }
        )
        let expected =
            Array("one".utf8) + content[7..<7 + size] + content[500_000..<500_000 + size] + Array("end".utf8)
        let output = try server.curl("/", closes ? ["-H", "Connection: close"] : []).output
        #expect(output == Data(expected))
    }

    @Test func servesAFileThatIsNotInThePageCache() throws {
        let directory = try TemporaryDirectory()
        let content = pattern(3_000_000)
        let path = directory.appending("file")
        let file = try sharedFile(content, at: path)
        // Drops the file's pages (dd(1), "nocache"); where the file system keeps them it is served from there.
        _ = try run("dd", ["of=\(path)", "oflag=nocache", "conv=notrunc,fdatasync", "count=0", "status=none"])
        let server = try TestServer(
            TestResponder { _ in Answer(.ok, body: .file(file, offset: 0, count: 3_000_000)) }
        )
        #expect(try server.curl("/").output == Data(content))
    }

    @Test func servesLargeBytes() throws {
        let content = pattern(3_000_000)
        let server = try TestServer(TestResponder { _ in Answer(.ok, body: .bytes(content)) })
        #expect(try server.curl("/").output == Data(content))
    }

    @Test func leavesTheBodyOutWhereThereIsNone() throws {
        let directory = try TemporaryDirectory()
        let file = try sharedFile(pattern(100_000), at: directory.appending("file"))
        let server = try TestServer(
            TestResponder { request in
                switch String(decoding: request.path, as: UTF8.self) {
                case "/304": Answer(.notModified, body: .bytes([1, 2, 3]))
                case "/204": Answer(.noContent, body: .bytes([1, 2, 3]))
                case "/small": Answer(.ok, body: .bytes([1, 2, 3]), isRepeatable: true)
                default: Answer(.ok, body: .file(file, offset: 0, count: 100_000))
                }
            }
        )
        var client = try server.connect()
        for (path, length) in [("/file", "100000"), ("/small", "3"), ("/small", "3")] {
            try client.send("HEAD \(path) HTTP/1.1\r\nHost: h\r\n\r\n")
            let answer = try client.answer(isHead: true)
            #expect(answer.head.contains("\r\nContent-Length: \(length)\r\n"))
        }
        for code in ["304", "204"] {
            try client.send("GET /\(code) HTTP/1.1\r\nHost: h\r\n\r\n")
            let answer = try client.answer()
            #expect(answer.head.hasPrefix("HTTP/1.1 \(code) "))
            #expect(!answer.head.contains("Content-Length"))
        }
        // Nothing was sent behind those heads: the next answer is where it has to be.
        try client.send("GET /small HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try client.answer().body == [1, 2, 3])
    }

    @Test func endsTheConnectionOfAFileCutShort() throws {
        let directory = try TemporaryDirectory()
        let file = try sharedFile(pattern(100_000), at: directory.appending("file"))
        let server = try TestServer(
            TestResponder { request in
                request.path == Array("/ok".utf8)
                    ? Answer(.ok, body: .bytes([1])) : Answer(.ok, body: .file(file, offset: 0, count: 200_000))
            }
        )
        let (status, _) = try server.curl("/file")
        #expect(status != 0)
        #expect(try server.curl("/ok").output == Data([1]))
    }

    @Test func waitsForASlowReader() throws {
        let directory = try TemporaryDirectory()
        let content = pattern(20_000_000)
        let file = try sharedFile(content, at: directory.appending("file"))
        let server = try TestServer(
            TestResponder { _ in Answer(.ok, body: .file(file, offset: 0, count: 20_000_000), isRepeatable: true) }
        )
        var slow = try server.connect()
        try slow.send("GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        // More than the socket's buffers hold waits for the slow one; others are served meanwhile.
        #expect(try server.curl("/").output == Data(content))
        #expect(try slow.answer().body == content)
        #expect(try slow.answer().body == content)
    }

    @Test func answersTwoHundredConnectionsAtOnce() throws {
        let server = try TestServer(TestResponder(TestResponder.echo))
        let arguments = ["-sS", "--max-time", "60", "--cacert", server.authority, "--parallel", "--parallel-immediate"]
        let (status, output) = try run(
            "curl",
            arguments + ["--parallel-max", "200", "https://localhost:\(server.port)/[1-200]"]
        )
        #expect(status == 0)
        let text = String(decoding: output, as: UTF8.self)
        for number in 1...200 { #expect(text.contains("get /\(number) 0")) }
        #expect(server.server.statistics.handshakesSucceeded >= 150)
    }
}
