import Content
import HTTP
import Platform
import Store
import TestSupport
import Testing

@testable import Serving

/// What an event loop finds out without a worker.
struct FileAtOnceTests {
    private static let files = ["a.txt": "hello\n", "b.txt": "others\n", "c.bin": "\u{1}", "web/index.html": "<p>\n"]

    private func head(_ target: String, _ fields: String = "", method: String = "GET") throws -> (RequestHead, [UInt8])
    {
        let bytes = Array("\(method) \(target) HTTP/1.1\r\nHost: h\r\n\(fields)\r\n".utf8)
        var parser = RequestParser()
        guard case .done(let head) = parser.parse(bytes.span) else { throw NoHead() }
        return (head, bytes)
    }

    private struct NoHead: Error {}

    private func find(
        _ fixture: SiteFixture,
        _ target: String,
        _ fields: String = "",
        method: String = "GET"
    ) throws -> FoundFile<StoredFile>? {
        let (head, bytes) = try head(target, fields, method: method)
        return fixture.site.fileAtOnce(head, in: bytes.span)
    }

    @Test(arguments: ["/a.txt", "/c.bin", "/%61.txt", "//a.txt", "/web/", "/link/index.html"])
    func whatWasAskedForBefore(_ target: String) throws {
        let fixture = try SiteFixture()
        try fixture.publish("1.0.0", fill: "01", Self.files, links: ["link": "web"])
        #expect(try find(fixture, target) == nil)
        let answer = fixture.answer(.get, target)
        let found = try #require(try find(fixture, target))
        #expect(found.isAskedForAgain)
        #expect(found.family == answer.family)
        #expect(answer.fields["ETag"] == "\"\(found.digest.hex)\"")
        #expect(answer.fields["Last-Modified"] == HTTPDate.format(found.lastModified))
        #expect(found.size == answer.contentLength)
        guard case .file(let file, _) = found.content else { throw NoHead() }
        #expect(try file.read(upTo: 100, at: 0) == answer.content())
        #expect(answer.fields["Repr-Digest"] == ReprDigest.value(of: found.sentDigest))
    }

    /// Once a worker has found out that the file system tells what it has at hand.
    @Test(arguments: ["/a.txt", "/c.bin", "/%61.txt", "//a.txt", "/x/../a.txt", "/web/index.html"])
    func whatWasNeverAskedFor(_ target: String) throws {
        let fixture = try SiteFixture()
        try fixture.publish("1.0.0", fill: "01", Self.files)
        _ = fixture.answer(.get, "/b.txt")
        let found = try #require(try find(fixture, target))
        #expect(!found.isAskedForAgain)
        #expect(try #require(try find(fixture, target)).isAskedForAgain)
        let answer = fixture.answer(.get, target)
        #expect(found.family == answer.family)
        #expect(answer.fields["ETag"] == "\"\(found.digest.hex)\"")
        #expect(answer.fields["Last-Modified"] == HTTPDate.format(found.lastModified))
        #expect(found.size == answer.contentLength)
    }

    /// Links may be many, and are followed by a worker, once.
    @Test(arguments: ["/link/index.html", "/page"]) func whatLinksLeadTo(_ target: String) throws {
        let fixture = try SiteFixture()
        let links = ["link": "web", "page": "web/index.html"]
        try fixture.publish("1.0.0", fill: "01", Self.files, links: links)
        _ = fixture.answer(.get, "/b.txt")
        #expect(try find(fixture, target) == nil)
        let answer = fixture.answer(.get, target)
        #expect(try find(fixture, target)?.family == answer.family)
    }

