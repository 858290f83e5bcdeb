import Content
import TestSupport
import Testing

@testable import Registry

/// Swift Testing has tags of its own.
typealias ReleaseTag = Content.Tag

/// What several tests of the registry need.
enum Fixture {
    /// Long enough that a test that meets it hangs for all to see, short enough that it ends.
    static var deadline: Deadline { Deadline(after: .seconds(60)) }

    /// Speaks plain HTTP, and doesn't wait between attempts.
    static var options: RegistryOptions {
        var options = RegistryOptions()
        options.plainHTTP = true
        options.retry.attempts = 3
        options.retry.firstDelay = .zero
        return options
    }

    static func client(
        _ server: ScriptedServer,
        _ change: (inout RegistryOptions) -> Void = { _ in }
    ) throws -> DistributionClient {
        var options = options
        change(&options)
        return try DistributionClient(try #require(Repository(host: server.host, name: "a/b")), options: options)
    }

    static func descriptor(_ bytes: [UInt8]) throws -> Descriptor {
        Descriptor(mediaType: MediaType.layer, digest: try Digest.sum(of: bytes), size: Int64(bytes.count))
    }

    static func tag(_ name: String) throws -> ReleaseTag { try #require(ReleaseTag(name)) }

    /// Bytes of which no two neighbourhoods are alike.
    static func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 7) }
    }

    /// Pushes a release with one small layer.
    @discardableResult
    static func push(_ name: String, _ content: String, created: Int64?, to target: any PushTarget) throws -> Digest {
        let bytes = Array(content.utf8)
        let layer = ArtifactManifest.layer(
            digest: try Digest.sum(of: bytes),
            size: Int64(bytes.count),
            title: "manifests.tgz"
        )
        return try ArtifactManifest.push(
            layers: [layer],
            as: try tag(name),
            created: created.map { Timestamp(seconds: $0) },
            to: target,
            before: deadline
        ) { _, offset, limit in Array(bytes.dropFirst(Int(offset)).prefix(limit)) }
    }
}
