import Content
import Curl
import Foundation
import OpenSSL
import Registry
import Synchronization
import TestSupport
import Testing

/// Our client against Debian's docker-registry and other people's clients.
struct RegistryInteropTests {
    private typealias ReleaseTag = Content.Tag

    private var deadline: Deadline { Deadline(after: .seconds(60)) }
    private let repository = "spectro-packs/spectro-manifests/manifest"

    private func client(
        _ registry: DockerRegistry,
        _ name: String? = nil,
        _ change: (inout RegistryOptions) -> Void = { _ in }
    ) throws -> DistributionClient {
        var options = RegistryOptions()
        options.plainHTTP = registry.caFile == nil
        options.caFile = registry.caFile
        options.retry.attempts = 2
        options.retry.firstDelay = .zero
        if let username = registry.username, let password = registry.password {
            options.credentials = .basic(username: username, password: password)
        }
        change(&options)
        let repository = try #require(Repository(host: registry.host, name: name ?? repository))
        return try DistributionClient(repository, options: options)
    }

    private func tag(_ name: String) throws -> Content.Tag { try #require(ReleaseTag(name)) }

    @discardableResult
    private func push(_ bytes: [UInt8], as name: String, created: Int64?, to target: any PushTarget) throws -> Digest {
        let sum = try SHA256.sum(of: bytes.span.bytes)
        let digest = try #require(Digest(bytes: sum))
        let layer = ArtifactManifest.layer(digest: digest, size: Int64(bytes.count), title: "manifests.tgz")
        return try ArtifactManifest.push(
            layers: [layer],
            as: try tag(name),
            created: created.map { Timestamp(seconds: $0) },
            to: target,
            before: deadline
        ) { _, offset, limit in Array(bytes[Int(offset)...].prefix(limit)) }
    }

    private func pull(_ name: String, from source: any ReleaseSource) throws -> [UInt8] {
        let manifest = try source.manifest(.tag(tag(name)), before: deadline)
        var got: [UInt8] = []
        for layer in try manifest.releaseLayers(of: name) {
            _ = try Download.run(layer, from: source, before: deadline) { bytes, _ in
                bytes.withUnsafeBytes { got.append(contentsOf: $0) }
            }
        }
        return got
    }

    private func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 9) }
    }

    @Test func pushesAndPullsOverTLSWithAPassword() throws {
        let registry = try DockerRegistry(authority: CertificateAuthority(), password: "geheim")
        let client = try client(registry)
        let content = bytes(3_000_000)
        let digest = try push(content, as: "4.5.15", created: 100, to: client)
        #expect(try client.digest(of: tag("4.5.15"), before: deadline) == digest)
        #expect(try pull("4.5.15", from: client) == content)
        // Pushing the same again finds the blobs there.
        #expect(try push(content, as: "again", created: 100, to: client) == digest)
        #expect(Set(try client.tags(before: deadline).map(\.description)) == ["4.5.15", "again"])
    }

    @Test func resumesByRange() throws {
        let registry = try DockerRegistry()
        let client = try client(registry)
        let content = bytes(1_000_000)
        try push(content, as: "1.0.0", created: nil, to: client)
        let layer = try #require(try client.manifest(.tag(tag("1.0.0")), before: deadline).layers.first)
        var got: [UInt8] = []
        try client.blob(layer, from: 400_000, before: deadline) { bytes in
            bytes.withUnsafeBytes { got.append(contentsOf: $0) }
        }
        #expect(got == Array(content[400_000...]))
    }

    @Test func theGuidesThreeTagsAreRankedAsItsLogShows() throws {
        let registry = try DockerRegistry()
        let log = Mutex<[String]>([])
        let client = try client(registry) { $0.observe = { host, _ in log.withLock { $0.append(host) } } }
        for name in ["4.5.15", "4.5.13", "0.0.0"] { try push(bytes(1000), as: name, created: nil, to: client) }
        log.withLock { $0 = [] }
        let catalogue = TagCatalogue(source: client, policy: try TagPolicy())
        let choice = try catalogue.choose(active: nil, before: deadline)
        #expect(choice.ranked.map(\.tag.description) == ["4.5.13", "4.5.15", "0.0.0"])
        #expect(choice.chosen.tag.description == "0.0.0")
        #expect(log.withLock { $0.count } == 4)
        log.withLock { $0 = [] }
        // Nothing new: a tag list, a HEAD for the active tag, and the two others' turn.
        _ = try catalogue.choose(active: choice.chosen.tag, before: deadline)
        #expect(log.withLock { $0.count } == 4)
        // Pushed again with a date each, dates decide.
        for (name, created) in [("4.5.15", 30), ("4.5.13", 20), ("0.0.0", 10)] as [(String, Int64)] {
            try push(bytes(1001), as: name, created: created, to: client)
        }
        let after = try catalogue.choose(active: choice.chosen.tag, before: deadline)
        #expect(after.chosen.tag.description == "4.5.15")
        #expect(after.undated.isEmpty)
    }

    @Test func skopeoCopiesWhatWePushAndWePullWhatItCopies() throws {
        let registry = try DockerRegistry(password: "geheim")
        let scratch = try TemporaryDirectory()
        let content = bytes(200_000)
        let directory = scratch.appending("layout")
        let digest = try push(content, as: "1.2.3", created: 7, to: LayoutDirectory(directory))
        // skopeo reads our layout, and docker-registry takes it from there.
        try Command.run(
            "skopeo",
            [
                "copy", "--insecure-policy", "--dest-tls-verify=false", "--dest-creds", "reader:geheim",
                "oci:\(directory):1.2.3", "docker://\(registry.host)/\(repository):1.2.3",
            ]
        )
        let client = try client(registry)
        #expect(try client.digest(of: tag("1.2.3"), before: deadline) == digest)
        #expect(try pull("1.2.3", from: client) == content)
        // And back into a layout that skopeo makes and we read.
        let copy = scratch.appending("copy")
        try Command.run(
            "skopeo",
            [
                "copy", "--insecure-policy", "--src-tls-verify=false", "--src-creds", "reader:geheim",
                "docker://\(registry.host)/\(repository):1.2.3", "oci:\(copy):1.2.3",
            ]
        )
        #expect(try pull("1.2.3", from: LayoutDirectory(copy)) == content)
    }

    @Test func curlFetchesWhatWePush() throws {
        let registry = try DockerRegistry(authority: CertificateAuthority())
        let client = try client(registry)
        let content = bytes(100_000)
        try push(content, as: "1.0.0", created: nil, to: client)
        let layer = try #require(try client.manifest(.tag(tag("1.0.0")), before: deadline).layers.first)
        let output = try Command.run(
            "curl",
            [
                "-sSf", "--cacert", try #require(registry.caFile),
                "https://\(registry.host)/v2/\(repository)/blobs/\(layer.digest)",
            ]
        )
        #expect(output.out == content)
    }

    @Test func tlsProblemsNameTheRemedy() throws {
        let authority = try CertificateAuthority()
        func sentence(_ registry: DockerRegistry, _ change: (inout RegistryOptions) -> Void) throws -> String {
            let error = #expect(throws: RegistryError.self) {
                try client(registry, nil, change).tags(before: deadline)
            }
            return error?.description ?? ""
        }
        let registry = try DockerRegistry(authority: authority)
        #expect(try sentence(registry) { $0.caFile = nil }.contains("source.tls.caFile"))
        #expect(try sentence(registry) { $0.caFile = "/nonexistent" }.contains("/nonexistent"))
        #expect(try sentence(registry) { $0.plainHTTP = true }.contains("answers 400"))
        let insecure = try client(registry, nil) {
            $0.caFile = nil
            $0.insecureSkipVerify = true
        }
        // Trusted now, and only the repository is missing.
        #expect(throws: RegistryError.noSuchRepository(location: "\(registry.host)/\(repository)")) {
            try insecure.tags(before: deadline)
        }
        let nameless = try DockerRegistry(authority: authority, names: ["DNS:registry.example"])
        #expect(try sentence(nameless) { _ in }.contains("no IP SAN"))
        let plain = try DockerRegistry()
        #expect(try sentence(plain) { $0.plainHTTP = false }.contains("source.plainHTTP"))
    }

    @Test func anExpiredCertificate() throws {
        let authority = try CertificateAuthority()
        let registry = try DockerRegistry(authority: authority, names: ["IP:127.0.0.1"], expired: true)
        let error = #expect(throws: RegistryError.self) { try client(registry).tags(before: deadline) }
        guard case .transfer(.tls(_, .expired), _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func passwordsAndRepositories() throws {
        let registry = try DockerRegistry(password: "geheim")
        let host = registry.host
        #expect(throws: RegistryError.authenticationRequired(host: host)) {
            try client(registry) { $0.credentials = .anonymous }.tags(before: deadline)
        }
        #expect(throws: RegistryError.wrongCredentials(host: host, username: "reader")) {
            try client(registry) { $0.credentials = .basic(username: "reader", password: "no") }.tags(before: deadline)
        }
        #expect(throws: RegistryError.noSuchRepository(location: "\(host)/no/where")) {
            try client(registry, "no/where").tags(before: deadline)
        }
        // Asked for a tag, docker-registry doesn't say that there isn't even a repository.
        #expect(throws: RegistryError.noSuchTag(try tag("1.0.0"), location: "\(host)/no/where")) {
            try client(registry, "no/where").manifest(.tag(tag("1.0.0")), before: deadline)
        }
        let reader = try client(registry)
        try push(bytes(10), as: "1.0.0", created: nil, to: reader)
        #expect(throws: RegistryError.noSuchTag(try tag("2.0.0"), location: "\(host)/\(repository)")) {
            try reader.digest(of: tag("2.0.0"), before: deadline)
        }
    }
}
