import Content
import Testing

@testable import Registry

/// The order of candidates, the winner last.
struct TagRankingTests {
    private func facts(_ names: [(String, Int64?)]) -> [TagRanking.Facts] {
        names.compactMap { name, date in
            ReleaseTag(name).map { TagRanking.Facts(tag: $0, created: date.map { Timestamp(seconds: $0) }) }
        }
    }

    private func newest(_ names: [(String, Int64?)]) -> [String] {
        TagRanking.newest(facts(names)).ranked.map(\.facts.tag.description)
    }

    @Test func theLatestDateWinsWhateverTheName() {
        #expect(newest([("0.0.0", 5), ("9.9.9", 3), ("zzz", 4), ("a", 7)]) == ["9.9.9", "zzz", "0.0.0", "a"])
    }

    @Test func equalDatesAreSettledByName() {
        #expect(
            newest([("4.5.9", 5), ("0.0.0", 5), ("4.5.10", 5), ("x", 5), ("old", 1)])
                == ["old", "x", "4.5.9", "4.5.10", "0.0.0"]
        )
    }

    @Test func oneUndatedTagMakesNamesDecide() {
        // The guide's example: the hand-pushed 0.0.0 is taken although 4.5.15 exists.
        #expect(newest([("4.5.15", 9), ("0.0.0", nil), ("4.5.13", 1)]) == ["4.5.13", "4.5.15", "0.0.0"])
        #expect(
            TagRanking.newest(facts([("r10", nil), ("r9", nil), ("1.0.0", 3)])).undated.map(\.description)
                == ["r9", "r10"]
        )
    }

    @Test func withoutDatesAndHandPushedTheHighestVersionWins() {
        #expect(
            newest([("latest", nil), ("4.5.9", nil), ("v4.5.10", nil), ("4.5.10-rc.1", nil), ("r10", nil), ("r9", nil)])
                == ["latest", "r9", "r10", "4.5.9", "4.5.10-rc.1", "v4.5.10"]
        )
        #expect(newest([("r10", nil), ("r9", nil)]) == ["r9", "r10"])
        // Only the tag the guide names is special.
        #expect(newest([("v0.0.0", nil), ("0.0.1", nil)]) == ["v0.0.0", "0.0.1"])
    }

    @Test func reasonsSayWhy() {
        let (ranked, _) = TagRanking.newest(facts([("4.5.15", 9), ("0.0.0", nil)]))
        #expect(ranked.last?.reason == "dates can't be compared, and 0.0.0 is pushed by hand; it has no creation date")
        var broken = facts([("1.0.0", 1), ("x", nil)])
        broken[1].fault = "an index"
        #expect(
            TagRanking.newest(broken).ranked.first?.reason
                == "no version, and versions go before it; it has no creation date, as it is no release (an index)"
        )
        #expect(
            TagRanking.newest(facts([("a", 0)])).ranked.last?.reason == "latest creation date, 1970-01-01T00:00:00Z"
        )
    }

    @Test func versionsInARange() throws {
        let range = try #require(VersionRange(">=4.5.0 <4.6.0"))
        let names = ["4.6.0", "nightly", "4.5.9", "v4.5.10", "4.5.11-rc.1", "4.4.0"].map { ($0, nil as Int64?) }
        let (ranked, winner) = TagRanking.semver(facts(names), in: range, text: ">=4.5.0 <4.6.0")
        #expect(winner?.description == "v4.5.10")
        #expect(
            ranked.map(\.facts.tag.description)
                == ["nightly", "4.4.0", "4.5.11-rc.1", "4.6.0", "4.5.9", "v4.5.10"]
        )
        #expect(ranked.first?.reason == "no semantic version")
    }

    @Test func aPrereleaseOnlyWhereTheRangeNamesOne() throws {
        let range = try #require(VersionRange(">=4.5.11-rc.0"))
        let names = facts([("4.5.10", nil), ("4.5.11-rc.1", nil), ("4.6.0-rc.1", nil)])
        #expect(TagRanking.semver(names, in: range, text: "").winner?.description == "4.5.11-rc.1")
        let none = try #require(VersionRange(">9"))
        #expect(TagRanking.semver(names, in: none, text: "").winner == nil)
    }

    @Test func patternsAreSearchedFor() throws {
        let tags = ["4.5.1", "4.5.1-debug", "14.5.1", "sha256-\(String(repeating: "a", count: 64))", "latest"]
            .compactMap { ReleaseTag($0) }
        func candidates(_ include: [String], _ exclude: [String]) throws -> [String] {
            try TagPolicy(include: include, exclude: exclude).candidates(tags).map(\.description)
        }
        #expect(try candidates([], []) == ["4.5.1", "4.5.1-debug", "14.5.1", "latest"])
        #expect(try candidates([#"4\.5"#], []) == ["4.5.1", "4.5.1-debug", "14.5.1"])
        #expect(try candidates([#"^4\.5"#], ["debug$"]) == ["4.5.1"])
        #expect(try candidates(["^14", "^latest$"], []) == ["14.5.1", "latest"])
        #expect(try candidates([], ["."]) == [])
        #expect(throws: RegistryError.self) { _ = try TagPolicy(include: ["("]) }
    }
}
