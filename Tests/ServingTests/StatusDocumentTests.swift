import Content
import Serving
import Testing

struct StatusDocumentTests {
    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private static func release(active: Bool) throws -> ReleaseSummary {
        ReleaseSummary(
            tag: try #require(Tag("4.5.13")),
            digest: try #require(Digest(hex: String(repeating: "ab", count: 32))),
            files: 3,
            bytes: 4096,
            publishedAt: Timestamp(seconds: 1_733_488_994, nanoseconds: 7),
            active: active
        )
    }

    private static let releaseJSON =
        #"{"tag":"4.5.13","digest":"sha256:abababababababababababababababababababababababababababababababab","#
        + #""files":3,"bytes":4096,"publishedAt":"2024-12-06T12:43:14Z","active":true}"#

    @Test func saysThatThereIsNothingYet() {
        #expect(
            Self.text(StatusDocument().json)
                == #"{"release":null,"held":null,"sync":{"lastAttempt":null,"lastSuccess":null,"next":null,"#
                + #""lastError":null,"newest":null,"attempts":0,"failures":0},"#
                + #""verification":{"last":null,"next":null,"damaged":0,"restored":0},"findings":[],"retained":0,"#
                + #""certificate":null}"#
                + "\n"
        )
    }

    @Test func saysEverything() throws {
        var status = StatusDocument(release: try Self.release(active: true), findings: ["a", "b"], retained: 3)
        status.held = .init(by: "operator", reason: nil, since: Timestamp(seconds: 0))
        status.sync = .init(
            lastAttempt: Timestamp(seconds: 3),
            lastSuccess: Timestamp(seconds: 2),
            next: Timestamp(seconds: 60),
            lastError: "no route to \"host\"",
            newest: "4.5.15",
            attempts: 5,
            failures: 1
        )
        status.verification = .init(
            last: Timestamp(seconds: 1),
            next: Timestamp(seconds: 61),
            damaged: 1,
            restored: 2
        )
        #expect(
            Self.text(status.json)
                == #"{"release":\#(Self.releaseJSON),"held":{"by":"operator","reason":null,"#
                + #""since":"1970-01-01T00:00:00Z"},"sync":{"lastAttempt":"1970-01-01T00:00:03Z","#
                + #""lastSuccess":"1970-01-01T00:00:02Z","next":"1970-01-01T00:01:00Z","#
                + #""lastError":"no route to \"host\"","newest":"4.5.15","attempts":5,"failures":1},"#
                + #""verification":{"last":"1970-01-01T00:00:01Z","next":"1970-01-01T00:01:01Z","damaged":1,"#
                + #""restored":2},"findings":["a","b"],"retained":3,"certificate":null}"# + "\n"
        )
    }

    @Test func listsReleases() throws {
        #expect(Self.text(ReleaseSummary.document([])) == "[]\n")
        #expect(
            Self.text(ReleaseSummary.document([try Self.release(active: true)])) == "[" + Self.releaseJSON + "]\n"
        )
    }

    @Test func reportsASync() throws {
        let failed = SyncReport(result: .failed, release: nil, error: "registry away")
        #expect(
            Self.text(failed.json) == #"{"result":"failed","release":null,"error":"registry away","note":null}"# + "\n"
        )
        let published = SyncReport(result: .published, release: try Self.release(active: true), note: "held")
        #expect(
            Self.text(published.json)
                == #"{"result":"published","release":\#(Self.releaseJSON),"error":null,"note":"held"}"# + "\n"
        )
    }
}
