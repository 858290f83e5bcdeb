import HTTP
import Serving
import Store
import Testing

/// Which release a request is answered from.
struct ReleaseChoiceTests {
    private static let first = "sha256:" + String(repeating: "01", count: 32)
    private static let second = "sha256:" + String(repeating: "02", count: 32)
    private static let absent = "sha256:" + String(repeating: "03", count: 32)

    private static func fixture() throws -> SiteFixture {
        let fixture = try SiteFixture()
        try fixture.publish("1.0.0", fill: "01", ["a": "one\n", "health": "one\n", "only-first/x": "x\n"])
        try fixture.publish("2.0.0", fill: "02", ["a": "two\n", "health": "two\n", "only-second/x": "x\n"])
        return fixture
    }

    @Test(
        arguments: [
            ("/a", [:], 200, "two\n"),
            ("/a", ["Specman-Release": first], 200, "one\n"),
            ("/a", ["specman-release": "1.0.0@" + first], 200, "one\n"),
            ("/a", ["Specman-Release": "9.9.9@" + first], 200, "one\n"),
            ("/a", ["Specman-Release": second], 200, "two\n"),
            ("/a", ["Specman-Release": absent], 410, nil),
            ("/absent", ["Specman-Release": absent], 410, nil),
            ("/", ["Specman-Release": absent], 410, nil),
            ("/v1/_catalog", ["Specman-Release": absent], 410, nil),
            ("/a", ["Specman-Release": "1.0.0"], 400, nil),
            ("/a", ["Specman-Release": ""], 400, nil),
            ("/-/releases/1.0.0/a", [:], 200, "one\n"),
            ("/-/releases/2.0.0/a", [:], 200, "two\n"),
            ("/-/releases/\(first)/a", [:], 200, "one\n"),
            ("/-/releases/sha256%3A\(first.dropFirst(7))/a", [:], 200, "one\n"),
            ("/-/releases/1.0.0/health", [:], 200, "one\n"),
            ("/-/releases/1.0.0/a", ["Specman-Release": first], 200, "one\n"),
            ("/-/releases/1.0.0/a", ["Specman-Release": second], 410, nil),
            ("/-/releases/1.0.0/absent", [:], 404, nil),
            ("/-/releases/3.0.0/a", [:], 404, nil),
            ("/-/releases/\(absent)/a", [:], 404, nil),
            ("/-/releases/%FF/a", [:], 404, nil),
            ("/health", [:], 200, "ok\n"),
        ] as [(String, [String: String], Int, String?)]
    )
    func answersFromTheOneThatIsNamed(target: String, fields: [String: String], code: Int, content: String?) throws {
        let answer = try Self.fixture().answer(.get, target, fields)
        #expect(answer.status.code == code)
        if let content { #expect(try answer.content() == Array(content.utf8)) }
    }

    @Test func isRepeatableOnlyWithoutANamedRelease() throws {
        let fixture = try Self.fixture()
        #expect(fixture.answer(.get, "/a").isRepeatable)
        #expect(fixture.answer(.get, "/-/releases/1.0.0/a").isRepeatable)
        #expect(!fixture.answer(.get, "/a", ["Specman-Release": Self.first]).isRepeatable)
        #expect(!fixture.answer(.get, "/a", ["Specman-Release": Self.second]).isRepeatable)
    }

    @Test func mayBeKeptForGoodWhereTheURLHasTheDigest() throws {
        let fixture = try Self.fixture()
        #expect(fixture.answer(.get, "/a").fields["Cache-Control"] == "no-cache")
        #expect(fixture.answer(.get, "/-/releases/1.0.0/a").fields["Cache-Control"] == "no-cache")
        let byDigest = fixture.answer(.get, "/-/releases/\(Self.first)/a")
        #expect(byDigest.fields["Cache-Control"] == "max-age=31536000, immutable")
        #expect(fixture.answer(.get, "/-/releases/\(Self.first)/absent").fields["Cache-Control"] == "no-store")
    }

    @Test func goesOnSendingFromTheReleaseItBeganWith() throws {
        let fixture = try Self.fixture()
        let answer = fixture.answer(.get, "/a")
        let generation = fixture.site.generation
        for (index, fill) in ["11", "12", "13", "14"].enumerated() {
            try fixture.publish("3.0.\(index)", fill: fill, ["a": "new\n"])
        }
        #expect(try answer.content() == Array("two\n".utf8))
        #expect(fixture.site.generation > generation)
        #expect(fixture.answer(.get, "/a", ["Specman-Release": Self.second]).status == .gone)
        #expect(fixture.answer(.get, "/-/releases/2.0.0/a").status == .notFound)
    }
}
