import Content
import HTTP
import Platform
import Serving
import Store
import Synchronization
import TestSupport
import Testing

struct FileAnswerTests {
    private static let release = "4.5.13@sha256:" + String(repeating: "ab", count: 32)
    private static let tag = "\"" + SiteFixture.helloDigest + "\""
    private static let date = "Sun, 06 Nov 1994 08:49:37 GMT"

    @Test func hasEveryFieldOfTheContract() throws {
        let answer = try SiteFixture.withRelease().answer(.get, "/hello.txt")
        #expect(answer.status == .ok)
        #expect(answer.fields["ETag"] == Self.tag)
        #expect(answer.fields["Last-Modified"] == Self.date)
        #expect(answer.fields["Accept-Ranges"] == "bytes")
        #expect(answer.fields["Content-Type"] == "text/plain; charset=utf-8")
        // printf 'hello, world\n' | openssl dgst -sha256 -binary | base64
        #expect(answer.fields["Repr-Digest"] == "sha-256=:hT/5N2Kgbdv3IsTr6d3WbY9j3a6pf1IcPswg2nyXYCA=:")
        #expect(answer.fields["Specman-Release"] == Self.release)
        #expect(answer.fields["X-Content-Type-Options"] == "nosniff")
        #expect(answer.fields["Cache-Control"] == "no-cache")
        #expect(answer.fields["Vary"] == "Specman-Release")
        #expect(answer.fields["Content-Length"] == nil)
        #expect(answer.isRepeatable)
        #expect(answer.contentLength == 13)
        #expect(try answer.content() == SiteFixture.hello)
        let names = answer.fields.lines.map(\.name)
        #expect(Set(names).count == names.count)
    }

    @Test func answersHeadAsGet() throws {
        let fixture = try SiteFixture.withRelease()
        let head = fixture.answer(.head, "/hello.txt", ["Range": "bytes=0-1"])
        #expect(head.status == .ok)
        #expect(head.fields == fixture.answer(.get, "/hello.txt").fields)
        #expect(head.contentLength == 13)
    }

    @Test func sendsAPart() throws {
        let fixture = try SiteFixture.withRelease()
        let answer = fixture.answer(.get, "/hello.txt", ["Range": "bytes=7-", "If-Range": Self.tag])
        #expect(answer.status == .partialContent)
        #expect(answer.fields["Content-Range"] == "bytes 7-12/13")
        #expect(answer.fields["ETag"] == Self.tag)
        #expect(answer.fields["Repr-Digest"] != nil)
        #expect(try answer.content() == Array("world\n".utf8))
        #expect(!answer.isRepeatable)
    }

    @Test func sendsTheWholeForTinyParts() throws {
        let answer = try SiteFixture.withRelease().answer(.get, "/hello.txt", ["Range": "bytes=0-1,3-4"])
        #expect(answer.status == .ok)
        #expect(answer.fields["Content-Range"] == nil)
        #expect(try answer.content() == SiteFixture.hello)
    }

    @Test func sendsSeveralParts() throws {
        let fixture = try SiteFixture()
        let content = (0..<3000).map { "\($0)\n" }.joined()
        try fixture.publish("1.0.0", fill: "01", ["large.txt": content])
        let answer = fixture.answer(.get, "/large.txt", ["Range": "bytes=5000-5999,0-999"])
        #expect(answer.status == .partialContent)
        #expect(answer.fields["Content-Range"] == nil)
        let type = try #require(answer.fields["Content-Type"])
        let boundary = try #require(type.wholeMatch(of: /multipart\/byteranges; boundary=([0-9a-f]{64})/)).1
        let bytes = Array(content.utf8)
        func part(_ range: Range<Int>) -> String {
            "Content-Type: text/plain; charset=utf-8\r\n"
                + "Content-Range: bytes \(range.lowerBound)-\(range.upperBound - 1)/\(bytes.count)\r\n\r\n"
                + String(decoding: bytes[range], as: UTF8.self)
        }
        let expected =
            "--\(boundary)\r\n\(part(5000..<6000))\r\n--\(boundary)\r\n\(part(0..<1000))\r\n--\(boundary)--\r\n"
        #expect(String(decoding: try answer.content(), as: UTF8.self) == expected)
        #expect(answer.contentLength == Int64(expected.utf8.count))
        #expect(answer.fields["Repr-Digest"] != nil)
        #expect(!answer.isRepeatable)
    }

    @Test func leavesOutADigestThatIsNotWanted() throws {
        let fixture = try SiteFixture.withRelease()
        let answer = fixture.answer(.get, "/hello.txt", ["Want-Repr-Digest": "sha-256=0"])
        #expect(answer.status == .ok)
        #expect(answer.fields["Repr-Digest"] == nil)
        #expect(fixture.answer(.get, "/hello.txt", ["Want-Repr-Digest": "sha-256=3"]).fields["Repr-Digest"] != nil)
    }

