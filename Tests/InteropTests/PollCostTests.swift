import Foundation
import TestSupport
import Testing

/// What a poll that finds nothing new asks of a real registry: the tag list, a HEAD for the active tag, and one for each
/// of a bounded number of others, so that one of them that is pushed again is noticed, too.
@Suite struct PollCostTests {
    private struct Sample {
        let polls: Int
        let requests: Int
    }

    private static let polls = "specman_sync_total{result=\"unchanged\"}"

    private func sample(_ site: RunningSite) throws -> Sample {
        let (polls, requests) = try site.metrics(Self.polls, "specman_registry_requests_total{")
        return Sample(polls: polls, requests: requests)
    }

    @Test(arguments: [1, 3])
    func aPollThatFindsNothingNew(_ tags: Int) throws {
        let directory = try TemporaryDirectory()
        let registry = try DockerRegistry()
        let tree = directory.appending("tree")
        try Tree.write(["a": "1"], to: tree)
        for number in 0..<tags {
            try Pushing.withSpecman(tree, to: "\(registry.host)/manifests:1.\(number).0", registry: registry)
        }
        let source = Pushing.source(registry.host + "/manifests", registry, interval: "100ms")
        let site = try RunningSite(source: source, in: directory)
        try site.wait(until: Self.polls, isAtLeast: 3)
        let first = try sample(site)
        try site.wait(until: Self.polls, isAtLeast: first.polls + 30)
        let second = try sample(site)
        let polls = second.polls - first.polls
        let requests = second.requests - first.requests
        // A sample may fall between a poll's requests and its end.
        #expect(requests >= (1 + tags) * (polls - 1), "\(requests) requests in \(polls) polls")
        #expect(requests <= (1 + tags) * (polls + 1), "\(requests) requests in \(polls) polls")
        #expect(site.daemon.stop() == 0)
    }
}
