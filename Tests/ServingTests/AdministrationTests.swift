import Content
import HTTP
import Serving
import Store
import Testing

/// `POST /-/activate`, `/-/resume`, `/-/import`, `/-/verify`.
struct AdministrationTests {
    private static func post(_ site: SiteFixture, _ target: String, peer: Peer = .local) -> Answer<StoredFile> {
        site.site.answer(to: Request(.post, target, peer: peer))
    }

    private static func fixture() throws -> SiteFixture {
        let fixture = try SiteFixture.withRelease()
        try fixture.publish("4.5.15", fill: "cd", ["hello.txt": "newer\n"])
        return fixture
    }

    @Test(arguments: ["sync", "activate?release=4.5.13", "resume", "import?folder=f&tag=1", "verify"])
    func areForbiddenOverTheNetwork(target: String) throws {
        let fixture = try Self.fixture()
        #expect(fixture.answer(.post, "/-/" + target).status == .forbidden)
        #expect(fixture.volume.hold == nil)
        #expect(fixture.volume.active?.tag == Tag("4.5.15"))
    }

    /// Who has proved a name is who did it, whatever else they say.
    @Test func overTheNetworkTheUserIsNamed() throws {
        let fixture = try Self.fixture()
        var request = Request(.post, "/-/activate?release=4.5.13&by=bob", peer: .network(address: "192.0.2.1"))
        request.user = "alice"
        #expect(fixture.site.answer(to: request).status == .forbidden)
        request.isAdministrator = true
        #expect(fixture.site.answer(to: request).status == .ok)
        #expect(fixture.volume.hold?.by == "alice")
    }

    @Test func activatingHoldsAndResumingLetsGo() throws {
        let fixture = try Self.fixture()
        let answer = Self.post(fixture, "/-/activate?release=4.5.13&reason=4.5.15%20is%20broken&by=alice")
        #expect(answer.status == .ok)
        #expect(answer.text.contains(#""result":"held""#))
        #expect(try fixture.answer(.get, "/hello.txt").content() == SiteFixture.hello)
        let hold = try #require(fixture.volume.hold)
        #expect(hold.by == "alice")
        #expect(hold.reason == "4.5.15 is broken")
        #expect(Self.post(fixture, "/-/resume").text.contains("by alice since "))
        #expect(fixture.volume.hold == nil)
        // What was held is served until something newer comes.
        #expect(fixture.volume.active?.tag == Tag("4.5.13"))
    }

    @Test func whoeverSaysNothingIsTheSocket() throws {
        let fixture = try Self.fixture()
        #expect(Self.post(fixture, "/-/activate?release=sha256:\(String(repeating: "ab", count: 32))").status == .ok)
        #expect(fixture.volume.hold?.by == "socket")
        #expect(fixture.volume.hold?.reason == nil)
    }

    @Test(arguments: [
        ("activate", 400), ("activate?release=", 400), ("activate?release=9.9.9", 404),
        ("activate?release=4.5.13&reason=a%0Ab", 400),
        ("activate?release=4.5.13&reason=" + String(repeating: "x", count: 1001), 400),
        ("activate?release=4.5.13&by=" + String(repeating: "x", count: 201), 400), ("activate?release=%4", 400),
        ("import?folder=..&tag=1", 400), ("import?folder=a%2Fb&tag=1", 400), ("import?folder=a", 400),
        ("import?folder=a&tag=a%2Fb", 400),
    ])
    func refuses(target: String, code: Int) throws {
        let fixture = try Self.fixture()
        #expect(Self.post(fixture, "/-/" + target).status.code == code)
        #expect(fixture.volume.hold == nil)
    }

    @Test func anUnknownReleaseIsRepeatedWhereItCanBeOne() throws {
        let fixture = try Self.fixture()
        let known = Self.post(fixture, "/-/activate?release=9.9.9").text
        #expect(known.contains(": No retained release has 9.9.9; "), "\(known)")
        let other = Self.post(fixture, "/-/activate?release=%1B%5B31m").text
        #expect(other.contains(": No retained release has this tag or digest; "), "\(other)")
    }

    @Test func verifyingTellsWhatItFound() throws {
        let fixture = try Self.fixture()
        let answer = Self.post(fixture, "/-/verify")
        #expect(answer.text.contains(#""damaged":0"#))
        #expect(answer.text.contains(#""error":null"#))
        #expect(Self.post(fixture, "/-/verify?repair=true").text.contains("nothing to mend from"))
    }
}
