import Content
import Foundation
import HTTP
import Listener
import Platform
import Synchronization
import TestSupport
import Testing

/// Files that the event loop answers with itself, by what it knows of an earlier answer.
struct FileAtOnceTests {
    private let directory: TemporaryDirectory
    private let family: UInt64 = 7

    init() throws {
        directory = try TemporaryDirectory()
    }

    /// Whether a worker or the loop has said so, as their files tell.
    private enum Side: String {
        case worker
        case loop
    }

    private static func digest(_ fill: UInt8) -> Digest? { Digest(bytes: [UInt8](repeating: fill, count: 32)) }

    private func found(
        _ content: [UInt8],
        announcing size: Int? = nil,
        isForm: Bool = false,
        isAskedForAgain: Bool = true
    ) throws -> FoundFile<SharedFile> {
        let digest = try #require(Self.digest(1))
        let file = try sharedFile(content, at: directory.appending("loop-\(UInt64.random(in: 0 ... .max))"))
        return FoundFile(
            family: family,
            digest: digest,
            lastModified: Timestamp(seconds: 784_111_777),
            sentDigest: digest,
            content: isForm ? .bytes(content) : .file(file, size: Int64(size ?? content.count)),
            isAskedForAgain: isAskedForAgain
        )
    }

    private func answer(_ family: UInt64?) throws -> Answer<SharedFile> {
        let digest = try #require(Self.digest(2))
        let fields = Fields([
            .init(name: "X-Release", value: "one"),
            .init(name: "ETag", value: "\"\(digest.hex)\""),
            .init(name: "Last-Modified", value: "Fri, 06 Dec 2024 12:43:14 GMT"),
            .init(name: "Repr-Digest", value: ReprDigest.value(of: digest)),
        ])
        var answer = Answer<SharedFile>(.ok, fields: fields, body: .bytes(Array("worker".utf8)), isRepeatable: true)
        answer.family = family
        answer.origin = "one"
        return answer
    }

    private func ask(_ client: inout RawClient, _ path: String, _ fields: String = "") throws
        -> (head: String, body: [UInt8])
    {
        try client.send("GET \(path) HTTP/1.1\r\nHost: h\r\n\(fields)\r\n")
        return try client.answer()
    }

    /// A worker that answers with ``answer(_:)``, and a loop that finds `content`.
    private func responder(
        finding content: [UInt8] = Array("loop".utf8),
        announcing size: Int? = nil,
        isForm: Bool = false,
        workersFamily: UInt64? = 7
    ) throws -> TestResponder {
        let file = try found(content, announcing: size, isForm: isForm)
        let known = try answer(workersFamily)
        return TestResponder({ _ in known }, finding: { _ in file })
    }

    private func side(_ body: [UInt8]) -> Side? { Side(rawValue: String(decoding: body, as: UTF8.self)) }

    @Test func isMadeLikeAnEarlierAnswer() throws {
        let responder = try responder()
        let server = try TestServer(responder, loops: 1)
        var client = try server.connect()
        // Of this family nothing is known yet.
        let first = try ask(&client, "/a")
        #expect(side(first.body) == .worker)
        let second = try ask(&client, "/b")
        #expect(side(second.body) == .loop)
        #expect(responder.count == 1)
        let digest = try #require(Self.digest(1))
        let expected = first.head
            .replacing(/ETag: [^\r]*/, with: "ETag: \"\(digest.hex)\"")
            .replacing(/Last-Modified: [^\r]*/, with: "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT")
            .replacing(/Repr-Digest: [^\r]*/, with: "Repr-Digest: \(ReprDigest.value(of: digest))")
            .replacing("Content-Length: 6", with: "Content-Length: 4")
        // The clock may have gone on.
        #expect(second.head.replacing(/Date: [^\r]*/, with: "") == expected.replacing(/Date: [^\r]*/, with: ""))
        #expect(second.head.contains(/Date: \w{3}, \d\d \w{3} 2\d{3} \d\d:\d\d:\d\d GMT\r\n/))
        #expect(!second.head.contains("1970"))
    }

    private final class Findings: Sendable {
        let count = Atomic(0)
    }

