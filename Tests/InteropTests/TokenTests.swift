import Content
import Foundation
import OpenSSL
import Registry
import TestSupport
import Testing

/// Bearer tokens against Debian's docker-registry, with a token server of the test's own.
struct TokenTests {
    private typealias ReleaseTag = Content.Tag

    private var deadline: Deadline { Deadline(after: .seconds(60)) }
    private let repository = "spectro-packs/spectro-manifests/manifest"

    private func client(_ registry: DockerRegistry, _ credentials: Credentials) throws -> DistributionClient {
        var options = RegistryOptions()
        options.plainHTTP = true
        options.retry.firstDelay = .zero
        options.credentials = credentials
        let repository = try #require(Repository(host: registry.host, name: repository))
        return try DistributionClient(repository, options: options)
    }

    private let robot = Credentials.basic(username: "robot", password: "geheim")

    private func tag(_ name: String) throws -> Content.Tag { try #require(ReleaseTag(name)) }

    private func push(_ content: String, as name: String, to target: any PushTarget) throws {
        let bytes = Array(content.utf8)
        let sum = try SHA256.sum(of: bytes.span.bytes)
        let digest = try #require(Digest(bytes: sum))
        let layer = ArtifactManifest.layer(digest: digest, size: Int64(bytes.count), title: "manifest.yaml")
        _ = try ArtifactManifest.push(layers: [layer], as: tag(name), created: nil, to: target, before: deadline) {
            _,
            offset,
            limit in
            Array(bytes.dropFirst(Int(offset)).prefix(limit))
        }
    }

    /// The scopes that the token server was asked for, in order.
    private func scopes(_ tokens: TokenServer) -> [String] {
        tokens.requests.compactMap { request in
            URLComponents(string: "http://x\(request.target)")?.queryItems?.first { $0.name == "scope" }?.value
        }
    }

    @Test func oneTokenForPushingAndOneForPulling() throws {
        let tokens = try TokenServer()
        let registry = try DockerRegistry(tokens: tokens)
        let client = try client(registry, robot)
        try push("one", as: "1.0.0", to: client)
        let layer = try #require(try client.manifest(.tag(tag("1.0.0")), before: deadline).layers.first)
        var got: [UInt8] = []
        try client.blob(layer, from: 0, before: deadline) { bytes in
            bytes.withUnsafeBytes { got.append(contentsOf: $0) }
        }
        #expect(String(decoding: got, as: UTF8.self) == "one")
        #expect(try client.tags(before: deadline).map(\.description) == ["1.0.0"])
        #expect(
            scopes(tokens) == ["repository:\(repository):pull,push", "repository:\(repository):pull"]
        )
        let items = URLComponents(string: "http://x\(tokens.requests[0].target)")?.queryItems ?? []
        #expect(items.first { $0.name == "service" }?.value == tokens.service)
    }

    /// Whether the token's end is announced, or comes as a surprise that only the registry's 401 shows.
    @Test(arguments: [2, 300]) func tokensOfTwoSecondsAreRenewedWhilePolling(announced: Int) throws {
        var policy = TokenServer.Policy()
        policy.announced = announced
        policy.lifetime = 2
        let tokens = try TokenServer(policy)
        let registry = try DockerRegistry(tokens: tokens)
        let client = try client(registry, robot)
        try push("one", as: "1.0.0", to: client)
        let before = tokens.requests.count
        let patience = ContinuousClock.now + .seconds(30)
        // The first for pulling, and three after it: three lifetimes are over.
        while tokens.requests.count < before + 4, ContinuousClock.now < patience {
            _ = try client.digest(of: tag("1.0.0"), before: deadline)
            // Nothing to wait for but time itself.
            Thread.sleep(forTimeInterval: 0.05)
        }
        #expect(tokens.requests.count == before + 4)
    }

