import Content
import Foundation
import OpenSSL
import Registry
import TestSupport
import Testing

/// A repository of 5,000 tags in Debian's docker-registry, polled by the daemon through a relay that counts.
@Suite struct ManyTagsTests {
    private let count = 5000

    /// How many different manifests they point at.
    private let manifests = 50

    /// Writes the tags as docker-registry keeps them, most of them as links to a few: pushing them would take a minute.
    private func fill(_ registry: DockerRegistry) throws {
        let root = registry.storage + "/docker/registry/v2"
        let repository = root + "/repositories/manifests"
        func write(_ bytes: [UInt8], _ path: String) throws {
            let url = URL(fileURLWithPath: path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(bytes).write(to: url)
        }
        func put(_ bytes: [UInt8]) throws -> Digest {
            let digest = try #require(Digest(bytes: try SHA256.sum(of: bytes.span.bytes)))
            try write(bytes, root + "/blobs/sha256/\(digest.hex.prefix(2))/\(digest.hex)/data")
            return digest
        }
        let content = Array("one file\n".utf8)
        let layer = ArtifactManifest.layer(digest: try put(content), size: Int64(content.count), title: "a.yaml")
        let config = try put(ArtifactManifest.emptyConfig)
        for digest in [layer.digest, config] {
            try write(Array("\(digest)".utf8), repository + "/_layers/sha256/\(digest.hex)/link")
        }
        for number in count - manifests..<count {
            let created = Timestamp(seconds: 1_700_000_000 + Int64(number))
            let digest = try put(try ArtifactManifest.bytes(layers: [layer], created: created))
            let link = Array("\(digest)".utf8)
            try write(link, repository + "/_manifests/revisions/sha256/\(digest.hex)/link")
            try write(link, repository + "/_manifests/tags/1.0.\(number)/current/link")
        }
        for number in 0..<count - manifests {
            try FileManager.default.createSymbolicLink(
                atPath: repository + "/_manifests/tags/1.0.\(number)",
                withDestinationPath: "1.0.\(count - 2 - number % (manifests - 1))"
            )
        }
    }

    @Test func theFirstPollReadsEachOnceAndLaterOnesAFew() throws {
        let directory = try TemporaryDirectory()
        let registry = try DockerRegistry()
        try fill(registry)
        let relay = try Relay(to: registry.host)
        let site = try RunningSite(
            source: ["repository: \(relay.host)/manifests", "plainHTTP: true", "interval: 2s"],
            in: directory
        )
        try site.daemon.wait(forLine: "msg=\"Serving 1.0.\(count - 1)\"", patience: 240)
        let first = relay.counts
        #expect(first.requests >= count)
        #expect(first.requests <= count + 20)
        #expect(first.mostOutstanding == 8)
        let unchanged = "specman_sync_total{result=\"unchanged\"}"
        try site.wait(until: unchanged, isAtLeast: 1)
        let second = relay.counts.requests
        let polls = 3
        try site.wait(until: unchanged, isAtLeast: 1 + polls)
        let third = relay.counts.requests
        print(
            "5,000 tags: \(first.requests) requests in the first poll, \(first.mostOutstanding) at once, then",
            "\(second - first.requests), \(third - second) in \(polls)"
        )
        #expect(second - first.requests <= 20)
        #expect(third - second <= 20 * polls)
        #expect(try site.get("/a.yaml").text == "one file\n")
        #expect(site.daemon.stop() == 0)
    }
}
