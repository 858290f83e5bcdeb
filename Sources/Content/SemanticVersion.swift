/// A version by Semantic Versioning 2.0.0, with the `v` that many tags begin with tolerated.
package struct SemanticVersion: Hashable, Sendable {
    package let major: UInt64
    package let minor: UInt64
    package let patch: UInt64
    /// The identifiers after `-`, empty for a release.
    package let prerelease: [String]

    package init(major: UInt64, minor: UInt64, patch: UInt64, prerelease: [String] = []) {
        self.major = major
        self.minor = minor
        self.patch = patch
        self.prerelease = prerelease
    }

    /// `nil` where `text` is no version: three numbers without leading zeros, then `-prerelease`, then `+build`
    /// (a tag can't hold `+`, so registries' users write `_`, which is not taken for it).
    package init?(_ text: some StringProtocol) {
        var rest = Substring(text)
        if rest.first == "v" { rest.removeFirst() }
        if let plus = rest.firstIndex(of: "+") {
            guard Self.identifiers(rest[rest.index(after: plus)...], numbersStrict: false) != nil else { return nil }
            rest = rest[..<plus]
        }
        var prerelease: [String] = []
        if let hyphen = rest.firstIndex(of: "-") {
            guard let parts = Self.identifiers(rest[rest.index(after: hyphen)...], numbersStrict: true) else {
                return nil
            }
            prerelease = parts
            rest = rest[..<hyphen]
        }
        let numbers = rest.split(separator: ".", omittingEmptySubsequences: false).map(Self.number)
        guard numbers.count == 3, let major = numbers[0], let minor = numbers[1], let patch = numbers[2] else {
            return nil
        }
        self.init(major: major, minor: minor, patch: patch, prerelease: prerelease)
    }

    /// A number without sign, blanks or leading zeros (SemVer 2).
    static func number(_ text: some StringProtocol) -> UInt64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            text.utf8.count == 1 || text.first != "0"
        else { return nil }
        return UInt64(text)
    }

    /// Dot-separated identifiers of `[0-9A-Za-z-]` (SemVer 9 and 10).
    private static func identifiers(_ text: Substring, numbersStrict: Bool) -> [String]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        for part in parts {
            guard !part.isEmpty, part.utf8.allSatisfy(isIdentifier) else { return nil }
            let isNumber = part.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            if numbersStrict, isNumber, number(part) == nil { return nil }
        }
        return parts.map(String.init)
    }

    private static func isIdentifier(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

extension SemanticVersion: Comparable {
    /// Precedence (SemVer 11): numbers first, a prerelease before its release, numeric identifiers before others.
    package static func < (left: Self, right: Self) -> Bool {
        let a = (left.major, left.minor, left.patch)
        let b = (right.major, right.minor, right.patch)
        if a != b { return a < b }
        if left.prerelease.isEmpty || right.prerelease.isEmpty {
            return !left.prerelease.isEmpty && right.prerelease.isEmpty
        }
        for (one, other) in zip(left.prerelease, right.prerelease) where one != other {
            switch (UInt64(one), UInt64(other)) {
            case (let one?, let other?): return one < other
            case (_?, nil): return true
            case (nil, _?): return false
            case (nil, nil): return one.utf8.lexicographicallyPrecedes(other.utf8)
            }
        }
        return left.prerelease.count < right.prerelease.count
    }
}

extension SemanticVersion: CustomStringConvertible {
    package var description: String {
        "\(major).\(minor).\(patch)" + (prerelease.isEmpty ? "" : "-" + prerelease.joined(separator: "."))
    }
}