    /// A daemon outlives the tokens that it polls with: a few seconds each, or a minute where there is time.
    @Test func aDaemonPollsOverThreeLifetimes() throws {
        let lifetime = LongTests.areWanted ? 60 : 4
        var policy = TokenServer.Policy()
        policy.announced = lifetime
        policy.lifetime = lifetime
        let tokens = try TokenServer(policy)
        let registry = try DockerRegistry(tokens: tokens)
        try push("one", as: "1.0.0", to: try client(registry, robot))
        let before = tokens.requests.count
        let directory = try TemporaryDirectory()
        let site = try RunningSite(
            source: [
                "repository: \(registry.host)/\(repository)", "plainHTTP: true", "interval: 200ms", "username: robot",
                "password: geheim",
            ],
            in: directory
        )
        try site.daemon.wait(forLine: "msg=\"Serving 1.0.0\"")
        // Nothing to wait for but time itself.
        let end = ContinuousClock.now + .seconds(3 * lifetime)
        while ContinuousClock.now < end { Thread.sleep(forTimeInterval: 0.1) }
        try push("two", as: "2.0.0", to: try client(registry, robot))
        try site.daemon.wait(forLine: "msg=\"Serving 2.0.0\"")
        #expect(try site.get("/manifest.yaml").text == "two")
        // Its first one, and one for each lifetime since at the least; a quarter before its end each is renewed.
        let fetched = tokens.requests.count - before - 1
        #expect(fetched >= 4)
        #expect(fetched <= 8)
        #expect(site.daemon.log.allSatisfy { !$0.contains("level=error") })
        #expect(site.daemon.stop() == 0)
    }

    @Test func thePostFormWhereGetIsRefused() throws {
        var policy = TokenServer.Policy()
        policy.refusesGet = true
        let tokens = try TokenServer(policy)
        let registry = try DockerRegistry(tokens: tokens)
        try push("one", as: "1.0.0", to: try client(registry, robot))
        #expect(tokens.requests.map { String($0.line.prefix(5)) } == ["GET /", "POST "])
        #expect(tokens.requests[1]["Authorization"] == nil)
    }

    @Test func anIdentityTokenOfDockersConfiguration() throws {
        var policy = TokenServer.Policy()
        policy.refreshToken = "refresh/+= &me"
        let tokens = try TokenServer(policy)
        let registry = try DockerRegistry(tokens: tokens)
        let directory = try TemporaryDirectory()
        let file = directory.appending("config.json")
        try #"{"auths":{"\#(registry.host)":{"auth":"PHRva2VuPjo=","identitytoken":"refresh/+= &me"}}}"#
            .write(toFile: file, atomically: true, encoding: .utf8)
        let docker = DockerConfigurationFile(file, isRequired: true)
        try push("one", as: "1.0.0", to: try client(registry, .docker(docker)))
        #expect(tokens.requests.map { String($0.line.prefix(5)) } == ["POST "])
    }

    @Test func whatIsRefusedNamesTheHop() throws {
        let tokens = try TokenServer()
        let registry = try DockerRegistry(tokens: tokens)
        let host = registry.host
        #expect(throws: RegistryError.authenticationRequired(host: host)) {
            try client(registry, .anonymous).tags(before: deadline)
        }
        let error = #expect(throws: RegistryError.self) {
            try client(registry, .basic(username: "robot", password: "no")).tags(before: deadline)
        }
        guard case .tokenRefused(tokens.host, host, "robot"?, 401, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        // A token that is over when it comes is asked for once, not for ever.
        tokens.change { $0.lifetime = -10 }
        let before = tokens.requests.count
        #expect(throws: RegistryError.tokenNotAccepted(host: host, server: tokens.host)) {
            try client(registry, robot).tags(before: deadline)
        }
        #expect(tokens.requests.count == before + 1)
    }

    /// Whoever reads along on the way to the realm would have the password.
    @Test func aRealmInTheClearIsNotAskedForARegistryOverTLS() throws {
        let tokens = try TokenServer()
        let registry = try DockerRegistry(authority: CertificateAuthority(), tokens: tokens)
        var options = RegistryOptions()
        options.caFile = registry.caFile
        options.credentials = robot
        let client = try DistributionClient(
            try #require(Repository(host: registry.host, name: repository)),
            options: options
        )
        let error = #expect(throws: RegistryError.self) { try client.tags(before: deadline) }
        guard case .untrustedRealm(registry.host, tokens.realm, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(tokens.requests.isEmpty)
    }
}