    @Test(arguments: ["gzip", "br, gzip;q=0.5", "identity;q=0, *"]) func aGzipForm(_ codings: String) throws {
        let fixture = try SiteFixture()
        let text = String(repeating: "long enough to be compressed\n", count: 100)
        try fixture.publish("1.0.0", fill: "01", ["a.txt": text, "b.txt": text + "x"])
        let field = "Accept-Encoding: \(codings)\r\n"
        // Known as it is, and its form isn't made yet.
        _ = fixture.answer(.get, "/a.txt")
        #expect(try find(fixture, "/a.txt", field) == nil)
        let answer = fixture.answer(.get, "/a.txt", ["Accept-Encoding": codings])
        #expect(answer.fields["Content-Encoding"] == "gzip")
        let found = try #require(try find(fixture, "/a.txt", field))
        #expect(found.family == answer.family)
        #expect(found.family != fixture.answer(.get, "/a.txt").family)
        #expect(answer.fields["ETag"] == "\"\(found.digest.hex)-gzip\"")
        #expect(answer.fields["Repr-Digest"] == ReprDigest.value(of: found.sentDigest))
        guard case .bytes(let form) = found.content else { throw NoHead() }
        #expect(try form == answer.content())
        #expect(fixture.answer(.get, "/b.txt", ["Accept-Encoding": codings]).family == found.family)
        // Those who want none get the file.
        #expect(try find(fixture, "/a.txt", "Accept-Encoding: gzip;q=0\r\n")?.size == Int64(text.utf8.count))
    }

    /// What compressing doesn't make smaller goes as it is, and nobody has to try again.
    @Test func aFormThatIsNotWorthIt() throws {
        let fixture = try SiteFixture()
        var generator = SystemRandomNumberGenerator()
        let noise = String(
            decoding: (0..<3000).map { _ in UInt8.random(in: 33...126, using: &generator) },
            as: UTF8.self
        )
        try fixture.publish("1.0.0", fill: "01", ["a.txt": noise])
        let field = "Accept-Encoding: gzip\r\n"
        let answer = fixture.answer(.get, "/a.txt", ["Accept-Encoding": "gzip"])
        let found = try find(fixture, "/a.txt", field)
        #expect(found?.family == answer.family)
        #expect(found?.size == answer.contentLength)
    }

    @Test(arguments: [
        ("/a.txt?x", "", "GET"), ("/a.txt", "", "HEAD"), ("/a.txt", "", "POST"),
        ("/a.txt", "If-None-Match: \"x\"\r\n", "GET"), ("/c.bin", "Accept-Encoding: identity;q=0\r\n", "GET"),
        ("/text.txt", "Accept-Encoding: gzip\r\n", "GET"), ("/c.bin", "Accept-Encoding: gzip;q=1\r\n", "GET"),
        ("/nothing", "", "GET"), ("/web", "", "GET"),
        ("/-/status", "", "GET"), ("/-/releases/1.0.0/a.txt", "", "GET"), ("/health", "", "GET"),
        ("/v1/_catalog", "", "GET"), ("/a.txt/", "", "GET"), ("/../a.txt", "", "GET"), ("/a%00", "", "GET"),
    ])
    func whatNeedsAnAnswerOfItsOwn(_ target: String, _ fields: String, _ method: String) throws {
        let fixture = try SiteFixture()
        var files = Self.files
        files["health"] = "a file"
        files["v1/_catalog"] = "a file"
        files["text.txt"] = String(repeating: "long enough to be compressed\n", count: 100)
        try fixture.publish("1.0.0", fill: "01", files)
        for path in ["/a.txt", "/c.bin", "/text.txt", target] { _ = fixture.answer(.get, path) }
        #expect(try find(fixture, "/a.txt") != nil)
        #expect(try find(fixture, "/c.bin", "Accept-Encoding: gzip, br\r\n") != nil)
        #expect(try find(fixture, "/text.txt") != nil)
        #expect(try find(fixture, target, fields, method: method) == nil)
    }