    /// A walk through everything drives nothing out of the cache.
    @Test(arguments: [false, true]) func isKeptOnceItIsAskedForAgain(_ isAskedForAgain: Bool) throws {
        let file = try found(Array("loop".utf8), isAskedForAgain: isAskedForAgain)
        let known = try answer(family)
        let findings = Findings()
        let responder = TestResponder({ _ in known }) { _ in
            findings.count.add(1, ordering: .relaxed)
            return file
        }
        let server = try TestServer(responder, loops: 1)
        var client = try server.connect()
        _ = try ask(&client, "/a")
        let before = findings.count.load(ordering: .relaxed)
        for _ in 0..<3 { #expect(side(try ask(&client, "/b").body) == .loop) }
        #expect(findings.count.load(ordering: .relaxed) - before == (isAskedForAgain ? 1 : 3))
    }

    @Test func isAWorkersWhereAFieldCouldChangeTheAnswer() throws {
        let responder = try responder()
        let server = try TestServer(responder, loops: 1)
        var client = try server.connect()
        _ = try ask(&client, "/a")
        #expect(side(try ask(&client, "/b", "Range: bytes=0-\r\n").body) == .worker)
        #expect(side(try ask(&client, "/b", "Authorization: Basic eDp5\r\n").body) == .worker)
        #expect(side(try ask(&client, "/b", "Content-Length: 1\r\n\r\nx").body) == .worker)
    }

    @Test(arguments: [nil, 8]) func isAWorkersWithoutAnExample(_ other: UInt64?) throws {
        let server = try TestServer(try responder(workersFamily: other), loops: 1)
        var client = try server.connect()
        for path in ["/a", "/b", "/c"] { #expect(side(try ask(&client, path).body) == .worker) }
    }

    @Test func theExampleGoesWithItsGeneration() throws {
        let responder = try responder()
        let server = try TestServer(responder, loops: 1)
        var client = try server.connect()
        _ = try ask(&client, "/a")
        #expect(side(try ask(&client, "/b").body) == .loop)
        responder.change()
        #expect(side(try ask(&client, "/b").body) == .worker)
        #expect(side(try ask(&client, "/c").body) == .loop)
    }

    /// What the worker has to say of it is the responder's business.
    @Test func aFileThatWasCutShortIsAWorkers() throws {
        let server = try TestServer(try responder(announcing: 5), loops: 1)
        var client = try server.connect()
        for path in ["/a", "/b"] { #expect(side(try ask(&client, path).body) == .worker) }
    }

    /// Files, and small forms of them, over TLS and without.
    @Test(arguments: [0, 1, 65_536, 65_537, 3_000_000], [false, true])
    func ofAnySize(_ size: Int, isSecure: Bool) throws {
        let content = pattern(size)
        for isForm in size <= 65_536 ? [false, true] : [false] {
            let responder = try responder(finding: content, isForm: isForm)
            let server = try TestServer(responder, loops: 1)
            var client = try server.connect()
            if isSecure {
                #expect(try server.curl("/a").output == Data("worker".utf8))
                #expect(try server.curl("/b").output == Data(content))
            } else {
                _ = try ask(&client, "/a")
                for path in ["/b", "/b", "/c"] { #expect(try ask(&client, path).body == content) }
            }
            #expect(responder.count == 1)
        }
    }

    /// The cache would not count what it keeps of it.
    @Test func aLargeFormIsAWorkers() throws {
        let server = try TestServer(try responder(finding: pattern(65_537), isForm: true), loops: 1)
        var client = try server.connect()
        for path in ["/a", "/b"] { #expect(side(try ask(&client, path).body) == .worker) }
    }

    /// Many at once on one connection, in their order.
    @Test func pipelined() throws {
        let server = try TestServer(try responder(finding: pattern(5000)), loops: 1)
        var client = try server.connect()
        _ = try ask(&client, "/a")
        try client.send((0..<100).map { "GET /\($0) HTTP/1.1\r\nHost: h\r\n\r\n" }.joined())
        for _ in 0..<100 { #expect(try client.answer().body == pattern(5000)) }
    }
}
