import HTTP
import Serving
import Store
import Testing

struct DirectoryAnswerTests {
    @Test(arguments: [
        ("/web", "/web/"),
        ("/roar/nickfury", "/roar/nickfury/"),
        ("/web?sort=size&x=%20y", "/web/?sort=size&x=%20y"),
        ("/web?", "/web/?"),
        ("/deep/a%20b", "/deep/a%20b/"),
        ("/roar/../web", "/web/"),
        ("//evil.example", "/evil.example/"),
        ("///evil.example", "/evil.example/"),
        ("/web/..//evil.example", "/evil.example/"),
        ("/-/releases/4.5.13", "/-/releases/4.5.13/"),
        ("/-/releases/4.5.13/web", "/-/releases/4.5.13/web/"),
        ("/-//releases//4.5.13//web", "/-/releases/4.5.13/web/"),
    ])
    func redirectsToThePathWithASlash(target: String, location: String) throws {
        let answer = try SiteFixture.withRelease().answer(.get, target)
        #expect(answer.status == .movedPermanently)
        #expect(answer.fields["Location"] == location)
        #expect(answer.fields["Cache-Control"] == "no-cache")
        #expect(answer.fields["Specman-Release"] != nil)
    }

    @Test func keepsABadQueryOutOfTheFields() throws {
        let fixture = try SiteFixture.withRelease()
        var request = Request(.get, "/web")
        request.query = Array("a\r\nSet-Cookie: b".utf8)
        #expect(fixture.site.answer(to: request).fields["Location"] == "/web/?a%0D%0ASet-Cookie:%20b")
    }

    @Test func givesTheIndexWhereThereIsOne() throws {
        let answer = try SiteFixture.withRelease().answer(.get, "/web/", ["Accept": "application/json"])
        #expect(answer.status == .ok)
        #expect(answer.fields["Content-Type"] == "text/html; charset=utf-8")
        #expect(answer.fields["ETag"] != nil)
        #expect(answer.isRepeatable)
        #expect(try answer.content() == Array("<p>index</p>\n".utf8))
    }

    @Test func takesNoDirectoryForAnIndex() throws {
        let fixture = try SiteFixture()
        try fixture.publish("1.0.0", fill: "01", ["d/index.html/a": "a\n"])
        #expect(fixture.answer(.get, "/d/", ["Accept": "text/plain"]).text == "index.html/\n")
        #expect(fixture.answer(.get, "/d/index.html").fields["Location"] == "/d/index.html/")
    }

    @Test func listsInThreeForms() throws {
        let fixture = try SiteFixture.withRelease()
        let page = fixture.answer(.get, "/roar/")
        #expect(page.status == .ok)
        #expect(page.fields["Content-Type"] == "text/html; charset=utf-8")
        #expect(page.fields["Content-Security-Policy"]?.hasPrefix("default-src 'none'") == true)
        #expect(page.text.contains("<a href=\"nickfury/\"><bdi>nickfury</bdi>/</a>"))
        let json = fixture.answer(.get, "/roar/", ["Accept": "application/json"])
        #expect(json.fields["Content-Type"] == "application/json")
        #expect(json.text.hasPrefix(#"[{"name":"nickfury","type":"directory","#))
        let text = fixture.answer(.get, "/", ["Accept": "text/plain"])
        #expect(text.fields["Content-Type"] == "text/plain; charset=utf-8")
        #expect(text.text == "-/\na..b/\ndeep/\nevil.example/\nroar/\nv1/\nweb/\nempty\nhealth\nhello.txt\n")
        for answer in [page, json, text] {
            #expect(answer.fields["Vary"] == "Accept, Specman-Release")
            #expect(answer.fields["Specman-Release"]?.hasPrefix("4.5.13@") == true)
            #expect(answer.fields["X-Content-Type-Options"] == "nosniff")
            #expect(answer.isRepeatable, "it follows from the release and the query")
        }
        #expect(Set([page, json, text].compactMap { $0.fields["ETag"] }).count == 3)
    }

    @Test func sortsByTheQuery() throws {
        let fixture = try SiteFixture.withRelease()
        let text = fixture.answer(.get, "/?sort=size&order=desc", ["Accept": "text/plain"]).text
        #expect(text.hasSuffix("hello.txt\nhealth\nempty\n"))
    }

    @Test func listsARetainedReleaseUnderItsOwnPath() throws {
        let page = try SiteFixture.withRelease().answer(.get, "/-/releases/4.5.13/roar/").text
        #expect(page.contains("<title>/roar/</title>"))
        #expect(page.contains("<a href=\"../\">../</a>"))
    }

    @Test func revalidatesListings() throws {
        let fixture = try SiteFixture.withRelease()
        let tag = try #require(fixture.answer(.get, "/roar/").fields["ETag"])
        #expect(tag.hasPrefix("W/\""))
        let again = fixture.answer(.get, "/roar/", ["If-None-Match": tag])
        #expect(again.status == .notModified)
        #expect(again.fields["Vary"] == "Accept, Specman-Release")
        // The tag of one form doesn't stand for another.
        #expect(fixture.answer(.get, "/roar/", ["If-None-Match": tag, "Accept": "text/plain"]).status == .ok)
        #expect(fixture.answer(.get, "/roar/", ["If-Match": tag]).status == .preconditionFailed)
        #expect(fixture.answer(.get, "/roar/", ["rAnge": "bytes=0-1"]).status == .ok)
        try fixture.publish("4.5.15", fill: "cd", SiteFixture.usualFiles)
        #expect(fixture.answer(.get, "/roar/", ["If-None-Match": tag]).status == .ok)
    }

    @Test func refusesToListWhereThatIsOff() throws {
        let fixture = try SiteFixture.withRelease(listing: false)
        #expect(fixture.answer(.get, "/roar/").status == .forbidden)
        #expect(fixture.answer(.get, "/").status == .forbidden)
        #expect(fixture.answer(.get, "/roar").status == .movedPermanently)
        #expect(fixture.answer(.get, "/web/").status == .ok)
        #expect(fixture.answer(.get, "/roar/nickfury/versions.yaml").status == .ok)
        #expect(fixture.answer(.get, "/absent/").status == .notFound)
    }
}
