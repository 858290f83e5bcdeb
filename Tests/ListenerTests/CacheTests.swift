import Foundation
import HTTP
import Listener
import Platform
import Synchronization
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

    /// A file in a kept answer is open, and its space taken where it was removed: a loop that nobody asks anything forgets it
    /// all the same.
    @Test(.timeLimit(.minutes(1))) func forgetsWhileNobodyAsks() throws {
        let directory = try TemporaryDirectory()
        let path = directory.appending("large")
        // Handed over, so that only the answers hold it.
        let handedOver = Mutex<SharedFile?>(try sharedFile([UInt8](repeating: 7, count: 200_000), at: path))
        let responder = TestResponder { _ in
            guard let file = handedOver.withLock({ $0.take() }) else { return Answer(.notFound) }
            return Answer(.ok, body: .file(file, offset: 0, count: 200_000), isRepeatable: true)
        }
        let server = try TestServer(responder, loops: 1)
        func isOpen() throws -> Bool {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").contains { number in
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + number)) == path
            }
        }
        do {
            var client = try server.connect()
            _ = try ask(&client, "")
        }
        #expect(try isOpen())
        responder.change()
        server.server.noteChange()
        while try isOpen() { usleep(1000) }
        #expect(responder.count == 1)
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
        "Range: bytes=0-1\r\n", "If-Match: *\r\n", "If-Modified-Since: x\r\n", "Authorization: Basic x\r\n",
        "Specman-Release: x\r\n", "Accept: a\r\nAccept: b\r\n", "X-Anything: y\r\n",
    ])
    func asksWhereAFieldCouldChangeTheAnswer(_ fields: String) throws {
        let responder = TestResponder(repeatable)
        let server = try TestServer(responder, loops: 1)
        var client = try server.connect()
        // The plain answer is there, and is none to this.
        _ = try ask(&client, "")
        for _ in 0..<3 { _ = try ask(&client, fields) }
        #expect(responder.count == 4)
    }

    /// A client that has the content asks again and again; one that makes up tags must not fill the cache with bodies.
    @Test func keepsConditionsThatHold() throws {
        let responder = TestResponder { request in
            guard request.fields["If-None-Match"] == "\"held\"" else {
                return Answer(.ok, body: .bytes([1, 2]), isRepeatable: true)
            }
            return Answer(.notModified, isRepeatable: true)
        }
        let server = try TestServer(responder, loops: 1)
        var client = try server.connect()
        func status(_ fields: String) throws -> Int {
            try client.send("GET /x HTTP/1.1\r\nHost: h\r\n\(fields)\r\n")
            return Int(try client.answer().head.split(separator: " ")[1]) ?? 0
        }
        for _ in 0..<3 {
            #expect(try status("If-None-Match: \"held\"\r\n") == 304)
            #expect(try status("If-Modified-Since: x\r\nIf-None-Match: \"held\"\r\n") == 304)
        }
        #expect(responder.count == 1)
        #expect(try status("") == 200)
        #expect(responder.count == 2)
        for _ in 0..<3 { #expect(try status("If-None-Match: \"other\"\r\n") == 200) }
        #expect(responder.count == 5)
        #expect(try status("If-None-Match: \"held\"\r\n") == 304)
        #expect(responder.count == 5)
    }

    @Test func asksForWhatMayNotBeRepeated() throws {
        let responder = TestResponder(TestResponder.echo)
        let server = try TestServer(responder, loops: 1)
        var client = try server.connect()
        for _ in 0..<3 { _ = try ask(&client, "") }
        #expect(responder.count == 3)
    }

    /// What one endpoint may tell its clients is none of another one's business.
    @Test func keepsEndpointsApart() throws {
        let directory = try TemporaryDirectory()
        func responder(_ text: String) -> TestResponder {
            TestResponder { _ in Answer(.ok, body: .bytes(Array(text.utf8)), isRepeatable: true) }
        }
        let server = try Server(
            endpoints: [.plain("127.0.0.1:0"), .unix(directory.appending("sock"))],
            responders: [responder("outside"), responder("inside")],
            loops: 1
        )
        server.start()
        defer { server.stop(drainTimeout: .zero) }
        for _ in 0..<2 {
            var inner = try RawClient(path: directory.appending("sock"))
            #expect(try ask(&inner, "") == "inside")
            var outer = try RawClient(port: server.boundAddress(of: 0).port)
            #expect(try ask(&outer, "") == "outside")
        }
    }

    /// A change that comes while an answer is decided makes that answer one of before.
    @Test func anAnswerThatIsOvertakenIsNotKept() throws {
        let overtaken = Overtaken()
        let responder = TestResponder { request in
            overtaken.change()
            var answer = TestResponder.echo(request)
            answer.isRepeatable = true
            return answer
        }
        overtaken.responder = responder
        let server = try TestServer(responder, loops: 1)
        var client = try server.connect()
        for _ in 0..<4 { _ = try ask(&client, "") }
        // The first was overtaken by the change, the second is kept.
        #expect(responder.count == 2)
        overtaken.responder = nil
    }

    /// Changes its responder once.
    private final class Overtaken: @unchecked Sendable {
        // Set before the first request, and only touched by one answer at a time after it.
        var responder: TestResponder?
        private var isDone = false

        func change() {
            if !isDone { responder?.change() }
            isDone = true
        }
    }

    /// Descriptors are for connections first.
    @Test func keepsFewFilesOpen() throws {
        let directory = try TemporaryDirectory()
        let content = pattern(70_000)
        try WholeFile.write(content, to: directory.appending("file"))
        let files = OpenFiles()
        let responder = TestResponder { _ in
            guard let file = files.open(directory.appending("file"), size: Int64(content.count)) else {
                return Answer(.internalServerError)
            }
            return Answer(.ok, body: .file(file, offset: 0, count: file.size), isRepeatable: true)
        }
        var limits = ServerLimits()
        limits.cacheSize = 1 << 30
        let server = try TestServer(responder, limits: limits, loops: 1)
        var client = try server.connect()
        for number in 0..<400 {
            try client.send("GET /\(number) HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try client.answer().body.count == content.count)
        }
        #expect(files.count > 100)
        #expect(files.count < 300)
    }

    /// Those that somebody still holds.
    private final class OpenFiles: @unchecked Sendable {
        private struct Reference { weak var file: SharedFile? }
        // Only touched under the lock.
        private let lock = NSLock()
        private var references: [Reference] = []

        var count: Int { lock.withLock { references.count { $0.file != nil } } }

        func open(_ path: String, size: Int64) -> SharedFile? {
            guard let descriptor = try? FileDescriptor.open(path, .readOnly) else { return nil }
            let file = SharedFile(descriptor, size: size)
            lock.withLock { references.append(Reference(file: file)) }
            return file
        }
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
