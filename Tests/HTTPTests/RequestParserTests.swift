import HTTP
import Testing

/// A parser's result with what a client sees of a fault.
private enum Verdict: Equatable {
    case done(RequestHead)
    case needMore
    case malformed(Status)

    init(_ result: RequestParser.Result) {
        self =
            switch result {
            case .done(let head): .done(head)
            case .needMore: .needMore
            case .malformed(let fault): .malformed(fault.status)
            }
    }
}

/// Feeds `text` whole, then byte by byte; both must come to the same.
private func parse(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) -> Verdict {
    parse(Array(text.utf8), sourceLocation: sourceLocation)
}

private func parse(_ bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) -> Verdict {
    var whole = RequestParser()
    let result = whole.parse(bytes.span)
    var split = RequestParser()
    var last = RequestParser.Result.needMore
    for count in 0...bytes.count {
        last = split.parse(bytes.span.extracting(0..<count))
        if last != .needMore { break }
    }
    #expect(last == result, "split input", sourceLocation: sourceLocation)
    for cut in stride(from: 1, to: bytes.count, by: max(1, bytes.count / 400)) {
        var parser = RequestParser()
        var second = parser.parse(bytes.span.extracting(0..<cut))
        if second == .needMore { second = parser.parse(bytes.span) }
        #expect(second == result, "cut at \(cut)", sourceLocation: sourceLocation)
    }
    return Verdict(result)
}

