package import Content

/// A tag in the order of candidates.
package struct Candidate: Hashable, Sendable {
    package let tag: Tag
    /// What it points at, where that was asked.
    package let digest: Digest?
    /// `org.opencontainers.image.created`, where it was asked and is there.
    package let created: Timestamp?
    package let chosen: Bool
    /// Why it stands where it stands, for people.
    package let reason: String
}

/// What was picked, and from what.
package struct Choice: Sendable {
    /// All candidates in rank order, the chosen one last.
    package let ranked: [Candidate]
    package let chosen: Candidate
    /// Under `newest`, the tags without a date, where they keep dates from being compared; in natural order.
    package let undated: [Tag]
    /// How many requests for a tag or manifest it took, the tag list aside.
    package let lookups: Int
}

/// The rules of rank, without any I/O.
enum TagRanking {
    /// The tag that the guide has operators push by hand.
    static let handPushed = "0.0.0"

    /// What is known of a candidate.
    struct Facts: Hashable {
        var tag: Tag
        var digest: Digest?
        var created: Timestamp?
        /// Why it is no release, where its manifest was read and isn't one.
        var fault: String?
    }

    /// Ranks by date where all have one, else by name; the winner last.
    static func newest(_ facts: [Facts]) -> (ranked: [(facts: Facts, reason: String)], undated: [Tag]) {
        let undated = facts.filter { $0.created == nil }.map(\.tag)
        guard undated.isEmpty else {
            let ranked = facts.sorted { namePrecedes($0.tag, $1.tag) }
            let winner = ranked.last?.tag
            return (
                ranked.map { ($0, byName($0, winner: winner)) },
                undated.sorted { naturallyPrecedes($0, $1) }
            )
        }
        let ranked = facts.sorted { left, right in
            left.created == right.created ? namePrecedes(left.tag, right.tag) : precedes(left.created, right.created)
        }
        let latest = ranked.last?.created
        return (
            ranked.map { one in
                let date = one.created?.rfc3339 ?? ""
                if one.tag == ranked.last?.tag { return (one, "latest creation date, \(date)") }
                return (one, one.created == latest ? "as old as the latest, lower by name" : "older, \(date)")
            },
            []
        )
    }

    /// Ranks by version; those outside the range come first, by name. The winner is `nil` where the range has none.
    static func semver(
        _ facts: [Facts],
        in range: VersionRange,
        text: String
    ) -> (ranked: [(facts: Facts, reason: String)], winner: Tag?) {
        let versioned = facts.map { one in (one, SemanticVersion(one.tag.description)) }
        let inside = versioned.filter { $0.1.map(range.contains) ?? false }.map(\.0)
            .sorted { namePrecedes($0.tag, $1.tag, handPushedFirst: false) }
        let outside = versioned.filter { !($0.1.map(range.contains) ?? false) }
            .sorted { namePrecedes($0.0.tag, $1.0.tag, handPushedFirst: false) }
        let winner = inside.last?.tag
        return (
            outside.map { ($0.0, outsideReason($0.1, range, text)) }
                + inside.map { ($0, $0.tag == winner ? "highest version in \(text)" : "lower version") },
            winner
        )
    }

    /// Rule 2: names in natural order, then versions, then `0.0.0`.
    static func namePrecedes(_ left: Tag, _ right: Tag, handPushedFirst: Bool = true) -> Bool {
        if handPushedFirst, (left.description == handPushed) != (right.description == handPushed) {
            return right.description == handPushed
        }
        switch (SemanticVersion(left.description), SemanticVersion(right.description)) {
        case (nil, _?): return true
        case (_?, nil): return false
        case (let one?, let other?) where one < other: return true
        case (let one?, let other?) where other < one: return false
        default: return naturallyPrecedes(left, right)
        }
    }

    private static func outsideReason(_ version: SemanticVersion?, _ range: VersionRange, _ text: String) -> String {
        guard let version else { return "no semantic version" }
        let release = SemanticVersion(major: version.major, minor: version.minor, patch: version.patch)
        return !version.prerelease.isEmpty && range.contains(release)
            ? "a prerelease, and the range \(text) names none of its version" : "not in the range \(text)"
    }

    private static func byName(_ facts: Facts, winner: Tag?) -> String {
        let tag = facts.tag
        var reason: String
        if tag == winner {
            let dates = "dates can't be compared"
            if tag.description == handPushed {
                reason = "\(dates), and \(handPushed) is pushed by hand"
            } else {
                reason =
                    SemanticVersion(tag.description) == nil ? "\(dates), last by name" : "\(dates), highest version"
            }
        } else if winner?.description == handPushed {
            reason = "\(handPushed) goes before it"
        } else if winner.flatMap({ SemanticVersion($0.description) }) == nil {
            reason = "earlier by name"
        } else {
            reason = SemanticVersion(tag.description) == nil ? "no version, and versions go before it" : "lower version"
        }
        if facts.created == nil { reason += "; it has no creation date" }
        if let fault = facts.fault { reason += ", as it is no release (\(fault))" }
        return reason
    }

    private static func naturallyPrecedes(_ left: Tag, _ right: Tag) -> Bool {
        NaturalOrder.precedes(left.description, right.description)
    }

    private static func precedes(_ left: Timestamp?, _ right: Timestamp?) -> Bool {
        guard let left, let right else { return left == nil && right != nil }
        return left < right
    }
}
