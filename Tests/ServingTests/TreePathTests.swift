import Content
import HTTP
import Store
import Testing

struct TreePathTests {
    @Test(arguments: [
        ("/hello.txt", 200), ("//hello.txt", 200), ("/./hello.txt", 200), ("/web/../hello.txt", 200),
        ("/web/%2e%2e/hello.txt", 200), ("/%68ello.txt", 200), ("/roar/nickfury/versions.yaml", 200),
        ("/a..b/c%252fd.json", 200), ("/deep/a%20b/%231%3F.txt", 200), ("/hello.txt?query", 200),
        ("/absent", 404), ("/hello.txt/", 404), ("/hello.txt/x", 404), ("/Hello.txt", 404), ("/hello.txt%20", 404),
        ("/a..b%2fc", 404), ("/web%2findex.html", 404), ("/%2e%2e%2fhello.txt", 404), ("/%252e%252e/hello.txt", 404),
        ("/%c0%ae%c0%ae/hello.txt", 404), ("/web\\index.html", 404), ("/hello.txt%00", 400), ("/%00", 400),
        ("/..", 400), ("/../hello.txt", 400), ("/web/../../hello.txt", 400), ("/%2e%2e/hello.txt", 400), ("/%", 400),
        ("/%zz", 400), ("hello.txt", 400), ("*", 400), ("", 400),
        ("/" + String(repeating: "x", count: 256), 404),
        ("/" + String(repeating: "x/", count: 100), 404),
        ("/" + String(repeating: "xxxxxxxxx/", count: 400), 404),
    ])
    func answers(target: String, code: Int) throws {
        #expect(try SiteFixture.withRelease().answer(.get, target).status.code == code)
    }

    @Test func servesNamesThatAreNoText() throws {
        let fixture = try SiteFixture()
        let staging = try fixture.volume.stage(
            tag: try #require(Tag("1.0.0")),
            digest: try #require(SiteFixture.digest("01"))
        )
        try fixture.add(name: [0x61, 0xFF, 0x2E, 0x79, 0x6D, 0x6C], content: Array("a: 1\n".utf8), to: staging)
        try fixture.add(name: [0xC0, 0xAF], content: Array("x".utf8), to: staging)
        _ = try fixture.volume.publish(staging, archives: [])
        let answer = fixture.answer(.get, "/a%ff.yml")
        #expect(answer.status == .ok)
        #expect(answer.fields["Content-Type"] == "application/yaml")
        #expect(fixture.answer(.get, "/%C0%AF").status == .ok)
        let listing = fixture.answer(.get, "/", ["Accept": "application/json"]).text
        #expect(listing.contains(#""href":"a%FF.yml""#))
    }

    @Test func neverEchoesBytesThatWereSent() throws {
        let fixture = try SiteFixture.withRelease()
        let answer = fixture.answer(.get, "/%0d%0aX:%20y<script>")
        #expect(answer.status == .notFound)
        #expect(answer.text.contains("/%0D%0AX%3A%20y%3Cscript%3E"))
        #expect(!answer.text.contains("<script>"))
    }

    @Test func namesThePathWithinTheRelease() throws {
        let fixture = try SiteFixture.withRelease()
        let answer = fixture.answer(.get, "/-/releases/4.5.13/a%20b/")
        #expect(answer.text == "404 Not Found: Release 4.5.13 has no /a%20b/.\n")
    }

    @Test func answersProblemsAsJSONWhereThatIsAskedFor() throws {
        let fixture = try SiteFixture.withRelease()
        let answer = fixture.answer(.get, "/absent", ["Accept": "application/json"])
        #expect(answer.fields["Content-Type"] == "application/problem+json")
        #expect(
            answer.text
                == #"{"type":"about:blank","title":"Not Found","status":404,"detail":"Release 4.5.13 has no /absent."}"#
                + "\n"
        )
        #expect(answer.fields["Specman-Release"]?.hasPrefix("4.5.13@sha256:") == true)
        #expect(answer.fields["Cache-Control"] == "no-store")
        let text = fixture.answer(.get, "/absent")
        #expect(text.text == "404 Not Found: Release 4.5.13 has no /absent.\n")
        #expect(!text.isRepeatable)
    }
}
