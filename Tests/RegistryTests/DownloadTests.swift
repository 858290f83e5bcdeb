import Content
import Curl
import TestSupport
import Testing

@testable import Registry

/// Blobs that come in pieces, come wrong, or don't come.
struct DownloadTests {
    private let blob = Fixture.bytes(100_000)

    /// Runs a download against these answers.
    private func download(
        _ answers: [ScriptedServer.Answer],
        size: Int64? = nil,
        kept: [UInt8] = []
    ) throws -> (got: [UInt8], fetched: Int, ranges: [String?]) {
        let server = try ScriptedServer(answers)
        var descriptor = try Fixture.descriptor(blob)
        if let size { descriptor.size = size }
        var got: [UInt8] = []
        var fetched = 0
        var rest = kept[...]
        let verified = try Download.run(
            descriptor,
            from: Fixture.client(server),
            kept: {
                defer { rest = rest.dropFirst(1000) }
                return Array(rest.prefix(1000))
            },
            before: Fixture.deadline
        ) { bytes, origin in
            bytes.withUnsafeBytes { got.append(contentsOf: $0) }
            if origin == .fetched { fetched += bytes.byteCount }
        }
        #expect(verified.descriptor == descriptor)
        return (got, fetched, server.requests.map { $0["Range"] })
    }

    private func error(_ answers: [ScriptedServer.Answer], size: Int64? = nil, kept: [UInt8] = []) -> RegistryError? {
        #expect(throws: RegistryError.self) { _ = try download(answers, size: size, kept: kept) }
    }

    private func part(_ range: Range<Int>, claims: String? = nil) -> ScriptedServer.Answer {
        .http(
            206,
            ["Content-Range: \(claims ?? "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(blob.count)")"],
            body: Array(blob[range])
        )
    }

    private func cut(_ count: Int) -> ScriptedServer.Answer {
        .http(200, ["Content-Length: \(blob.count)"], body: Array(blob[..<count]))
    }

    @Test func aWholeBlob() throws {
        let (got, fetched, ranges) = try download([.http(200, body: blob)])
        #expect(got == blob)
        #expect(fetched == blob.count)
        #expect(ranges == [nil])
    }

    @Test func aCutTransferGoesOnWhereItWasCut() throws {
        let (got, _, ranges) = try download([cut(30_000), part(30_000..<100_000)])
        #expect(got == blob)
        #expect(ranges == [nil, "bytes=30000-"])
    }

    @Test func whatWasKeptIsNotFetchedAgain() throws {
        let (got, fetched, ranges) = try download([part(40_000..<100_000)], kept: Array(blob[..<40_000]))
        #expect(got == blob)
        #expect(fetched == 60_000)
        #expect(ranges == ["bytes=40000-"])
    }

    @Test func aRestartTellsNothingTwice() throws {
        let (got, fetched, ranges) = try download([cut(30_000), .http(200, body: blob)])
        #expect(got == blob)
        #expect(fetched == blob.count)
        #expect(ranges == [nil, "bytes=30000-"])
    }

    @Test func allKeptNeedsNoRequest() throws {
        let (got, fetched, ranges) = try download([], kept: blob)
        #expect(got == blob)
        #expect(fetched == 0)
        #expect(ranges.isEmpty)
    }

    @Test(arguments: ["bytes 29999-99999/100000", "bytes 30000-99999/100001", "bytes 30000-100000/*", "bytes", ""])
    func anotherPartThanAskedForIsRefused(claims: String) {
        let wrong = part(30_000..<100_000, claims: claims)
        guard case .malformed = error([cut(30_000), wrong, wrong]) else {
            Issue.record("taken: \(claims)")
            return
        }
    }

    @Test func theWholeIsAskedForWhereNoPartCanBeHad() throws {
        let whole = ScriptedServer.Answer.http(200, body: blob)
        let wrong = part(30_000..<100_000, claims: "bytes 0-99999/100000")
        for refusal in [wrong, .http(416, text: "no ranges here")] {
            let (got, fetched, ranges) = try download([refusal, whole], kept: Array(blob[..<30_000]))
            #expect(got == blob)
            #expect(fetched == 70_000)
            #expect(ranges == ["bytes=30000-", nil])
        }
    }

    @Test func aRefusalOfTheWholeIsFinal() {
        guard case .unexpectedStatus(_, 416, _, _) = error([.http(416)]) else {
            Issue.record("asked again")
            return
        }
    }

    @Test func anUnaskedPartIsRefused() {
        guard case .malformed = error([part(10..<100_000)]) else {
            Issue.record("taken")
            return
        }
    }

    @Test func anotherContentIsRefusedAtTheEnd() {
        var wrong = blob
        wrong[77] ^= 1
        guard case .digestMismatch = error([.http(200, body: wrong)]) else {
            Issue.record("taken")
            return
        }
    }

    @Test func damagedKeptBytesAreFoundOut() {
        var wrong = Array(blob[..<40_000])
        wrong[77] ^= 1
        guard case .digestMismatch = error([part(40_000..<100_000)], kept: wrong) else {
            Issue.record("taken")
            return
        }
    }

    @Test func moreThanTheDescriptorSaysIsRefused() {
        let endless = ScriptedServer.Answer.bytes(
            Array("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".utf8) + blob + [1]
        )
        for answers in [[ScriptedServer.Answer.http(200, body: blob + [1])], [endless]] {
            guard case .sizeMismatch = error(answers) else {
                Issue.record("taken")
                return
            }
        }
    }

