import Content
import HTTP
import Serving
import Store
import Synchronization
import Testing

struct EndpointTests {
    @Test(arguments: [
        ("/", 503), ("/a", 503), ("/v1/_catalog", 503), ("/-/status", 200), ("/-/releases", 200), ("/health", 200),
        ("/-/releases/1.0.0/a", 404), ("/-/other", 404), ("/..", 400),
    ])
    func answersBeforeTheFirstRelease(target: String, code: Int) throws {
        let answer = try SiteFixture().answer(.get, target)
        #expect(answer.status.code == code)
        #expect(answer.fields["Retry-After"] == (code == 503 ? "10" : nil))
    }

    @Test(arguments: [HTTP.Method.get, .head, .post, .options, .other("DELETE")])
    func endpointThatIsNotThereIsNotFound(method: HTTP.Method) throws {
        #expect(try SiteFixture.withRelease().answer(method, "/-/other").status.code == 404)
    }

    @Test func listsReleases() throws {
        let fixture = try SiteFixture()
        #expect(fixture.answer(.get, "/-/releases").text == "[]\n")
        let one = try fixture.publish("1.0.0", fill: "01", ["a": "12345", "b/c": "6"])
        let two = try fixture.publish("2.0.0", fill: "02", ["a": "12345"])
        let answer = fixture.answer(.get, "/-/releases/")
        #expect(answer.fields["Content-Type"] == "application/json")
        #expect(answer.fields["Cache-Control"] == "no-store")
        #expect(!answer.isRepeatable)
        let digests = ["01", "02"].map { "sha256:" + String(repeating: $0, count: 32) }
        #expect(
            answer.text
                == #"[{"tag":"2.0.0","digest":"\#(digests[1])","files":1,"bytes":5,"#
                + #""publishedAt":"\#(two.publishedAt.rfc3339)","active":true},"#
                + #"{"tag":"1.0.0","digest":"\#(digests[0])","files":2,"bytes":6,"#
                + #""publishedAt":"\#(one.publishedAt.rfc3339)","active":false}]"# + "\n"
        )
    }

    @Test func tellsTheStatus() throws {
        let answer = try SiteFixture.withRelease().answer(.get, "/-/status")
        #expect(answer.status == .ok)
        #expect(answer.text.hasPrefix(#"{"release":{"tag":"4.5.13","#))
        #expect(answer.text.contains(#""retained":1"#))
        #expect(!answer.isRepeatable)
    }

    @Test func listsTopDirectoriesAsACatalog() throws {
        let answer = try SiteFixture.withRelease().answer(.get, "/v1/_catalog")
        #expect(answer.text == #"{"repositories":["-","a..b","deep","evil.example","roar","v1","web"]}"# + "\n")
        #expect(answer.fields["Content-Type"] == "application/json")
    }

    @Test func comparesReleases() throws {
        let fixture = try SiteFixture()
        try fixture.publish("1.0.0", fill: "01", ["same": "s", "gone": "g", "other": "hello", "d/x": "x"])
        try fixture.publish("2.0.0", fill: "02", ["same": "s", "new": "", "other": "hello, world\n", "d/x": "x"])
        let second = "sha256:" + String(repeating: "02", count: 32)
        let answer = fixture.answer(.get, "/-/diff?from=1.0.0&to=\(second)")
        #expect(answer.status == .ok)
        #expect(answer.text.hasPrefix(#"{"from":{"tag":"1.0.0","#))
        #expect(answer.text.contains(#""active":false},"to":{"tag":"2.0.0","#))
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        // printf g | sha256sum
        let gone = "cd0aa9856147b6c5b4ff2b7dfee5da20aa38253099ef1b4a64aced233c9afe29"
        #expect(
            answer.text.hasSuffix(
                #""added":[{"path":"new","size":0,"digest":"sha256:\#(empty)"}],"#
                    + #""removed":[{"path":"gone","size":1,"digest":"sha256:\#(gone)"}],"#
                    + #""changed":[{"path":"other","size":13,"digest":"sha256:\#(SiteFixture.helloDigest)"}]}"# + "\n"
            )
        )
        #expect(fixture.answer(.get, "/-/diff?from=1.0.0&to=1.0.0").text.hasSuffix(#""changed":[]}"# + "\n"))
    }

    @Test(arguments: [
        ("/-/diff", 400), ("/-/diff?from=1.0.0", 400), ("/-/diff?to=1.0.0", 400), ("/-/diff?from=%&to=1.0.0", 400),
        ("/-/diff?from=1.0.0&from=x&to=1.0.0", 400), ("/-/diff?from=1.0.0&to=9", 404), ("/-/diff?from=&to=", 404),
        ("/-/diff?from=1.0.0&to=1.0.0", 200),
    ])
    func comparesOnlyWhatIsNamed(target: String, code: Int) throws {
        let fixture = try SiteFixture()
        try fixture.publish("1.0.0", fill: "01", ["a": "a"])
        #expect(fixture.answer(.get, target).status.code == code)
    }

    @Test(arguments: ["/-", "/-/", "/-/x", "/-/status/x", "/-/activated", "/-/releases.json"])
    func knowsNothingElseBelowTheDash(target: String) throws {
        let fixture = try SiteFixture.withRelease()
        #expect(fixture.answer(.get, target).status == .notFound)
        #expect(fixture.answer(.get, "/-/releases/4.5.13/-/status").status == .ok)
    }

    @Test(arguments: [
        (HTTP.Method.post, "/hello.txt", 405, "GET, HEAD, OPTIONS"),
        (.other("PUT"), "/absent", 405, "GET, HEAD, OPTIONS"),
        (.other("DELETE"), "/-/status", 405, "GET, HEAD, OPTIONS"),
        (.post, "/health", 405, "GET, HEAD, OPTIONS"),
        (.get, "/-/sync", 405, "POST, OPTIONS"),
        (.head, "/-/sync", 405, "POST, OPTIONS"),
        (.get, "/-/activate", 405, "POST, OPTIONS"),
        (.get, "/-/resume", 405, "POST, OPTIONS"),
        (.options, "/hello.txt", 204, "GET, HEAD, OPTIONS"),
        (.options, "/absent", 204, "GET, HEAD, OPTIONS"),
        (.options, "/-/sync", 204, "POST, OPTIONS"),
        (.options, "*", 204, "GET, HEAD, POST, OPTIONS"),
        (.other("get"), "/hello.txt", 405, "GET, HEAD, OPTIONS"),
    ])
    func saysWhichMethodsThereAre(method: HTTP.Method, target: String, code: Int, allow: String) throws {
        let answer = try SiteFixture.withRelease().answer(method, target)
        #expect(answer.status.code == code)
        #expect(answer.fields["Allow"] == allow)
    }
}

