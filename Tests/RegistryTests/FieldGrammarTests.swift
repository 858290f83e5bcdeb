import Content
import Testing

@testable import Registry

/// Fields are read by their grammar, not split at commas.
struct FieldGrammarTests {
    @Test func challengesWithCommasInQuotes() {
        let challenges = Challenge.parse([
            #"Bearer realm="https://auth/token, really",service="a\"b", Basic realm=simple , Negotiate abc=="#,
            #"Digest qop="auth, auth-int""#,
        ])
        #expect(challenges.map(\.scheme) == ["bearer", "basic", "negotiate", "digest"])
        #expect(challenges[0].parameters == ["realm": "https://auth/token, really", "service": #"a"b"#])
        #expect(challenges[1].parameters == ["realm": "simple"])
        #expect(challenges[2].token68 == "abc==")
        #expect(challenges[3].parameters == ["qop": "auth, auth-int"])
    }

    @Test(arguments: ["", ",", "\"", "=", "Basic realm=\"open", ", ,", "Basic =x"])
    func brokenChallengesEnd(text: String) {
        #expect(Challenge.parse([text]).count <= 1)
    }

    @Test(arguments: [
        (#"</v2/a/tags/list?last=b&n=2>; rel="next""#, "/v2/a/tags/list?last=b&n=2"),
        (#"<x>; rel=next"#, "x"),
        (#"<a>; rel="prev", <b>; rel="first NEXT""#, "b"),
        (#"<a;,"b>; title="x; rel=\"next\", <c>"; rel="next""#, #"a;,"b"#),
        (#"<a>; rel="prev"; rel="next""#, nil),
        (#"<a>; title="rel=next""#, nil),
        (#"<a>;; rel = next ;"#, "a"),
        (#"<a>; crossorigin; rel=next"#, "a"),
        ("", nil),
    ])
    func nextOfALink(value: String, target: String?) throws {
        #expect(try LinkField.next([value]) == target)
    }

    @Test(arguments: ["a; rel=next", "<a", "<a>; rel=", "<a>; rel=\"next", "<a> rel=next", "<a>; =x"])
    func aBrokenLinkIsNotTheLastPage(value: String) {
        #expect(throws: LinkField.Fault.self) { try LinkField.next([value]) }
    }

    @Test(
        arguments: [
            ("bytes 5-9/10", 5, 9, 10), ("Bytes 0-0/1", 0, 0, 1), ("bytes 5-9/*", 5, 9, nil),
        ] as [(String, Int64, Int64, Int64?)]
    )
    func contentRanges(text: String, first: Int64, last: Int64, size: Int64?) {
        let range = ContentRange(text)
        #expect(range?.first == first)
        #expect(range?.last == last)
        #expect(range?.size == size)
    }

    @Test(arguments: [
        "bytes 9-5/10", "bytes 5-10/10", "bytes */10", "bytes 5-9", "items 5-9/10", "bytes -5-9/10", "bytes 5-9/",
        "bytes 5-99999999999999999999/*", "bytes +5-9/10", "",
    ])
    func brokenContentRanges(text: String) {
        #expect(ContentRange(text) == nil)
    }

    @Test(
        arguments: [
            ("0", 0), ("120", 120), ("99999999999999999999999", 31_536_000), ("Thu, 01 Jan 1970 00:01:40 GMT", 60),
            ("Thu, 01 Jan 1970 00:00:01 GMT", 0), ("soon", nil), ("-1", nil), ("", nil),
            ("Thu, 01 Foo 1970 00:00:01 GMT", nil),
        ] as [(String, Int64?)]
    )
    func retryAfter(value: String, seconds: Int64?) {
        let duration = RetryPolicy.retryAfter(value, now: Timestamp(seconds: 40))
        #expect(duration == seconds.map { .seconds($0) })
    }

    @Test func waitsGrowAndAreBounded() {
        var policy = RetryPolicy()
        policy.firstDelay = .seconds(1)
        policy.longestDelay = .seconds(5)
        policy.longestRetryAfter = .seconds(60)
        func delay(_ failures: Int, _ after: Duration? = nil) -> Duration {
            policy.delay(failures: failures, retryAfter: after, jitter: 1)
        }
        #expect([1, 2, 3, 4, 1000].map { delay($0) } == [1, 2, 4, 5, 5].map { .seconds($0) })
        #expect(policy.delay(failures: 1, retryAfter: nil, jitter: 0) == .milliseconds(500))
        #expect(delay(1, .seconds(20)) == .seconds(20))
        #expect(delay(1, .seconds(3600)) == .seconds(60))
        #expect(delay(3, .seconds(1)) == .seconds(4))
    }
}