private func request(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> Request {
    guard case .done(let head) = parse(text, sourceLocation: sourceLocation) else {
        Issue.record("refused", sourceLocation: sourceLocation)
        throw Refused()
    }
    return head.request(from: Array(text.utf8).span, body: [], peer: .local)
}

private func head(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> RequestHead {
    guard case .done(let head) = parse(text, sourceLocation: sourceLocation) else {
        Issue.record("refused", sourceLocation: sourceLocation)
        throw Refused()
    }
    return head
}

private struct Refused: Error {}

@Suite struct RequestParserTests {
    @Test func takesRequestApart() throws {
        let text = "GET /a%20b/c?x=1?&y HTTP/1.1\r\nHost: h:8443\r\nX-Two:  a b \t\r\nx-two: c\r\nEmpty:\r\n\r\nrest"
        let request = try request(text)
        #expect(request.method == .get)
        #expect(request.path == Array("/a%20b/c".utf8))
        #expect(request.query == Array("x=1?&y".utf8))
        #expect(request.fields.lines.map(\.name) == ["Host", "X-Two", "x-two", "Empty"])
        #expect(request.fields["X-TWO"] == "a b, c")
        #expect(request.fields["empty"] == "")
        #expect(try head(text).count == text.utf8.count - 4)
    }

    @Test(arguments: [
        ("GET", Method.get), ("HEAD", .head), ("POST", .post), ("OPTIONS", .options), ("get", .other("get")),
        ("PUT", .other("PUT")), ("DELETE", .other("DELETE")), ("M-SEARCH", .other("M-SEARCH")),
    ])
    func knowsMethods(_ name: String, _ method: Method) throws {
        #expect(try request("\(name) / HTTP/1.1\r\nHost: h\r\n\r\n").method == method)
    }

    @Test(
        arguments: [
            ("/", "/", nil), ("/?", "/", ""), ("//a//b", "//a//b", nil), ("/a?b?c", "/a", "b?c"),
            ("http://h/p?q", "/p", "q"), ("HTTPS://h:1/p", "/p", nil), ("http://h", "/", nil), ("http://h?q", "/", "q"),
            ("/%00%2e%2E", "/%00%2e%2E", nil), ("/http://x/", "/http://x/", nil),
        ] as [(String, String, String?)]
    )
    func findsPathAndQuery(_ target: String, _ path: String, _ query: String?) throws {
        let request = try request("GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(request.path == Array(path.utf8))
        #expect(request.query == query.map { Array($0.utf8) })
    }

    @Test func takesAsteriskForOptionsOnly() throws {
        #expect(try request("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").path == Array("*".utf8))
        #expect(try request("OPTIONS http://h HTTP/1.1\r\nHost: h\r\n\r\n").path == Array("*".utf8))
        #expect(parse("GET * HTTP/1.1\r\nHost: h\r\n\r\n") == .malformed(.badRequest))
    }

    @Test(arguments: [
        ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false),
        ("HTTP/1.1", "Connection: x, CLOSE\r\n", false), ("HTTP/1.1", "Connection: keep-alive\r\n", true),
        ("HTTP/1.0", "", false), ("HTTP/1.0", "Connection: Keep-Alive\r\n", true),
        ("HTTP/1.0", "Connection: keep-alive, close\r\n", false), ("HTTP/1.7", "", true),
    ])
    func knowsPersistence(_ version: String, _ fields: String, _ isKept: Bool) throws {
        #expect(try head("GET / \(version)\r\nHost: h\r\n\(fields)\r\n").keepsAlive == isKept)
    }

    @Test(arguments: [
        ("Content-Length: 0", RequestHead.Framing.none), ("Content-Length: 12", .length(12)),
        ("content-length:\t007 ", .length(7)), ("Transfer-Encoding: chunked", .chunked),
        ("transfer-encoding: CHUNKED", .chunked),
    ])
    func knowsFraming(_ field: String, _ framing: RequestHead.Framing) throws {
        #expect(try head("POST / HTTP/1.1\r\nHost: h\r\n\(field)\r\n\r\n").framing == framing)
    }

    @Test(arguments: [
        ("", true), ("User-Agent: curl/8\r\nAccept: */*\r\n", true), ("Accept-Encoding: gzip\r\n", true),
        ("Connection: keep-alive\r\n", true), ("Connection: close\r\n", true), ("Connection: upgrade\r\n", false),
        ("Accept: a\r\nAccept: b\r\n", false), ("Range: bytes=0-1\r\n", false), ("If-None-Match: \"x\"\r\n", true),
        ("If-None-Match: \"x\"\r\nIf-None-Match: \"y\"\r\n", false), ("If-None-Match:\r\n", false),
        ("If-None-Match: \"\(String(repeating: "x", count: 255))\"\r\n", false), ("If-Modified-Since: x\r\n", false),
        ("If-Modified-Since: x\r\nIf-None-Match: \"y\"\r\n", true), ("If-Match: \"x\"\r\n", false),
        ("Authorization: Basic x\r\n", false), ("Specman-Release: x\r\n", false), ("Cookie: a\r\n", false),
        ("Content-Length: 1\r\n", false), ("Expect: 100-continue\r\n", false),
    ])
    func marksWhatCanNotChangeTheAnswer(_ fields: String, _ isPlain: Bool) throws {
        #expect(try head("GET / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n").isPlain == isPlain)
    }

    @Test func skipsAFewEmptyLines() throws {
        #expect(try request("\r\n\r\nGET /x HTTP/1.1\r\nHost: h\r\n\r\n").path == Array("/x".utf8))
        #expect(parse("\r\n\r\n\r\nGET /x HTTP/1.1\r\nHost: h\r\n\r\n") == .malformed(.badRequest))
    }

    @Test func waitsForTheEnd() {
        #expect(parse("GET / HTTP/1.1\r\nHost: h\r\n") == .needMore)
        #expect(parse("GET / HTTP/1.1\r\nHost: h\r\n\r") == .needMore)
        #expect(parse("") == .needMore)
    }

    @Test func expectsContinueOnlyWithBody() throws {
        let text = "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\n"
        #expect(try head(text + "Content-Length: 3\r\n\r\n").expectsContinue)
        #expect(try !head(text + "\r\n").expectsContinue)
        #expect(parse("POST / HTTP/1.1\r\nHost: h\r\nExpect: x\r\n\r\n") == .malformed(.expectationFailed))
    }
}

@Suite struct RequestRefusalTests {
    @Test(arguments: [
        "Content-Length: 3\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 3",
        "Content-Length: 3\r\nContent-Length: 4", "Content-Length: 3\r\nContent-Length: 3", "Content-Length: 3, 3",
        "Content-Length: +3", "Content-Length: -3", "Content-Length: 0x3", "Content-Length: 3 3", "Content-Length:",
        "Content-Length: 9999999999999999999", "Content-Length: ٣",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Content-Length : 3", "Content-Length\t: 3",
        "X: a\r\n folded", "X: a\r\n\tfolded", " X: a", ": empty", "X", "X\u{1}: a", "X: a\u{0}b", "X: a\u{7F}",
        "X: a\rb", "X: a\nY: b", "X(: a", "X: a\u{8}", "Host: other", "Host: h",
    ])
    func refusesFields(_ fields: String) {
        #expect(parse("POST / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n\r\n") == .malformed(.badRequest))
    }

    @Test(arguments: ["gzip", "gzip, chunked", "chunked, chunked", "xchunked", "identity", "chunked;q=1", ""])
    func refusesOtherCodings(_ coding: String) {
        let result = parse("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \(coding)\r\n\r\n")
        #expect(result == .malformed(.notImplemented))
    }

    @Test func refusesChunksWithVersion10() {
        #expect(parse("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == .malformed(.badRequest))
    }

    @Test(arguments: [
        "GET / HTTP/1.1\nHost: h\n\n", "GET  / HTTP/1.1\r\n", "GET / HTTP/1.1 \r\n", " GET / HTTP/1.1\r\n",
        "GET /\r\n", "GET\r\n", "GET / http/1.1\r\n", "GET / HTTP/1\r\n", "GET / HTTP/11.1\r\n", "GET / HTTP/1.x\r\n",
        "GET\t/ HTTP/1.1\r\n", "G(T / HTTP/1.1\r\n", "GET a HTTP/1.1\r\n", "GET /a#b HTTP/1.1\r\n",
        "GET /\u{E9} HTTP/1.1\r\n", "GET /a\tb HTTP/1.1\r\n", "GET /a b HTTP/1.1\r\n", "GET /\u{7F} HTTP/1.1\r\n",
        "GET http:/// HTTP/1.1\r\n", "GET http://u@h/ HTTP/1.1\r\n", "GET ftp://h/ HTTP/1.1\r\n",
        "GET h:80 HTTP/1.1\r\n", "\u{16}\u{3}\u{1}\u{2}", "GET / HTTP/1.1\r\r\n", "\n",
    ])
    func refusesRequestLines(_ line: String) {
        #expect(parse(line + "Host: h\r\n\r\n") == .malformed(.badRequest))
    }

    @Test func refusesOtherVersionsAndConnect() {
        #expect(parse("GET / HTTP/2.0\r\n\r\n") == .malformed(.versionNotSupported))
        #expect(parse("PRI * HTTP/2.0\r\n\r\n") == .malformed(.versionNotSupported))
        #expect(parse("CONNECT h:1 HTTP/1.1\r\n\r\n") == .malformed(.notImplemented))
        #expect(parse(String(repeating: "A", count: 33) + " / HTTP/1.1\r\n\r\n") == .malformed(.notImplemented))
    }

    @Test func requiresOneHost() throws {
        #expect(parse("GET / HTTP/1.1\r\n\r\n") == .malformed(.badRequest))
        #expect(parse("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n") == .malformed(.badRequest))
        #expect(parse("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n") == .malformed(.badRequest))
        for host in [
            "u@a", "a b", "a:b", "a:1:2", "::1", "[::1", "[]", "[::1]x", "[g]", "a,b", "a#b", "a?b", "a\u{E9}",
        ] {
            #expect(parse("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n") == .malformed(.badRequest), "\(host)")
        }
        for host in ["a:", "a:80", "a.b-c_d", "127.0.0.1:1", "[::1]", "[::ffff:1.2.3.4]:1", "%41"] {
            #expect(try head("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n").isVersion11, "\(host)")
        }
        #expect(try head("GET / HTTP/1.0\r\n\r\n").isVersion11 == false)
        #expect(try head("GET / HTTP/1.1\r\nHost:\r\n\r\n").isVersion11)
        #expect(try head("GET / HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n").isVersion11)
    }

    @Test func saysWhatIsWrong() {
        let faults: [RequestFault] = [
            .controlByte, .bareCarriageReturn, .emptyLines, .requestLine, .methodTooLong, .targetTooLong, .target,
            .tunnel,
            .version, .fieldLine, .fieldsTooLarge, .tooManyFields, .hostMissing, .hostRepeated, .host, .contentLength,
            .contentLengthRepeated, .lengthAndCoding, .codingRepeated, .codingUnknown, .codingInVersion10, .expectation,
            .chunk, .contentTooLarge, .timeout,
        ]
        #expect(Set(faults.map(\.reason)).count == faults.count)
        #expect(faults.allSatisfy { (400...505).contains($0.status.code) && $0.reason.hasSuffix(".") })
    }

    @Test func limitsTheTarget() throws {
        let limit = RequestParser.targetLimit
        let longest = "/" + String(repeating: "a", count: limit - 1)
        #expect(try head("GET \(longest) HTTP/1.1\r\nHost: h\r\n\r\n").target.count == limit)
        #expect(parse("GET \(longest)a HTTP/1.1\r\nHost: h\r\n\r\n") == .malformed(.uriTooLong))
        #expect(parse("GET /" + String(repeating: "a", count: 3 * limit)) == .malformed(.uriTooLong))
    }

    @Test func limitsTheFields() throws {
        func lines(_ count: Int) -> String {
            "GET / HTTP/1.1\r\nHost: h\r\n" + String(repeating: "X: y\r\n", count: count - 1) + "\r\n"
        }
        #expect(try head(lines(RequestParser.fieldLimit)).isVersion11)
        #expect(parse(lines(RequestParser.fieldLimit + 1)) == .malformed(.requestHeaderFieldsTooLarge))
        let start = "GET / HTTP/1.1\r\nHost: h\r\nX: "
        let room = RequestParser.headLimit - start.utf8.count - 4
        #expect(try head(start + String(repeating: "a", count: room) + "\r\n\r\n").count == RequestParser.headLimit)
        let oneMore = start + String(repeating: "a", count: room + 1) + "\r\n\r\n"
        #expect(parse(oneMore) == .malformed(.requestHeaderFieldsTooLarge))
        let over = start + String(repeating: "a", count: RequestParser.headLimit)
        #expect(parse(over) == .malformed(.requestHeaderFieldsTooLarge))
    }
}