struct SyncActionTests {
    private static func fixture(_ result: SyncReport.Result, calls: Counter) throws -> SiteFixture {
        try SiteFixture(sync: {
            calls.increment()
            return SyncReport(result: result, release: nil, error: result == .failed ? "registry away" : nil)
        })
    }

    @Test func isForbiddenOverTheNetwork() throws {
        let calls = Counter()
        let fixture = try Self.fixture(.published, calls: calls)
        let answer = fixture.answer(.post, "/-/sync")
        #expect(answer.status == .forbidden)
        #expect(answer.text.contains("through the socket on the volume"))
        #expect(calls.value == 0)
    }

    @Test(arguments: [(SyncReport.Result.published, 200), (.unchanged, 200), (.failed, 500)])
    func isDoneForTheSocket(result: SyncReport.Result, code: Int) throws {
        let calls = Counter()
        let fixture = try Self.fixture(result, calls: calls)
        let answer = fixture.site.answer(to: Request(.post, "/-/sync", peer: .local))
        #expect(answer.status.code == code)
        #expect(answer.text.hasPrefix(#"{"result":"\#(result.rawValue)","release":null,"#))
        #expect(answer.text.contains("registry away") == (result == .failed))
        #expect(calls.value == 1)
    }
}

/// Counts calls that may come from anywhere.
final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .sequentiallyConsistent) }

    func increment() {
        count.add(1, ordering: .sequentiallyConsistent)
    }
}
