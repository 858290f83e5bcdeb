import Content
import Foundation
import TestSupport
import Testing

@testable import Registry

/// The referrers API and what a search for signatures costs, on registries that count what they are asked.
struct ReferrersTests {
    private static let digest = Digest(hex: String(repeating: "a", count: 64))

    private func digest() throws -> Digest { try #require(Self.digest) }

    private func listed(_ server: ScriptedServer) throws -> [Referrer] {
        try Fixture.client(server).referrers(of: try digest(), before: Fixture.deadline)
    }

    private static func entry(_ character: Character, _ type: String) -> String {
        #"{"digest":"sha256:\#(String(repeating: character, count: 64))","size":1,"artifactType":"\#(type)"}"#
    }

    @Test func theAPIIsReadPageByPage() throws {
        let server = try ScriptedServer([
            .http(
                200,
                ["Link: </v2/a/b/referrers/next>; rel=\"next\""],
                text: #"{"manifests":[\#(Self.entry("1", "x"))]}"#
            ),
            .http(
                200,
                ["Link: <http://elsewhere.example/v2/>; rel=\"next\""],
                text: #"{"manifests":[\#(Self.entry("2", ""))]}"#
            ),
        ])
        #expect(try listed(server).map(\.artifactType) == ["x", nil])
        #expect(server.requests.map(\.target) == ["/v2/a/b/referrers/\(try digest())", "/v2/a/b/referrers/next"])
    }

    @Test func pagesWithoutEndEnd() throws {
        let server = try ScriptedServer { request in
            .http(200, ["Link: <\(request.target)x>; rel=\"next\""], text: #"{"manifests":[]}"#)
        }
        #expect(try listed(server).isEmpty)
        #expect(server.requests.count == ReferrersDocument.mostPages)
        let circle = try ScriptedServer { request in
            .http(200, ["Link: <\(request.target)>; rel=\"next\""], text: #"{"manifests":null}"#)
        }
        #expect(try listed(circle).isEmpty)
        #expect(circle.requests.count == 1)
    }

    @Test(arguments: [400, 404, 405, 501]) func withoutTheAPITheTagIsRead(status: Int) throws {
        let server = try ScriptedServer([
            .http(status), .http(200, text: #"{"manifests":[\#(Self.entry("1", "x"))]}"#),
        ])
        #expect(try listed(server).count == 1)
        #expect(server.requests.last?.target == "/v2/a/b/manifests/sha256-\(String(repeating: "a", count: 64))")
        #expect(try listed(try ScriptedServer([.http(status), .http(404)])).isEmpty)
    }

    @Test func whatIsNoAnswerIsNoEmptyOne() throws {
        for answers in [
            [ScriptedServer.Answer.http(403)], [.http(200, text: "<html>")], [.http(404), .http(403)],
            [.http(200, text: #"{"manifests":[{"digest":7}]}"#)],
        ] {
            let server = try ScriptedServer(answers)
            #expect(throws: RegistryError.self) { try listed(server) }
        }
    }

    /// A registry that is away, or forbids it, must not make a release look unsigned, and known bad signatures aren't
    /// downloaded again at each poll.
    @Test func theSearchAsksForNoPayloadTwice() throws {
        let digest = try digest()
        let layer = try CosignFormat.Layer("\(digest)", signer: try OpenSSLSigner())
        let manifest = try CosignFormat.manifest([layer])
        let server = try ScriptedServer { request in
            if request.target.hasSuffix(".sig") { return .http(200, body: manifest) }
            if request.target.contains("/blobs/") { return .http(200, body: layer.payload) }
            return .http(404)
        }
        let verifier = SignatureVerifier(TrustedKeys([try OpenSSLSigner(.ed25519).publicText]))
        let client = try Fixture.client(server)
        for _ in 0..<3 {
            let error = #expect(throws: RegistryError.self) {
                try verifier.verify(digest, as: "r", from: client, before: Fixture.deadline)
            }
            #expect("\(try #require(error))".contains("made with another key"))
        }
        #expect(server.requests.count { $0.target.contains("/blobs/") } == 1)
        let away = try ScriptedServer { $0.target.hasSuffix(".sig") ? .http(404) : .http(503) }
        let error = #expect(throws: RegistryError.self) {
            try verifier.verify(digest, as: "r", from: try Fixture.client(away), before: Fixture.deadline)
        }
        #expect(error?.isTransient == true)
    }
}
