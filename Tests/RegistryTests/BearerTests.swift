import Content
import Curl
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Registry

/// Bearer tokens: how they are asked for, kept and renewed.
struct BearerTests {
    private let robot = Credentials.basic(username: "robot", password: "s&c+r t")

    private func look(_ client: DistributionClient) throws {
        _ = try client.digest(of: Fixture.tag("1"), before: Fixture.deadline)
    }

    @Test func aTokenIsAskedForByServiceAndScopeAndKept() throws {
        let registry = try TokenRegistry()
        let client = try Fixture.client(registry.server) { $0.credentials = robot }
        for _ in 0..<3 { try look(client) }
        _ = try client.tags(before: Fixture.deadline)
        let asked = registry.tokenRequests
        #expect(asked.map(\.target) == ["/token?service=s%201&scope=repository%3Aa%2Fb%3Apull"])
        let basic = "Basic " + Data("robot:s&c+r t".utf8).base64EncodedString()
        #expect(asked.first?["Authorization"] == basic)
        // The password goes along unasked; the token takes its place for all that follows.
        let sent = registry.others.map { $0["Authorization"] }
        #expect(sent == [basic] + [String?](repeating: "Bearer t1", count: 4))
    }

    @Test func nobodyInParticularAsksWithoutAPassword() throws {
        let registry = try TokenRegistry()
        try look(try Fixture.client(registry.server))
        #expect(registry.tokenRequests.map { $0["Authorization"] } == [nil])
    }

    @Test func pushingTakesATokenOfItsOwn() throws {
        let registry = try TokenRegistry()
        let client = try Fixture.client(registry.server) { $0.credentials = robot }
        try look(client)
        let blob = try Fixture.descriptor([1])
        for _ in 0..<2 { try client.upload(blob, before: Fixture.deadline) { _, _ in [1] } }
        try look(client)
        #expect(registry.tokenRequests.map(\.target).map { $0.hasSuffix("pull%2Cpush") } == [false, true])
        #expect(registry.others.suffix(3).map { $0["Authorization"] } == ["Bearer t2", "Bearer t2", "Bearer t1"])
    }

