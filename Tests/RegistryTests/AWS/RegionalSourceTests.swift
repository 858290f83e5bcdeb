import Content
import Synchronization
import TestSupport
import Testing

@testable import Registry

/// What the deployment's region lacks comes from the default one.
struct RegionalSourceTests {
    private let directory: TemporaryDirectory
    private let own: LayoutDirectory
    private let standard: LayoutDirectory
    private let reports = Reports()

    private final class Reports: Sendable {
        private let lines = Mutex<[String]>([])
        func add(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    init() throws {
        directory = try TemporaryDirectory()
        own = LayoutDirectory(directory.appending("own"))
        standard = LayoutDirectory(directory.appending("standard"))
        // A layout without tags is what a repository is that nothing was replicated to yet.
        try Fixture.push("0.0.1", "x", created: 1, to: own)
    }

    private func source(_ policy: TagPolicy) throws -> RegionalSource {
        RegionalSource(
            own: own,
            standard: standard,
            regions: (try #require(AWSRegion("eu-west-1")), .virginia),
            suffices: policy.isSatisfied,
            report: { [reports] in reports.add($0) }
        )
    }

    private func semver(_ range: String) throws -> TagPolicy {
        try TagPolicy(.semver(try #require(VersionRange(range)), text: range))
    }

    private func content(of tag: String, in source: RegionalSource) throws -> String {
        let digest = try source.digest(of: Fixture.tag(tag), before: Fixture.deadline)
        let manifest = try source.manifest(.digest(digest), before: Fixture.deadline)
        var got: [UInt8] = []
        try source.blob(try #require(manifest.layers.first), from: 0, before: Fixture.deadline) { bytes in
            bytes.withUnsafeBytes { got.append(contentsOf: $0) }
        }
        return String(decoding: got, as: UTF8.self)
    }

    @Test func whatNoTagOfTheRegionMatches() throws {
        try Fixture.push("4.1.0", "from the default region", created: 1, to: standard)
        let policy = try semver("^4")
        let source = try source(policy)
        let catalogue = TagCatalogue(source: source, policy: policy)
        for _ in 0..<3 {
            let choice = try catalogue.choose(active: nil, before: Fixture.deadline)
            #expect(choice.ranked.map(\.tag.description) == ["4.1.0"])
        }
        #expect(try content(of: "4.1.0", in: source) == "from the default region")
        // One line, however many polls.
        #expect(reports.all.count == 1)
        for part in ["eu-west-1", "us-east-1", directory.appending("own"), directory.appending("standard")] {
            #expect(reports.all.first?.contains(part) == true)
        }
        // Once it is replicated, the own region counts again.
        try Fixture.push("4.2.0", "own", created: 1, to: own)
        let choice = try catalogue.choose(active: nil, before: Fixture.deadline)
        #expect(choice.chosen.tag.description == "4.2.0")
        #expect(try content(of: "4.2.0", in: source) == "own")
        #expect(reports.all.count == 2)
    }

    @Test func aPinnedTagThatTheRegionLacks() throws {
        try Fixture.push("1.0.0", "default", created: 1, to: standard)
        let source = try source(TagPolicy(.pinned(Fixture.tag("1.0.0"))))
        #expect(try content(of: "1.0.0", in: source) == "default")
        #expect(try content(of: "1.0.0", in: source) == "default")
        #expect(reports.all.count == 1)
        #expect(reports.all.first?.contains("there is no tag 1.0.0") == true)
        try Fixture.push("1.0.0", "own", created: 1, to: own)
        #expect(try content(of: "1.0.0", in: source) == "own")
    }

    @Test func aPinnedDigestThatTheRegionLacks() throws {
        let digest = try Fixture.push("1.0.0", "default", created: 1, to: standard)
        let source = try source(TagPolicy(.pinnedDigest(digest)))
        #expect(try source.manifest(.digest(digest), before: Fixture.deadline).digest == digest)
        #expect(reports.all.count == 1)
    }

    @Test func whereNeitherHasItTheOwnRegionIsNamed() throws {
        try Fixture.push("1.0.0", "x", created: 1, to: standard)
        let source = try source(semver("^4"))
        let missing = try Fixture.tag("9.9.9")
        #expect(throws: RegistryError.noSuchTag(missing, location: "\(own.location)")) {
            try source.digest(of: missing, before: Fixture.deadline)
        }
        let policy = try TagPolicy(.newest, include: ["^4"])
        let catalogue = TagCatalogue(source: try self.source(policy), policy: policy)
        #expect(throws: RegistryError.self) { try catalogue.choose(active: nil, before: Fixture.deadline) }
    }

    @Test func tagListsAreNotMixed() throws {
        try Fixture.push("1.0.0", "default", created: 1, to: standard)
        let source = try source(TagPolicy())
        #expect(try source.tags(before: Fixture.deadline).map(\.description) == ["0.0.1"])
        #expect(throws: RegistryError.self) {
            try source.digest(of: Fixture.tag("1.0.0"), before: Fixture.deadline)
        }
        #expect(reports.all.isEmpty)
    }

    /// What is away is not lacking: the default region is no mirror.
    @Test func aRegionThatFailsIsNotPassedOver() throws {
        let broken = try ScriptedServer { _ in .http(503) }
        try Fixture.push("1.0.0", "default", created: 1, to: standard)
        let source = RegionalSource(
            own: try Fixture.client(broken),
            standard: standard,
            regions: (try #require(AWSRegion("eu-west-1")), .virginia),
            suffices: { !$0.isEmpty },
            report: { [reports] in reports.add($0) }
        )
        let error = #expect(throws: RegistryError.self) { try source.tags(before: Fixture.deadline) }
        #expect(error?.isTransient == true)
        #expect(reports.all.isEmpty)
    }
}