    @Test(arguments: [["Want-Repr-Digest": "sha-256=0"], ["Range": "bytes=0-0"], ["Specman-Release": "1.0.0@"]])
    func answersThatAreUnlikeOthersTeachNothing(_ fields: [String: String]) throws {
        let fixture = try SiteFixture()
        let release = try fixture.publish("1.0.0", fill: "01", Self.files)
        let fields = fields.mapValues { $0.hasSuffix("@") ? $0 + "\(release.digest)" : $0 }
        let answer = fixture.answer(.get, "/a.txt", fields)
        #expect(answer.status.code < 300)
        #expect(answer.family == nil)
        #expect(try find(fixture, "/a.txt")?.isAskedForAgain != true)
    }

    @Test func familiesAreOfOneTypeAndNeverUsedAgain() throws {
        let fixture = try SiteFixture()
        func family(_ target: String) -> UInt64? { fixture.answer(.get, target).family }
        try fixture.publish("1.0.0", fill: "01", Self.files)
        let text = try #require(family("/a.txt"))
        #expect(family("/b.txt") == text)
        let binary = try #require(family("/c.bin"))
        #expect(binary != text)
        try fixture.publish("2.0.0", fill: "02", Self.files)
        let others = try [#require(family("/a.txt")), #require(family("/c.bin"))]
        #expect(Set(others + [text, binary]).count == 4)
    }

    @Test func aPublicationForgetsWhatWasFound() throws {
        let fixture = try SiteFixture()
        try fixture.publish("1.0.0", fill: "01", Self.files)
        _ = fixture.answer(.get, "/a.txt")
        #expect(try find(fixture, "/a.txt")?.size == 6)
        var files = Self.files
        files["a.txt"] = "hello, world\n"
        try fixture.publish("2.0.0", fill: "02", files)
        #expect(try find(fixture, "/a.txt") == nil)
        _ = fixture.answer(.get, "/a.txt")
        #expect(try find(fixture, "/a.txt")?.size == 13)
        // Asked for by name, the old one is not what the path stands for.
        _ = fixture.answer(.get, "/-/releases/1.0.0/a.txt")
        #expect(try find(fixture, "/a.txt")?.size == 13)
    }

    /// What was remembered is no reason to keep a release on the volume.
    @Test func holdsNoRelease() throws {
        let directory = try TemporaryDirectory()
        let volume = try Volume(directory: directory.path, options: .init(retain: 1, reserve: 0))
        let recent = RecentFiles()
        func publish(_ tag: String, fill: String) throws -> Release {
            let digest = try #require(SiteFixture.digest(fill))
            return try volume.publish(try volume.stage(tag: try #require(Tag(tag)), digest: digest), archives: [])
        }
        weak var first: Release?
        do {
            let release = try publish("1.0.0", fill: "01")
            first = release
            let path = try ReleasePath(Array("a".utf8))
            let record = FileRecord(
                kind: .file,
                path: path,
                size: 1,
                digest: SiteFixture.digest("03"),
                modified: SiteFixture.modified
            )
            _ = recent.remember(Array("/a".utf8), record, type: "x", hasForms: false, of: release)
            #expect(recent.find(Array("/a".utf8).span, of: release) != nil)
        }
        let second = try publish("2.0.0", fill: "02")
        #expect(first == nil)
        #expect(recent.find(Array("/a".utf8).span, of: second) == nil)
    }

    @Test func whatIsAskedForOftenStays() throws {
        let fixture = try SiteFixture()
        let release = try fixture.publish("1.0.0", fill: "01", Self.files)
        let record = try #require(try release.lookup(try ReleasePath(Array("a.txt".utf8))))
        let recent = RecentFiles(limit: 20)
        func has(_ path: String) -> Bool { recent.find(Array(path.utf8).span, of: release) != nil }
        func remember(_ path: String) {
            _ = recent.remember(Array(path.utf8), record, type: "text/plain", hasForms: false, of: release)
        }
        remember("/often")
        remember("/once")
        for number in 0..<100 {
            remember("/\(number)")
            #expect(has("/often"))
            #expect(has("/\(number)"))
        }
        #expect(!has("/once"))
        #expect((0..<100).count { has("/\($0)") } <= 20)
    }
}
