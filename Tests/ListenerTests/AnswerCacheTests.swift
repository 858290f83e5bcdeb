import HTTP
import Testing

@testable import Listener

@Suite struct AnswerCacheTests {
    private static let head = Array("HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n".utf8)

    private func request(_ number: Int) -> (head: RequestHead, bytes: [UInt8])? {
        let bytes = Array("GET /folder/file-\(number).yaml HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
        var parser = RequestParser()
        guard case .done(let head) = parser.parse(bytes.span) else { return nil }
        return (head, bytes)
    }

    private func answer(_ number: Int, size: Int) -> ReadyAnswer {
        ReadyAnswer(
            head: ResponseHead.serialise(.ok, fields: Fields(), contentLength: Int64(size), date: Self.head),
            body: [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: size),
            parts: [],
            status: 200,
            isFaithful: true,
            dateSecond: 0
        )
    }

    private func insert(_ numbers: Range<Int>, size: Int, into cache: inout AnswerCache) throws {
        for number in numbers {
            let (head, bytes) = try #require(request(number))
            let key = AnswerKey(head, in: bytes.span, endpoint: 0)
            cache.insert(answer(number, size: size), for: try #require(key))
        }
    }

    /// How many of them it has; each must be the right one.
    private func found(_ numbers: Range<Int>, in cache: inout AnswerCache) throws -> Int {
        var count = 0
        for number in numbers {
            let (head, bytes) = try #require(request(number))
            guard let answer = cache.find(head, in: bytes.span, endpoint: 0) else { continue }
            answer.withBytes { #expect(unsafe $0.last == UInt8(truncatingIfNeeded: number)) }
            count += 1
        }
        return count
    }

    /// Half of the sets were never used: the hash's lowest bit, which is always set, was a part of their number.
    @Test func answersGoIntoAllSets() throws {
        var cache = AnswerCache(limit: 1 << 30)
        try insert(0..<2000, size: 1, into: &cache)
        #expect(try found(0..<2000, in: &cache) > 1800)
    }

    /// While there is room each answer is taken, then one of eight.
    @Test func isFullForMostOfWhatIsQuicklyMadeAgain() throws {
        var cache = AnswerCache(limit: 1 << 20)
        for number in 0..<150 {
            let isAdmitted = cache.admits()
            #expect(isAdmitted)
            try insert(number..<number + 1, size: 4096, into: &cache)
        }
        var number = 150
        while cache.admits() {
            try insert(number..<number + 1, size: 4096, into: &cache)
            number += 1
        }
        #expect(number > 190)
        let admitted = (0..<8000).count { _ in cache.admits() }
        #expect((700..<1300).contains(admitted))
    }

    /// Ten thousand manifests of less than a kilobyte are far from the limit in bytes.
    @Test func thereAreMoreSetsForSmallAnswers() throws {
        var cache = AnswerCache(limit: 16 << 20)
        try insert(0..<10_000, size: 256, into: &cache)
        #expect(try found(0..<10_000, in: &cache) > 9000)
        #expect(cache.count > 9000)
        cache.removeAll()
        #expect(cache.count == 0)
        #expect(try found(0..<10_000, in: &cache) == 0)
    }

    @Test func theLimitInBytesIsKept() throws {
        var cache = AnswerCache(limit: 1 << 20)
        try insert(0..<4000, size: 4096, into: &cache)
        let kept = try found(0..<4000, in: &cache)
        #expect(kept > 150)
        #expect(kept * 4096 <= 1 << 20)
        // Those that came last are there.
        #expect(try found(3990..<4000, in: &cache) == 10)
    }
}
