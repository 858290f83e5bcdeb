import Content
import TestSupport
import Testing

@testable import Registry

/// Uploads to registries that answer in unusual ways.
struct PushTests {
    private let content = Fixture.bytes(50_000)

    private func push(to server: ScriptedServer) throws {
        let client = try Fixture.client(server) { $0.credentials = .basic(username: "u", password: "p") }
        try client.upload(Fixture.descriptor(content), before: Fixture.deadline) { offset, limit in
            Array(content[Int(offset)...].prefix(limit))
        }
    }

    @Test func aRelativeSessionWithAQuery() throws {
        let server = try ScriptedServer([
            .http(404), .http(202, ["Location: /v2/a/b/blobs/uploads/1?_state=x%3D"]), .http(201),
        ])
        try push(to: server)
        let digest = try Fixture.descriptor(content).digest
        #expect(
            server.requests.map(\.line) == [
                "HEAD /v2/a/b/blobs/\(digest) HTTP/1.1",
                "POST /v2/a/b/blobs/uploads/ HTTP/1.1",
                "PUT /v2/a/b/blobs/uploads/1?_state=x%3D&digest=\(digest) HTTP/1.1",
            ]
        )
        #expect(server.requests.last?.body == content)
        #expect(server.requests.allSatisfy { $0["Authorization"] == "Basic dTpw" })
    }

    @Test func aBlobThatIsThereIsNotSent() throws {
        let server = try ScriptedServer([.http(200, ["Content-Length: 50000"])])
        try push(to: server)
        #expect(server.requests.count == 1)
    }

    @Test func aSessionOfAnotherHostGetsNoCredentials() throws {
        let storage = try ScriptedServer([.http(201)])
        let registry = try ScriptedServer([.http(404), .http(202, ["Location: http://\(storage.host)/u/1"])])
        try push(to: registry)
        #expect(storage.requests.map { $0["Authorization"] } == [nil])
        #expect(storage.requests.first?.body == content)
    }

    @Test func anUploadThatBreaksBeginsAgain() throws {
        let session = ScriptedServer.Answer.http(202, ["Location: /u/1"])
        let server = try ScriptedServer([.http(404), session, .http(503), session, .reset, session, .http(201)])
        try push(to: server)
        #expect(server.requests.last?.body == content)
        // Three attempts are all that these options allow.
        let broken = try ScriptedServer([.http(404), session, .http(503), session, .http(503), session, .http(503)])
        #expect(throws: RegistryError.self) { try push(to: broken) }
        #expect(broken.requests.count == 7)
    }

    @Test(arguments: [
        ScriptedServer.Answer.http(202), .http(202, ["Location: ftp://x/"]), .http(200), .http(403), .http(405),
    ])
    func noSessionIsAnError(answer: ScriptedServer.Answer) throws {
        let server = try ScriptedServer([.http(404), answer])
        #expect(throws: RegistryError.self) { try push(to: server) }
        #expect(server.requests.count == 2)
    }

    @Test func theManifestThatWasStoredMustBeOurs() throws {
        let other = "sha256:" + String(repeating: "0", count: 64)
        let server = try ScriptedServer([.http(201, ["Docker-Content-Digest: \(other)"]), .http(400, text: "no")])
        let client = try Fixture.client(server)
        for _ in 0..<2 {
            #expect(throws: RegistryError.self) {
                try client.putManifest(
                    Array("{}".utf8),
                    mediaType: MediaType.imageManifest,
                    tag: Fixture.tag("1"),
                    before: Fixture.deadline
                )
            }
        }
        #expect(server.requests.map { $0["Content-Type"] } == [MediaType.imageManifest, MediaType.imageManifest])
    }
}
