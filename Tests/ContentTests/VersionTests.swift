import Content
import Testing

@Suite struct VersionTests {
    /// The example of SemVer 11, and numbers that differ in length.
    @Test func precedence() throws {
        let order = [
            "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
            "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "v2.0.0",
        ]
        let versions = try order.map { try #require(SemanticVersion($0), "\($0)") }
        #expect(versions.shuffled().sorted() == versions)
    }

    @Test(arguments: ["1", "1.2", "01.2.3", "1.2.3-", "1.2.3-01", "1.2.3-a..b", "1.2.3 ", "1.2.x", "-1.2.3", "vv1.2.3"])
    func noVersions(_ text: String) {
        #expect(SemanticVersion(text) == nil)
    }

    @Test func numbersBeyondTheTypeAreRefused() {
        #expect(SemanticVersion("18446744073709551615.0.0") != nil)
        #expect(SemanticVersion("18446744073709551616.0.0") == nil)
        #expect(
            VersionRange("^18446744073709551615")?.contains(SemanticVersion(major: .max, minor: 1, patch: 0)) == true
        )
    }

    /// Range, what lies in it, what doesn't (node-semver's rules).
    @Test(arguments: [
        (">=4.5.0 <5", ["4.5.0", "4.99.1"], ["5.0.0", "4.4.9", "5.0.0-rc.1", "4.6.0-rc.1"]),
        (">= 4.5.0, < 5", ["4.5.0"], ["5.0.0"]),
        ("~4.5", ["4.5.0", "4.5.15"], ["4.6.0", "4.4.9"]),
        ("~4.5.3", ["4.5.3", "4.5.15"], ["4.5.2", "4.6.0"]),
        ("^4.5.1", ["4.5.1", "4.9.0"], ["5.0.0", "4.5.0"]),
        ("^0.2.3", ["0.2.3", "0.2.9"], ["0.3.0"]),
        ("^0.0.3", ["0.0.3"], ["0.0.4"]),
        ("4.5.x", ["4.5.0", "4.5.9"], ["4.6.0"]),
        ("4", ["4.0.0", "4.9.9"], ["5.0.0", "3.9.9"]),
        ("*", ["0.0.0", "99.0.0"], ["1.0.0-rc.1"]),
        ("4.5.0 - 4.8", ["4.5.0", "4.8.9"], ["4.9.0"]),
        ("4.5.0 - 4.8.0", ["4.8.0"], ["4.8.1"]),
        ("4.5.13 || >=5", ["4.5.13", "5.0.0"], ["4.5.14"]),
        (">4.5", ["4.6.0"], ["4.5.9"]),
        ("<=4.5", ["4.5.9"], ["4.6.0"]),
        (">=4.6.0-rc.1", ["4.6.0-rc.2", "4.6.0", "4.7.0"], ["4.7.0-rc.1", "4.6.0-alpha"]),
    ])
    func ranges(_ text: String, _ inside: [String], _ outside: [String]) throws {
        let range = try #require(VersionRange(text))
        for version in inside { #expect(range.contains(try #require(SemanticVersion(version))), "\(version)") }
        for version in outside { #expect(!range.contains(try #require(SemanticVersion(version))), "\(version)") }
    }

    @Test(arguments: ["latest", ">>1", "1.2.3.4", "^", "!1", "1.x.3"])
    func noRanges(_ text: String) {
        #expect(VersionRange(text) == nil)
    }

    @Test func naturalOrder() {
        let order = ["a", "a1", "a2", "a10", "a10b", "b", "r9", "r10", "r010"]
        #expect(order.shuffled().sorted { NaturalOrder.precedes($0, $1) } == order)
        let long = String(repeating: "9", count: 60)
        #expect(NaturalOrder.precedes("r1", "r" + long))
        #expect(!NaturalOrder.precedes("r" + long, "r1"))
        #expect(!NaturalOrder.precedes("same", "same"))
    }
}
