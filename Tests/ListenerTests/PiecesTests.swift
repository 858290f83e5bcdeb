import Foundation
import HTTP
import Listener
import Platform
import Synchronization
import TestSupport
import Testing

/// A body of numbered pieces, that counts how many were asked for.
private final class CountingSource: BodySource {
    private let made = Atomic<Int>(0)
    private let count: Int
    private let size: Int
    private let fails: Bool

    init(count: Int, size: Int, fails: Bool = false) {
        self.count = count
        self.size = size
        self.fails = fails
    }

    struct Failure: Error {}

    var asked: Int { made.load(ordering: .relaxed) }

    func next() throws -> [UInt8] {
        let index = made.add(1, ordering: .relaxed).oldValue
        guard index < count else {
            if fails { throw Failure() }
            return []
        }
        return Self.piece(index, size)
    }

    static func piece(_ index: Int, _ size: Int) -> [UInt8] {
        [UInt8](repeating: UInt8(ascii: "a") + UInt8(index % 26), count: size)
    }

    var all: [UInt8] { (0..<count).flatMap { Self.piece($0, size) } }
}

/// Bodies whose length nobody knows when their head is sent (RFC 9112 sections 6.3 and 7.1).
struct PiecesTests {
    private static func server(_ source: CountingSource) throws -> TestServer {
        try TestServer(TestResponder { _ in Answer(.ok, body: .pieces(source)) })
    }

    @Test func goInChunksAndTheConnectionStays() throws {
        let source = CountingSource(count: 3, size: 5)
        let server = try Self.server(source)
        var client = try server.connect()
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        // HEAD: the same fields, no body, and the source is not asked.
        try client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET /end HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        let text = String(decoding: try client.rest(), as: UTF8.self)
        let parts = text.components(separatedBy: "HTTP/1.1 200 OK\r\n").dropFirst()
        #expect(parts.count == 3)
        let first = try #require(parts.first)
        #expect(first.contains("Transfer-Encoding: chunked\r\n"))
        #expect(!first.contains("Content-Length"))
        #expect(first.hasSuffix("\r\n\r\n5\r\naaaaa\r\n5\r\nbbbbb\r\n5\r\nccccc\r\n0\r\n\r\n"))
        let head = try #require(parts.dropFirst().first)
        #expect(head.contains("Transfer-Encoding: chunked\r\n") && head.hasSuffix("\r\n\r\n"))
        #expect(!head.contains("aaaaa") && !head.contains("0\r\n\r\n"))
    }

    @Test func endWithTheConnectionInHTTP10() throws {
        let source = CountingSource(count: 3, size: 5)
        let server = try Self.server(source)
        var client = try server.connect()
        try client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        let text = String(decoding: try client.rest(), as: UTF8.self)
        #expect(text.hasSuffix("\r\n\r\naaaaabbbbbccccc"))
        #expect(text.contains("Connection: close\r\n"))
        #expect(!text.contains("Transfer-Encoding") && !text.contains("Content-Length"))
    }

    @Test func largePiecesArriveWholeOverTLS() throws {
        let source = CountingSource(count: 100, size: BodyPiece.limit)
        let server = try Self.server(source)
        let (status, output) = try server.curl("/")
        #expect(status == 0)
        #expect(Array(output) == source.all)
    }

    /// The status has been sent long before: only a missing end can tell (RFC 9112 section 8).
    @Test func aBodyThatFailsIsCutOff() throws {
        let source = CountingSource(count: 3, size: 5, fails: true)
        let server = try Self.server(source)
        var client = try server.connect()
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        let text = String(decoding: try client.rest(), as: UTF8.self)
        #expect(text.hasSuffix("5\r\nccccc\r\n"))
        let curl = try Self.server(CountingSource(count: 3, size: 5, fails: true)).curl("/", ["-o", "/dev/null"])
        #expect(curl.status != 0)
    }

    /// No more is made than the client takes, whatever there is to come.
    @Test func aClientThatTakesNothingCostsAFewPieces() throws {
        let source = CountingSource(count: 100_000, size: BodyPiece.limit)
        let server = try Self.server(source)
        let client = try server.connect()
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        // The kernel's buffers fill up; then the number stays as it is.
        var last = -1
        while source.asked != last || last < 1 {
            last = source.asked
            Thread.sleep(forTimeInterval: 0.5)
        }
        // 16 MiB: more than the buffers of both ends may grow to.
        #expect(last < 128)
        _ = try client.read(1)
    }
}