    @Test(arguments: [
        ["If-None-Match": tag], ["If-None-Match": "*"], ["If-None-Match": "W/" + tag], ["If-Modified-Since": date],
        ["If-None-Match": tag, "Range": "bytes=0-1"],
    ])
    func saysThatNothingChanged(fields: [String: String]) throws {
        let answer = try SiteFixture.withRelease().answer(.get, "/hello.txt", fields)
        #expect(answer.status == .notModified)
        // RFC 9110 section 15.4.5: what a cache needs, and nothing about the content.
        #expect(answer.fields["ETag"] == Self.tag)
        #expect(answer.fields["Last-Modified"] == Self.date)
        #expect(answer.fields["Vary"] == "Specman-Release")
        #expect(answer.fields["Cache-Control"] == "no-cache")
        #expect(answer.fields["Specman-Release"] == Self.release)
        #expect(answer.fields["Content-Type"] == nil)
        #expect(answer.fields["Repr-Digest"] == nil)
        #expect(try answer.content().isEmpty)
        #expect(answer.isRepeatable)
    }

    @Test func refusesWhatIsNoMoreTheSame() throws {
        let answer = try SiteFixture.withRelease().answer(.get, "/hello.txt", ["If-Match": "\"other\""])
        #expect(answer.status == .preconditionFailed)
        #expect(answer.fields["ETag"] == Self.tag)
        #expect(answer.fields["Cache-Control"] == "no-store")
        #expect(answer.fields["Content-Type"] == "text/plain; charset=utf-8")
    }

    @Test(arguments: ["/hello.txt", "/empty"])
    func refusesPartsBeyondTheEnd(path: String) throws {
        let answer = try SiteFixture.withRelease().answer(.get, path, ["Range": "bytes=13-"])
        #expect(answer.status == .rangeNotSatisfiable)
        #expect(answer.fields["Content-Range"] == (path == "/empty" ? "bytes */0" : "bytes */13"))
    }

    @Test func sendsAnEmptyFile() throws {
        let answer = try SiteFixture.withRelease().answer(.get, "/empty")
        #expect(answer.status == .ok)
        #expect(answer.contentLength == 0)
        #expect(answer.fields["Repr-Digest"] == "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:")
        #expect(try answer.content().isEmpty)
    }

    @Test func servesWhatALinkLeadsTo() throws {
        let fixture = try SiteFixture()
        try fixture.publish(
            "1.0.0",
            fill: "01",
            ["real/a.yaml": "a: 1\n"],
            links: ["latest": "real/a.yaml", "dir": "real", "text.txt": "real/a.yaml", "nowhere": "absent"]
        )
        #expect(try fixture.answer(.get, "/latest").content() == Array("a: 1\n".utf8))
        #expect(fixture.answer(.get, "/latest").fields["Content-Type"] == "application/yaml")
        #expect(fixture.answer(.get, "/text.txt").fields["Content-Type"] == "text/plain; charset=utf-8")
        #expect(try fixture.answer(.get, "/dir/a.yaml").content() == Array("a: 1\n".utf8))
        #expect(fixture.answer(.get, "/dir").fields["Location"] == "/dir/")
        #expect(fixture.answer(.get, "/dir/").status == .ok)
        #expect(fixture.answer(.get, "/nowhere").status == .notFound)
    }

    @Test func reportsAFileThatTheVolumeLost() throws {
        let directory = try TemporaryDirectory()
        let volume = try Volume(directory: directory.path, options: .init(reserve: 0))
        let staging = try volume.stage(tag: try #require(Tag("1.0.0")), digest: try #require(SiteFixture.digest("01")))
        try staging.beginFile(try ReleasePath(Array("a".utf8)), size: 1, modified: SiteFixture.modified)
        try staging.write([UInt8(ascii: "x")].span.bytes)
        try staging.endFile()
        let release = try volume.publish(staging, archives: [])
        let reports = Mutex<[String]>([])
        let site = Site(
            volume: volume,
            options: SiteOptions(
                clock: { SiteFixture.modified },
                report: { line in reports.withLock { $0.append(line) } }
            ),
            status: { StatusDocument() },
            actions: SiteActions(on: volume, sync: { SyncReport(result: .unchanged, release: nil) })
        )
        try WholeFile.write(Array("longer".utf8), to: directory.appending("releases/\(release.id)/a"))
        let answer = site.answer(to: Request(.get, "/a"))
        #expect(answer.status == .internalServerError)
        #expect(!answer.text.contains(directory.path))
        #expect(reports.withLock { $0.count } == 1)
    }
}
