/// A range of semantic versions, in the notation that npm, Helm and Flux users write: comparators
/// (`>=4.5.0 <5`), `~4.5`, `^4.5.1`, `4.5.x`, `4.5.0 - 4.8.0`, alternatives with `||`, `*`.
///
/// A prerelease only matches where a comparator of the same set names a prerelease of the same numbers
/// (node-semver, "Prerelease Tags").
package struct VersionRange: Hashable, Sendable {
    private struct Comparator: Hashable {
        enum Relation { case less, lessOrEqual, greater, greaterOrEqual, equal }
        let relation: Relation
        let version: SemanticVersion

        func admits(_ candidate: SemanticVersion) -> Bool {
            switch relation {
            case .less: candidate < version
            case .lessOrEqual: candidate <= version
            case .greater: candidate > version
            case .greaterOrEqual: candidate >= version
            case .equal: candidate == version
            }
        }
    }

    private let alternatives: [[Comparator]]

    /// `nil` where `text` is no range.
    package init?(_ text: String) {
        var alternatives: [[Comparator]] = []
        for part in text.split(separator: "||", omittingEmptySubsequences: false) {
            guard let set = Self.comparators(part) else { return nil }
            alternatives.append(set)
        }
        self.alternatives = alternatives
    }

    /// Whether `version` lies in the range.
    package func contains(_ version: SemanticVersion) -> Bool {
        alternatives.contains { set in
            guard set.allSatisfy({ $0.admits(version) }) else { return false }
            return version.prerelease.isEmpty
                || set.contains {
                    !$0.version.prerelease.isEmpty && $0.version.major == version.major
                        && $0.version.minor == version.minor && $0.version.patch == version.patch
                }
        }
    }

    private static func comparators(_ text: Substring) -> [Comparator]? {
        // An operator may stand apart from its version (">= 4.5"); a comma separates as a blank does (Helm, Flux).
        var words: [Substring] = []
        for word in text.split(whereSeparator: { $0 == " " || $0 == "," || $0 == "\t" }) {
            if let last = words.last, last.allSatisfy({ "<>=~^".contains($0) }) {
                words[words.count - 1] = Substring(last + word)
            } else {
                words.append(word)
            }
        }
        if words.count == 3, words[1] == "-" {
            guard let low = Partial(words[0]), let high = Partial(words[2]) else { return nil }
            return [Comparator(relation: .greaterOrEqual, version: low.floor)] + upTo(high)
        }
        var set: [Comparator] = []
        for word in words {
            guard let more = comparators(of: word) else { return nil }
            set += more
        }
        return set
    }

    private static func comparators(of word: Substring) -> [Comparator]? {
        let sign = word.prefix(while: { "<>=~^!".contains($0) })
        guard let partial = Partial(word.dropFirst(sign.count)) else { return nil }
        let atLeast = Comparator(relation: .greaterOrEqual, version: partial.floor)
        switch sign {
        case "", "=":
            guard let ceiling = partial.ceiling(keeping: partial.given) else {
                return partial.given == 0 ? [] : [Comparator(relation: .equal, version: partial.floor)]
            }
            return partial.given == 3
                ? [Comparator(relation: .equal, version: partial.floor)]
                : [atLeast, Comparator(relation: .less, version: ceiling)]
        case ">=": return [atLeast]
        case "<": return [Comparator(relation: .less, version: partial.floor)]
        case "<=": return upTo(partial)
        case ">":
            if partial.given == 3 { return [Comparator(relation: .greater, version: partial.floor)] }
            return partial.ceiling(keeping: partial.given)
                .map { [Comparator(relation: .greaterOrEqual, version: $0)] }
        case "~", "~>":
            guard let ceiling = partial.ceiling(keeping: min(partial.given, 2)) else { return [atLeast] }
            return [atLeast, Comparator(relation: .less, version: ceiling)]
        case "^":
            guard let ceiling = partial.caretCeiling else { return [atLeast] }
            return [atLeast, Comparator(relation: .less, version: ceiling)]
        default: return nil
        }
    }

    private static func upTo(_ partial: Partial) -> [Comparator] {
        if partial.given == 3 { return [Comparator(relation: .lessOrEqual, version: partial.floor)] }
        return partial.ceiling(keeping: partial.given).map { [Comparator(relation: .less, version: $0)] } ?? []
    }
}

/// A version whose last numbers may be missing or `x`: `4`, `4.5`, `4.5.x`, `*`.
private struct Partial {
    /// How many numbers were given, 0 to 3.
    let given: Int
    /// The lowest version it means.
    let floor: SemanticVersion

    init?(_ text: Substring) {
        if let version = SemanticVersion(text) {
            given = 3
            floor = version
            return
        }
        var rest = text
        if rest.first == "v" { rest.removeFirst() }
        var numbers: [UInt64] = []
        var open = false
        let parts = rest.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 3 else { return nil }
        for part in parts {
            if part == "x" || part == "X" || part == "*" {
                open = true
            } else {
                guard !open, let number = SemanticVersion.number(part) else { return nil }
                numbers.append(number)
            }
        }
        guard numbers.count < 3 else { return nil }
        given = numbers.count
        floor = SemanticVersion(
            major: numbers.first ?? 0,
            minor: numbers.count > 1 ? numbers[1] : 0,
            patch: 0
        )
    }

    /// The first version above all that share the first `count` numbers; `nil` where there is none.
    func ceiling(keeping count: Int) -> SemanticVersion? {
        let (major, minor, patch) = (floor.major, floor.minor, floor.patch)
        let next = [major, minor, patch].prefix(count).last.map { $0.addingReportingOverflow(1) }
        guard let next, !next.overflow else { return nil }
        switch count {
        case 1: return SemanticVersion(major: next.partialValue, minor: 0, patch: 0, prerelease: ["0"])
        case 2: return SemanticVersion(major: major, minor: next.partialValue, patch: 0, prerelease: ["0"])
        default: return SemanticVersion(major: major, minor: minor, patch: next.partialValue, prerelease: ["0"])
        }
    }

    /// The first version that changes the leftmost number that is not zero.
    var caretCeiling: SemanticVersion? {
        if floor.major > 0 || given <= 1 { return ceiling(keeping: min(given, 1)) }
        if floor.minor > 0 || given == 2 { return ceiling(keeping: 2) }
        return ceiling(keeping: 3)
    }
}
