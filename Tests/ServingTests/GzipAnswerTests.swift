import Content
import Foundation
import HTTP
import Serving
import Store
import TestSupport
import Testing

/// gzip for text: its own ETag, its own digest, and everything else as for the content as it is.
@Suite struct GzipAnswerTests {
    private static let text = String(repeating: "version: 4.5.15\nfilepath: /roar/nickfury/version.yaml\n", count: 200)

    private func fixture() throws -> SiteFixture {
        let fixture = try SiteFixture()
        try fixture.publish(
            "1.0.0",
            fill: "ab",
            ["v.yaml": Self.text, "small.yaml": "a: 1\n", "image.png": Self.text]
        )
        return fixture
    }

    private func gunzip(_ bytes: [UInt8]) throws -> String {
        try Command.run("gzip", ["-dc"], input: bytes).text
    }

    @Test func isGivenToThoseWhoTakeIt() throws {
        let fixture = try fixture()
        let plain = fixture.answer(.get, "/v.yaml")
        let answer = fixture.answer(.get, "/v.yaml", ["Accept-Encoding": "gzip, deflate, br"])
        #expect(answer.status == .ok)
        #expect(answer.fields["Content-Encoding"] == "gzip")
        #expect(answer.fields["Content-Type"] == "application/yaml")
        let tag = try #require(plain.fields["ETag"]).dropLast()
        #expect(answer.fields["ETag"] == tag + "-gzip\"")
        for one in [plain, answer] {
            #expect(one.fields["Vary"] == "Accept-Encoding, Specman-Release")
            #expect(one.isRepeatable)
        }
        guard case .bytes(let bytes) = answer.body else {
            Issue.record("no bytes")
            return
        }
        #expect(bytes.count < Self.text.utf8.count / 10)
        #expect(try gunzip(bytes) == Self.text)
        // RFC 9530: the digest is of what is sent, coding included.
        let sum = try Command.run("sh", ["-c", "openssl dgst -sha256 -binary | base64"], input: bytes).text
        #expect(answer.fields["Repr-Digest"] == "sha-256=:\(sum.dropLast()):")
        // Made once: the second answer is the same to the byte.
        #expect(fixture.answer(.head, "/v.yaml", ["Accept-Encoding": "gzip"]).contentLength == Int64(bytes.count))
    }

    @Test(arguments: ["/small.yaml", "/image.png"])
    func isNotGivenWhereItIsNotWorthIt(_ path: String) throws {
        let answer = try fixture().answer(.get, path, ["Accept-Encoding": "gzip"])
        #expect(answer.fields["Content-Encoding"] == nil)
        #expect(answer.fields["ETag"]?.contains("gzip") == false)
    }

    @Test func hasToBeGivenWhereNothingElseIsTaken() throws {
        let answer = try fixture().answer(.get, "/small.yaml", ["Accept-Encoding": "gzip, identity;q=0"])
        #expect(answer.fields["Content-Encoding"] == "gzip")
        #expect(answer.fields["Vary"]?.contains("Accept-Encoding") == true)
        guard case .bytes(let bytes) = answer.body else {
            Issue.record("no bytes")
            return
        }
        #expect(try gunzip(bytes) == "a: 1\n")
    }

    @Test func conditionsAreAboutTheFormThatIsChosen() throws {
        let fixture = try fixture()
        let plain = try #require(fixture.answer(.get, "/v.yaml").fields["ETag"])
        let gzip = try #require(fixture.answer(.get, "/v.yaml", ["Accept-Encoding": "gzip"]).fields["ETag"])
        func status(_ tag: String, _ coding: String) -> Int {
            fixture.answer(.get, "/v.yaml", ["Accept-Encoding": coding, "If-None-Match": tag]).status.code
        }
        #expect(status(gzip, "gzip") == 304)
        #expect(status(plain, "gzip") == 200)
        #expect(status(plain, "identity") == 304)
        #expect(status(gzip, "identity") == 200)
        let unchanged = fixture.answer(.get, "/v.yaml", ["Accept-Encoding": "gzip", "If-None-Match": gzip])
        #expect(unchanged.fields["ETag"] == gzip)
        #expect(unchanged.fields["Vary"] == "Accept-Encoding, Specman-Release")
    }

    @Test func rangesAreOfTheContentAsItIs() throws {
        let answer = try fixture().answer(.get, "/v.yaml", ["Accept-Encoding": "gzip", "Range": "bytes=0-6"])
        #expect(answer.status == .partialContent)
        #expect(answer.fields["Content-Encoding"] == nil)
        #expect(try answer.content() == Array("version".utf8))
    }

    @Test func canBeSwitchedOff() throws {
        let directory = try TemporaryDirectory()
        let volume = try Volume(directory: directory.path, options: .init(reserve: 0))
        let site = Site(
            volume: volume,
            options: SiteOptions(compression: false, clock: { Timestamp(seconds: 4_102_444_800) }),
            status: { StatusDocument() },
            actions: SiteActions(on: volume, sync: { SyncReport(result: .unchanged, release: nil) })
        )
        let staging = try volume.stage(
            tag: try #require(Tag("1.0.0")),
            digest: try #require(Digest(bytes: [UInt8](repeating: 1, count: 32)))
        )
        let bytes = Array(Self.text.utf8)
        try staging.beginFile(
            try ReleasePath(Array("v.yaml".utf8)),
            size: Int64(bytes.count),
            modified: .init(seconds: 1)
        )
        try staging.write(bytes.span.bytes)
        try staging.endFile()
        _ = try volume.publish(staging, archives: [])
        let fields = Fields([.init(name: "Accept-Encoding", value: "gzip")])
        let answer = site.answer(to: Request(method: .get, path: Array("/v.yaml".utf8), fields: fields))
        #expect(answer.status == .ok)
        #expect(answer.fields["Content-Encoding"] == nil)
        #expect(answer.fields["Vary"] == "Specman-Release")
    }
}