    @Test(arguments: [
        (#"{"token":"TOKEN"}"#, 60.0), (#"{"access_token":"TOKEN","expires_in":60}"#, 60),
        (#"{"token":"TOKEN","access_token":"other","expires_in":20}"#, 20), (#"{"token":"TOKEN","expires_in":2.0}"#, 2),
        (#"{"token":"TOKEN","expires_in":43200}"#, 43200),
    ])
    func renewedBeforeTheEnd(answer: String, lifetime: Double) throws {
        let registry = try TokenRegistry { $0.answer = answer }
        let clock = ManualClock()
        let client = try Fixture.client(registry.server) { $0.now = clock.now }
        for round in 1...4 {
            try look(client)
            #expect(registry.tokenRequests.count == round)
            let margin = min(lifetime / 4, 30)
            clock.advance(.seconds(lifetime - margin) - .milliseconds(1))
            try look(client)
            #expect(registry.tokenRequests.count == round)
            clock.advance(.milliseconds(1))
        }
        #expect(registry.others.count(where: { $0["Authorization"] == nil }) == 1)
    }

    @Test func aRefusedOneIsReplacedOnce() throws {
        let registry = try TokenRegistry()
        let client = try Fixture.client(registry.server)
        try look(client)
        registry.change { $0.takes = { $0 > 1 } }
        try look(client)
        #expect(registry.tokenRequests.count == 2)
        registry.change { $0.takes = { _ in false } }
        #expect(throws: RegistryError.authenticationRequired(host: registry.server.host)) { try look(client) }
        #expect(registry.tokenRequests.count == 3)
    }

    /// ECR Public answers 400, and ECR 403, both with a sentence; HEAD has none.
    @Test func anExpiredOneByAnyOtherStatus() throws {
        let text = #"{"errors":[{"code":"DENIED","message":"Your authorization token has expired."}]}"#
        for (status, text, renews) in [
            (400, text, true), (403, text, true), (400, "bad request", false), (403, "no", false), (404, text, false),
        ] {
            let registry = try TokenRegistry()
            let client = try Fixture.client(registry.server)
            _ = try client.tags(before: Fixture.deadline)
            registry.change {
                $0.takes = { $0 > 1 }
                $0.refusal = status
                $0.refusalText = text
            }
            if renews {
                _ = try client.tags(before: Fixture.deadline)
            } else {
                #expect(throws: RegistryError.self) { _ = try client.tags(before: Fixture.deadline) }
            }
            #expect(registry.tokenRequests.count == (renews ? 2 : 1), "\(status) \(text)")
        }
        for status in [400, 403] {
            let registry = try TokenRegistry { $0.refusal = status }
            let client = try Fixture.client(registry.server)
            try look(client)
            registry.change { $0.takes = { $0 > 1 } }
            try look(client)
            #expect(registry.tokenRequests.count == 2)
            // Where it doesn't help it isn't tried again and again.
            registry.change { $0.takes = { _ in false } }
            #expect(throws: RegistryError.self) { try look(client) }
            #expect(registry.tokenRequests.count == 3)
        }
    }

    @Test(arguments: [0, -3600]) func oneThatIsOverWhenItArrivesDoesNotSpin(lifetime: Int) throws {
        let registry = try TokenRegistry { $0.answer = #"{"token":"TOKEN","expires_in":\#(lifetime)}"# }
        let client = try Fixture.client(registry.server) { $0.credentials = robot }
        // Whoever takes it is served, at the price of a token each.
        for round in 1...3 {
            try look(client)
            #expect(registry.tokenRequests.count == round)
        }
        registry.change { $0.takes = { _ in false } }
        for round in 4...6 {
            let host = registry.server.host
            #expect(throws: RegistryError.tokenNotAccepted(host: host, server: host)) { try look(client) }
            #expect(registry.tokenRequests.count == round)
        }
    }

    @Test func whatAChallengeAddsToTheScope() throws {
        func scopes(_ asked: String) throws -> [String] {
            let registry = try TokenRegistry { $0.challenge = ",scope=\"\(asked)\"" }
            try look(try Fixture.client(registry.server))
            let target = try #require(registry.tokenRequests.first?.target)
            return URLComponents(string: "http://x\(target)")?.queryItems?.compactMap(\.value) ?? []
        }
        let own = "repository:a/b:pull"
        #expect(try scopes("") == [own])
        #expect(try scopes("aws") == [own, "aws"])
        #expect(try scopes("repository:a/b:metadata_read,pull") == ["repository:a/b:pull,metadata_read"])
        // Nothing that writes, and nothing of other repositories, whatever the registry asks for.
        #expect(try scopes("repository:a/b:pull,push,delete,*") == [own])
        // Nor more than a token's request can hold.
        #expect(try scopes((0..<50).map { "s\($0)" }.joined(separator: " ")) == [own] + (0..<8).map { "s\($0)" })
        #expect(try scopes("repository:a/secret:pull,metadata_read repository:*:* registry:catalog:*") == [own])
    }

    /// Azure asks for another action for the tag list than for manifests.
    @Test func aScopeThatGrows() throws {
        let registry = try TokenRegistry()
        let client = try Fixture.client(registry.server)
        try look(client)
        registry.change {
            $0.takes = { $0 > 1 }
            $0.challenge = #",scope="repository:a/b:metadata_read",error="insufficient_scope""#
        }
        _ = try client.tags(before: Fixture.deadline)
        #expect(registry.tokenRequests.last?.target.hasSuffix("pull%2Cmetadata_read") == true)
        try look(client)
        #expect(registry.tokenRequests.count == 2)
    }

    @Test func answersThatAreNoTokens() throws {
        for answer in [
            "", "[]", "{}", #"{"token":""}"#, #"{"token":"a b"}"#, #"{"token":"a\r\nX: y"}"#, #"{"token":7}"#,
            #"{"token":"\#(String(repeating: "x", count: 33 << 10))"}"#,
        ] {
            let registry = try TokenRegistry { $0.answer = answer }
            let error = #expect(throws: RegistryError.self) { try look(try Fixture.client(registry.server)) }
            guard case .malformed = error else {
                Issue.record("\(answer.prefix(40)): \(String(describing: error))")
                continue
            }
        }
        let registry = try TokenRegistry { $0.answer = String(repeating: " ", count: 129 << 10) }
        let error = #expect(throws: RegistryError.self) { try look(try Fixture.client(registry.server)) }
        guard case .transfer(.bodyTooLarge, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func aTokenServerThatIsAwayIsTriedAgainAndTheOldTokenServesMeanwhile() throws {
        let count = Mutex(0)
        let registry = try TokenRegistry {
            $0.override = { request in
                guard request.target.hasPrefix("/token") else { return nil }
                return count.withLock { count in
                    count += 1
                    return count == 1 ? .http(503) : nil
                }
            }
        }
        let clock = ManualClock()
        let client = try Fixture.client(registry.server) { $0.now = clock.now }
        try look(client)
        #expect(registry.tokenRequests.count == 2)
        registry.change { $0.override = { $0.target.hasPrefix("/token") ? .http(503) : nil } }
        clock.advance(.seconds(50))
        try look(client)
        #expect(registry.others.last?["Authorization"] == "Bearer t1")
        clock.advance(.seconds(10))
        let error = #expect(throws: RegistryError.self) { try look(client) }
        guard case .unavailable(registry.server.host, 503, _, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    /// Where tokens are had is what the registry says now, not what it, or a proxy before it, has said once.
    @Test func aTokenServerThatHasMovedIsFound() throws {
        let registry = try TokenRegistry { $0.realm = "http://127.0.0.1:9/token" }
        let clock = ManualClock()
        let client = try Fixture.client(registry.server) {
            $0.credentials = robot
            $0.now = clock.now
        }
        #expect(throws: RegistryError.self) { try look(client) }
        #expect(registry.others.count == 1)
        registry.change { $0.realm = nil }
        try look(client)
        #expect(registry.tokenRequests.count == 1)

        // One that answers, too, but not with tokens any more.
        for status in [401, 404, 200] {
            clock.advance(.seconds(120))
            let other = try TokenRegistry()
            registry.change { plan in
                plan.override = { $0.target.hasPrefix("/token") ? .http(status) : nil }
                plan.realm = "http://\(other.server.host)/token"
            }
            try look(client)
            #expect(other.tokenRequests.count == 1, "\(status)")
            registry.change {
                $0.override = { _ in nil }
                $0.realm = nil
            }
            other.change { $0.override = { _ in .http(404) } }
            clock.advance(.seconds(120))
            try look(client)
        }
    }

    /// A password that the token server refuses is tried once a poll, and once more where tokens were had there before.
    @Test func aRefusedPasswordIsTriedOnce() throws {
        let registry = try TokenRegistry()
        let clock = ManualClock()
        let client = try Fixture.client(registry.server) {
            $0.credentials = robot
            $0.now = clock.now
        }
        try look(client)
        registry.change { $0.status = 401 }
        clock.advance(.seconds(120))
        for count in [3, 4, 5] {
            let error = #expect(throws: RegistryError.self) { try look(client) }
            guard case .tokenRefused = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(registry.tokenRequests.count == count)
        }
        registry.change { $0.status = 200 }
        try look(client)
    }

    /// A token that holds is used, whatever has become of the others.
    @Test func oneAccessFailsAloneWhereTheOtherHasItsToken() throws {
        let registry = try TokenRegistry()
        let client = try Fixture.client(registry.server)
        try look(client)
        registry.change {
            $0.override = { $0.target.hasPrefix("/token") && $0.target.contains("push") ? .http(403) : nil }
        }
        let blob = try Fixture.descriptor([1])
        #expect(throws: RegistryError.self) { try client.upload(blob, before: Fixture.deadline) { _, _ in [1] } }
        let before = registry.tokenRequests.count
        try look(client)
        #expect(registry.tokenRequests.count == before)
        #expect(registry.others.last?["Authorization"] == "Bearer t1")
    }

    @Test func aSilentTokenServerHoldsNobodyUp() throws {
        let cancellation = Cancellation()
        let registry = try TokenRegistry {
            $0.override = { $0.target.hasPrefix("/token") ? .hang([]) : nil }
        }
        // Neither a stall nor the deadline is what ends the second one.
        let client = try Fixture.client(registry.server) { $0.stallTime = .seconds(300) }
        let error = #expect(throws: RegistryError.self) {
            _ = try client.digest(of: Fixture.tag("1"), before: Deadline(after: .milliseconds(300)))
        }
        guard case .deadline = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        registry.change {
            $0.override = { request in
                guard request.target.hasPrefix("/token") else { return nil }
                cancellation.cancel()
                return .hang([])
            }
        }
        let cancelled = #expect(throws: RegistryError.self) {
            _ = try client.digest(
                of: Fixture.tag("1"),
                before: Deadline(after: .seconds(20), cancellation: cancellation)
            )
        }
        guard case .cancelled = cancelled else {
            Issue.record("\(String(describing: cancelled))")
            return
        }
    }
}
