import Content
import TestSupport
import Testing

@testable import Registry

/// Manifests over the wire: verified against everything that is known of them.
struct ManifestRequestTests {
    private static let text = #"{"schemaVersion":2,"layers":[]}"#
    private let other = "sha256:" + String(repeating: "0", count: 64)

    private func manifest(_ answers: [ScriptedServer.Answer], _ which: ManifestSelector? = nil) throws -> Manifest {
        let server = try ScriptedServer(answers)
        return try withExtendedLifetime(server) {
            try Fixture.client(server).manifest(which ?? .tag(Fixture.tag("1")), before: Fixture.deadline)
        }
    }

    private func error(_ answers: [ScriptedServer.Answer], _ which: ManifestSelector? = nil) -> RegistryError? {
        #expect(throws: RegistryError.self) { _ = try manifest(answers, which) }
    }

    @Test func theDigestIsOfTheBody() throws {
        let digest = try Digest.sum(of: Array(Self.text.utf8))
        #expect(try manifest([.http(200, text: Self.text)]).digest == digest)
        let stated = "Docker-Content-Digest: \(digest)"
        #expect(try manifest([.http(200, [stated], text: Self.text)], .digest(digest)).digest == digest)
    }

    @Test func otherDigestsAreRefused() throws {
        let wanted = try #require(Digest(other))
        guard case .digestMismatch = error([.http(200, ["Docker-Content-Digest: \(other)"], text: Self.text)]),
            case .digestMismatch = error([.http(200, text: Self.text)], .digest(wanted)),
            case .malformed = error([.http(200, ["Docker-Content-Digest: sha512:00"], text: Self.text)])
        else {
            Issue.record("taken")
            return
        }
    }

    @Test func moreThanFourMebibytesAreRefused() throws {
        let padding = String(repeating: " ", count: Manifest.limit - Self.text.utf8.count)
        #expect(try manifest([.http(200, text: Self.text + padding)]).layers.isEmpty)
        guard case .tooLarge = error([.http(200, text: Self.text + padding + " ")]) else {
            Issue.record("taken")
            return
        }
    }

    @Test func missingOnesAreNamed() throws {
        guard case .noSuchTag = error([.http(404)]),
            case .noSuchRepository = error([.http(404, text: #"{"errors":[{"code":"NAME_UNKNOWN"}]}"#)]),
            case .noSuchManifest = error([.http(404)], .digest(try #require(Digest(other))))
        else {
            Issue.record("other errors")
            return
        }
    }

    @Test func anIndexOfOne() throws {
        let inner = try Digest.sum(of: Array(Self.text.utf8))
        func index(size: Int) -> String {
            #"{"manifests":[{"digest":"\#(inner)","size":\#(size),"mediaType":"\#(MediaType.imageManifest)"}],"#
                + #""annotations":{"org.opencontainers.image.created":"1970-01-01T00:00:09Z"}}"#
        }
        let outer = index(size: Self.text.utf8.count)
        let manifest = try manifest([.http(200, text: outer), .http(200, text: Self.text)])
        #expect(try manifest.digest == Digest.sum(of: Array(outer.utf8)))
        #expect(manifest.created == Timestamp(seconds: 9))
        guard case .sizeMismatch = error([.http(200, text: index(size: 1)), .http(200, text: Self.text)]),
            case .tooLarge = error([.http(200, text: index(size: 1 << 40))]),
            case .digestMismatch = error([.http(200, text: outer), .http(200, text: Self.text + " ")])
        else {
            Issue.record("taken")
            return
        }
    }

    @Test func aDigestTakesAHeadOrWhereItMustAGet() throws {
        func digest(_ answers: [ScriptedServer.Answer]) throws -> (Digest, [String]) {
            let server = try ScriptedServer(answers)
            let digest = try Fixture.client(server).digest(of: Fixture.tag("1"), before: Fixture.deadline)
            return (digest, server.requests.map { String($0.line.prefix(4)) })
        }
        let (one, first) = try digest([.http(200, ["Docker-Content-Digest: \(other)"])])
        #expect(one.description == other)
        #expect(first == ["HEAD"])
        for answer in [ScriptedServer.Answer.http(200), .http(405), .http(200, ["Docker-Content-Digest: md5:0"])] {
            let (two, second) = try digest([answer, .http(200, text: Self.text)])
            #expect(try two == Digest.sum(of: Array(Self.text.utf8)))
            #expect(second == ["HEAD", "GET "])
        }
    }
}