    @Test func aShortBodyWithACleanCloseIsRefused() {
        guard case .sizeMismatch = error([.http(200, body: Array(blob.dropLast()))]) else {
            Issue.record("taken")
            return
        }
        // Without a length, the close could be a cut: it is taken up until no more comes.
        let close = Array("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".utf8)
        guard case .incomplete = error([.bytes(close + blob.dropLast()), .bytes(close), .bytes(close)]) else {
            Issue.record("taken")
            return
        }
    }

    @Test func aDescriptorBeyondReasonAllocatesNothing() {
        guard case .sizeMismatch = error([.http(200, body: blob)], size: .max) else {
            Issue.record("taken")
            return
        }
    }

    @Test func transientAnswersAreTriedAgainABoundedNumberOfTimes() throws {
        let busy = [429, 503].map { ScriptedServer.Answer.http($0, ["Retry-After: 0"], text: "later") }
        #expect(try download(busy + [.http(200, body: blob)]).got == blob)
        guard case .unavailable(_, 503, _, let detail) = error((0..<9).map { _ in .http(503, text: "later\nx") }) else {
            Issue.record("not given up")
            return
        }
        #expect(detail == " (later)")
    }

    @Test func aServerThatCutsWithoutProgressIsGivenUp() {
        guard case .transfer(.interrupted, _) = error((0..<9).map { _ in .http(200, ["Content-Length: 100000"]) })
        else {
            Issue.record("not given up")
            return
        }
    }

    /// A server that sends some and then falls silent, or trickles: left after `stallTime`, and taken up where it was.
    @Test func aStalledTransferGoesOnWhereItStood() throws {
        let head = Array("HTTP/1.1 200 OK\r\nContent-Length: \(blob.count)\r\n\r\n".utf8)
        let server = try ScriptedServer([.hang(head + blob[..<30_000]), part(30_000..<100_000)])
        let client = try Fixture.client(server) {
            $0.stallSpeed = 40_000
            $0.stallTime = .seconds(1)
        }
        var got: [UInt8] = []
        _ = try Download.run(Fixture.descriptor(blob), from: client, before: Fixture.deadline) { bytes, _ in
            bytes.withUnsafeBytes { got.append(contentsOf: $0) }
        }
        #expect(got == blob)
        #expect(server.requests.map { $0["Range"] } == [nil, "bytes=30000-"])
        let slow = try ScriptedServer { _ in .hang(head) }
        let impatient = try Fixture.client(slow) {
            $0.stallTime = .seconds(1)
            $0.retry.attempts = 2
        }
        let error = #expect(throws: RegistryError.self) {
            try impatient.blob(Fixture.descriptor(blob), from: 0, before: Fixture.deadline) { _ in }
        }
        guard case .transfer(.stalled, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(slow.requests.count == 2)
    }

    @Test func aWebPageIsNoBlob() {
        let page = ScriptedServer.Answer.http(200, ["Content-Type: text/html; charset=utf-8"], body: blob)
        guard case .unexpectedStatus(_, 200, _, " with a web page") = error([page]) else {
            Issue.record("taken")
            return
        }
    }

    @Test func aMissingBlobIsNamed() throws {
        let digest = try Fixture.descriptor(blob).digest
        guard case .noSuchBlob(digest, _) = error([.http(404)]) else {
            Issue.record("another error")
            return
        }
    }

    @Test func theDeadlineEndsIt() throws {
        let server = try ScriptedServer { _ in .http(503, ["Retry-After: 3600"]) }
        let client = try Fixture.client(server)
        let descriptor = try Fixture.descriptor(blob)
        // A wait beyond the deadline is not begun.
        let error = #expect(throws: RegistryError.self) {
            try client.blob(descriptor, from: 0, before: Fixture.deadline) { _ in }
        }
        guard case .unavailable = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(server.requests.count == 1)
        #expect(throws: RegistryError.self) {
            try client.blob(descriptor, from: 0, before: Deadline(after: .zero)) { _ in }
        }
        #expect(server.requests.count == 1)
    }

    @Test func cancellingEndsAWait() throws {
        let server = try ScriptedServer { _ in .http(503, ["Retry-After: 30"]) }
        let deadline = Fixture.deadline
        deadline.cancellation.cancel()
        #expect(deadline.cancellation.isCancelled)
        let error = #expect(throws: RegistryError.self) { try Fixture.client(server).tags(before: deadline) }
        guard case .cancelled = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        var patience = Patience(RetryPolicy(), deadline: deadline)
        #expect(throws: RegistryError.cancelled(attempt: "waiting for another attempt")) {
            try patience.waitOrThrow(.noTags(location: ""), retryAfter: "30")
        }
    }

    @Test func storageBehindTheRegistryGetsNoCredentialsAndIsNamed() throws {
        let storage = try ScriptedServer([.http(403, text: "<Error/>"), .http(200, body: blob)])
        let registry = try ScriptedServer { _ in .http(307, ["Location: http://\(storage.host)/bucket?sig=1"]) }
        let client = try Fixture.client(registry) { $0.credentials = .basic(username: "u", password: "p") }
        let descriptor = try Fixture.descriptor(blob)
        let error = #expect(throws: RegistryError.self) {
            try client.blob(descriptor, from: 0, before: Fixture.deadline) { _ in }
        }
        #expect(error?.description.contains(storage.host) == true)
        #expect(error?.description.contains("sig=1") == false)
        _ = try Download.run(descriptor, from: client, before: Fixture.deadline) { _, _ in }
        #expect(registry.requests.map { $0["Authorization"] } == ["Basic dTpw", "Basic dTpw"])
        #expect(storage.requests.map { $0["Authorization"] } == [nil, nil])
    }
}
