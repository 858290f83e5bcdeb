import Content
import Synchronization
import TestSupport
import Testing

@testable import Registry

/// What a poll picks, and what it costs, on layouts and on a registry whose every request is counted.
struct TagCatalogueTests {
    /// A registry of manifests without layers, as many as wanted, that counts what it is asked.
    private final class Tags: Sendable {
        private let tags: Mutex<[(name: String, created: Int64?)]>

        init(_ tags: [(String, Int64?)]) {
            self.tags = Mutex(tags.map { (name: $0.0, created: $0.1) })
        }

        func set(_ name: String, _ created: Int64?) {
            tags.withLock { tags in
                tags.removeAll { $0.name == name }
                tags.append((name, created))
            }
        }

        /// What is listed but not there.
        static let vanished = "vanished"

        func answer(_ request: ScriptedServer.Request) -> ScriptedServer.Answer {
            let tags = tags.withLock { $0 }
            if request.target.contains("/tags/list") {
                let names = tags.map { "\"\($0.name)\"" }.joined(separator: ",")
                return .http(200, text: "{\"tags\":[\(names)]}")
            }
            let name = request.target.split(separator: "/").last.map(String.init) ?? ""
            guard name != Self.vanished, let tag = tags.first(where: { $0.name == name }) else { return .http(404) }
            let date = tag.created.map {
                #","annotations":{"\#(Annotation.created)":"\#(Timestamp(seconds: $0).rfc3339)"}"#
            }
            let body = Array(#"{"schemaVersion":2,"layers":[]\#(date ?? "")}"#.utf8)
            let digest = (try? Digest.sum(of: body))?.description ?? ""
            let fields = ["Docker-Content-Digest: \(digest)"]
            return request.line.hasPrefix("HEAD")
                ? .http(200, fields + ["Content-Length: \(body.count)"]) : .http(200, fields, body: body)
        }
    }

    private func counts(_ server: ScriptedServer, since start: Int) -> [String: Int] {
        var counts: [String: Int] = [:]
        for request in server.requests.dropFirst(start) {
            let kind = request.target.contains("/tags/") ? "list" : request.line.hasPrefix("HEAD") ? "head" : "get"
            counts[kind, default: 0] += 1
        }
        return counts
    }

    @Test func aPollThatFindsNothingNewCostsAListAndFewHeads() throws {
        let tags = Tags((0..<50).map { ("1.0.\($0)", Int64($0)) })
        let server = try ScriptedServer { tags.answer($0) }
        let catalogue = TagCatalogue(source: try Fixture.client(server), policy: try TagPolicy())
        let first = try catalogue.choose(active: nil, before: Fixture.deadline)
        #expect(first.chosen.tag.description == "1.0.49")
        #expect(first.lookups == 50)
        #expect(counts(server, since: 0) == ["list": 1, "get": 50])
        var start = server.requests.count
        var looked: Set<String> = []
        for _ in 0..<7 {
            let choice = try catalogue.choose(active: first.chosen.tag, before: Fixture.deadline)
            #expect(choice.chosen.tag == first.chosen.tag)
            #expect(counts(server, since: start) == ["list": 1, "head": 1 + TagCatalogue.rechecks])
            looked.formUnion(server.requests.dropFirst(start).map(\.target))
            start = server.requests.count
        }
        // After so many polls each tag had its turn.
        #expect(looked.count == 51)
    }

    @Test func fewTagsCostNoMoreThanThereAre() throws {
        let tags = Tags([("1.0.0", nil)])
        let server = try ScriptedServer { tags.answer($0) }
        let catalogue = TagCatalogue(source: try Fixture.client(server), policy: try TagPolicy())
        let chosen = try catalogue.choose(active: nil, before: Fixture.deadline).chosen
        let start = server.requests.count
        _ = try catalogue.choose(active: chosen.tag, before: Fixture.deadline)
        #expect(counts(server, since: start) == ["list": 1, "head": 1])
    }

    @Test func aNewTagCostsOneRequestAndAMovedOneIsNoticed() throws {
        let tags = Tags([("a", 1), ("b", 2)])
        let server = try ScriptedServer { tags.answer($0) }
        let catalogue = TagCatalogue(source: try Fixture.client(server), policy: try TagPolicy())
        let before = try catalogue.choose(active: nil, before: Fixture.deadline).chosen
        tags.set("c", 3)
        var start = server.requests.count
        #expect(try catalogue.choose(active: before.tag, before: Fixture.deadline).chosen.tag.description == "c")
        #expect(counts(server, since: start)["get"] == 1)
        // The active tag, pushed again with another date and content.
        tags.set("c", 9)
        start = server.requests.count
        let after = try catalogue.choose(active: Fixture.tag("c"), before: Fixture.deadline)
        #expect(after.chosen.created == Timestamp(seconds: 9))
        #expect(counts(server, since: start)["get"] == 1)
        tags.set("a", 10)
        #expect(try catalogue.choose(active: Fixture.tag("c"), before: Fixture.deadline).chosen.tag.description == "a")
    }