/// Answers that are decided later, and held back.
struct HeldBackTests {
    /// One worker, and a hundred answers that wait: nothing but timers waits for them.
    @Test func holdNoWorker() throws {
        var limits = ServerLimits()
        limits.workers = 1
        let responder = TestResponder { request in
            var answer = TestResponder.echo(request)
            if request.path.starts(with: Array("/slow".utf8)) { answer.delay = .seconds(3) }
            return answer
        }
        let server = try TestServer(responder, limits: limits)
        var waiting: [RawClientBox] = []
        for index in 0..<100 {
            let client = RawClientBox(try server.connect())
            try client.client.send("GET /slow\(index) HTTP/1.1\r\nHost: a\r\n\r\n")
            waiting.append(client)
        }
        var quick = try server.connect()
        try quick.send("GET /quick HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try quick.answer().head.hasPrefix("HTTP/1.1 200"))
        // None of them has been answered yet, though all are decided before or after the quick one in a moment.
        for client in waiting { #expect(try client.client.answer().head.hasPrefix("HTTP/1.1 200")) }
        #expect(responder.count == 101)
    }
}

/// A client that can be kept in an array.
private final class RawClientBox {
    var client: RawClient

    init(_ client: consuming RawClient) {
        self.client = client
    }
}

/// Collects what the listener tells of requests.
private final class Collector: RequestLog {
    private let records = Mutex<[RequestRecord]>([])

    var all: [RequestRecord] { records.withLock { $0 } }

    func record(_ answer: RequestRecord) { records.withLock { $0.append(answer) } }

    func wait(for count: Int) throws -> [RequestRecord] {
        let patience = ContinuousClock.now + .seconds(60)
        while all.count < count {
            try #require(ContinuousClock.now < patience, "\(all.count) of \(count) records")
            Thread.sleep(forTimeInterval: 0.01)
        }
        return all
    }
}

private final class LoggedResponder: ImmediateResponder {
    let collector: Collector
    let body: @Sendable (Request) -> Answer<SharedFile>

    init(collector: Collector, body: @escaping @Sendable (Request) -> Answer<SharedFile>) {
        self.collector = collector
        self.body = body
    }

    var generation: UInt64 { 0 }
    var log: (any RequestLog)? { collector }

    func answer(to request: Request) -> Answer<SharedFile> { body(request) }
}

struct RequestLogTests {
    @Test func everyRequestIsToldOf() throws {
        let collector = Collector()
        let responder = LoggedResponder(collector: collector) { request in
            var answer = TestResponder.echo(request)
            answer.isRepeatable = true
            answer.user = "somebody"
            answer.origin = "4.5.13"
            return answer
        }
        let server = try TestServer(responder)
        var client = try server.connect()
        // The second one comes from the loop's cache.
        for _ in 0..<2 {
            try client.send("GET /a%0Ab?c HTTP/1.1\r\nHost: a\r\nuser-agent:  probe 1.0 \r\n\r\n")
            _ = try client.answer()
        }
        try client.send("nonsense\r\n\r\n")
        _ = try client.rest()
        let (status, output) = try server.curl("/tls", ["-X", "DELETE"])
        #expect(status == 0 && !output.isEmpty)

        let records = try collector.wait(for: 4)
        for record in records[..<2] {
            #expect(record.method == "GET" && record.target == Array("/a%0Ab?c".utf8))
            #expect(record.userAgent == "probe 1.0" && record.user == "somebody" && record.origin == "4.5.13")
            #expect(record.status == 200 && record.isComplete && record.tlsVersion == nil)
            #expect(record.bytes > 100 && record.peer == .network(address: "127.0.0.1"))
        }
        #expect(records[2].status == 400 && records[2].method.isEmpty)
        #expect(records[3].method == "DELETE" && records[3].tlsVersion == "TLSv1.3")
    }

    /// What a client writes doesn't make a line longer than a pipe takes in one piece.
    @Test func whatIsKeptOfARequestIsBounded() throws {
        let collector = Collector()
        let server = try TestServer(LoggedResponder(collector: collector, body: TestResponder.echo))
        var client = try server.connect()
        let target = "/" + String(repeating: "x", count: 5000)
        try client.send("GET \(target) HTTP/1.1\r\nHost: h\r\nUser-Agent: \(target)\r\n\r\n")
        _ = try client.answer()
        let record = try #require(try collector.wait(for: 1).first)
        #expect(record.target == Array(target.utf8.prefix(768)))
        #expect(record.userAgent == String(target.prefix(192)))
    }

    @Test func aClientThatGoesAwayIsToldOf() throws {
        let collector = Collector()
        let responder = LoggedResponder(collector: collector) { _ in
            Answer(.ok, body: .pieces(CountingSource(count: 100_000, size: BodyPiece.limit)))
        }
        let server = try TestServer(responder)
        do {
            let client = try server.connect()
            try client.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try client.read(1)
        }
        let record = try #require(try collector.wait(for: 1).first)
        #expect(!record.isComplete)
        #expect(record.target == Array("/endless".utf8))
    }
}