    @Test func aTagThatVanishesIsSkipped() throws {
        let tags = Tags([("1.0.0", 1), (Tags.vanished, 9)])
        let server = try ScriptedServer { tags.answer($0) }
        for policy in [try TagPolicy(), try TagPolicy(.semver(try #require(VersionRange("*")), text: "*"))] {
            let catalogue = TagCatalogue(source: try Fixture.client(server), policy: policy)
            for _ in 0..<2 {
                let choice = try catalogue.choose(
                    active: Fixture.tag("1.0.0"),
                    everything: true,
                    before: Fixture.deadline
                )
                #expect(choice.chosen.tag.description == "1.0.0")
            }
        }
    }

    @Test func versionsAndPinsAskOnlyForWhatTheyNeed() throws {
        let tags = Tags((0..<20).map { ("1.0.\($0)", nil) } + [("2.0.0", nil)])
        let server = try ScriptedServer { tags.answer($0) }
        let client = try Fixture.client(server)
        let range = try #require(VersionRange("1.x"))
        let semver = TagCatalogue(source: client, policy: try TagPolicy(.semver(range, text: "1.x")))
        let choice = try semver.choose(active: nil, before: Fixture.deadline)
        #expect(choice.chosen.tag.description == "1.0.19")
        #expect(choice.chosen.digest != nil)
        #expect(choice.ranked.count == 21)
        #expect(counts(server, since: 0) == ["list": 1, "get": 1])
        var start = server.requests.count
        _ = try semver.choose(active: choice.chosen.tag, before: Fixture.deadline)
        #expect(counts(server, since: start) == ["list": 1, "head": 1])
        start = server.requests.count
        #expect(
            try semver.choose(active: nil, everything: true, before: Fixture.deadline).ranked.allSatisfy {
                $0.digest != nil
            }
        )
        start = server.requests.count
        let pinned = TagCatalogue(source: client, policy: try TagPolicy(.pinned(Fixture.tag("1.0.3"))))
        #expect(try pinned.choose(active: nil, before: Fixture.deadline).chosen.tag.description == "1.0.3")
        #expect(counts(server, since: start) == ["head": 1])
        let missing = TagCatalogue(source: client, policy: try TagPolicy(.pinned(Fixture.tag("nope"))))
        #expect(throws: RegistryError.self) { try missing.choose(active: nil, before: Fixture.deadline) }
        let digest = try #require(choice.chosen.digest)
        let fixed = TagCatalogue(source: client, policy: try TagPolicy(.pinnedDigest(digest)))
        #expect(try fixed.choose(active: nil, before: Fixture.deadline).chosen.digest == digest)
        // Who has a table made is told that it isn't there; a poll finds out when it fetches it.
        let other = try #require(Digest(bytes: [UInt8](repeating: 9, count: 32)))
        let lost = TagCatalogue(source: client, policy: try TagPolicy(.pinnedDigest(other)))
        #expect(try lost.choose(active: nil, before: Fixture.deadline).chosen.digest == other)
        #expect(throws: RegistryError.self) {
            try lost.choose(active: nil, everything: true, before: Fixture.deadline)
        }
        #expect(TagPolicy.pin("a b") == nil)
    }

    @Test func whatIsNoReleaseKeepsItsPlaceWithoutADate() throws {
        let scratch = try TemporaryDirectory()
        let layout = LayoutDirectory(scratch.appending("l"))
        try Fixture.push("1.0.0", "a", created: 1, to: layout)
        let index = Array(#"{"schemaVersion":2,"manifests":[]}"#.utf8)
        _ = try layout.putManifest(
            index,
            mediaType: MediaType.imageIndex,
            tag: Fixture.tag("2.0.0"),
            before: Fixture.deadline
        )
        let choice = try TagCatalogue(source: layout, policy: try TagPolicy()).choose(
            active: nil,
            before: Fixture.deadline
        )
        #expect(choice.undated.map(\.description) == ["2.0.0"])
        #expect(choice.chosen.tag.description == "2.0.0")
        let error = #expect(throws: RegistryError.self) {
            try layout.manifest(.tag(choice.chosen.tag), before: Fixture.deadline)
        }
        #expect(error?.description.contains("push the release itself") == true)
    }

    @Test func nothingToChooseFromSaysWhy() throws {
        let scratch = try TemporaryDirectory()
        let layout = LayoutDirectory(scratch.appending("l"))
        try Fixture.push("1.0.0", "a", created: 1, to: layout)
        func error(_ policy: TagPolicy) -> RegistryError? {
            #expect(throws: RegistryError.self) {
                try TagCatalogue(source: layout, policy: policy).choose(active: nil, before: Fixture.deadline)
            }
        }
        #expect(try error(TagPolicy(exclude: ["^1"]))?.description.contains("source.tags.exclude ^1") == true)
        let range = try #require(VersionRange(">=2"))
        #expect(
            try error(TagPolicy(.semver(range, text: ">=2")))?.description.contains("source.tags.range >=2") == true
        )
        let server = try ScriptedServer { _ in .http(200, text: #"{"tags":[]}"#) }
        let empty = TagCatalogue(source: try Fixture.client(server), policy: try TagPolicy())
        #expect(throws: RegistryError.noTags(location: "\(server.host)/a/b")) {
            try empty.choose(active: nil, before: Fixture.deadline)
        }
    }
}
