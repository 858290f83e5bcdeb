package import Content

/// Which tags of a repository are candidates, and how the newest among them is told.
package struct TagPolicy: Sendable {
    package enum Kind: Sendable {
        /// The latest creation date; where dates can't be compared, `0.0.0`, then the highest version, then the last
        /// name in natural order.
        case newest
        /// The highest version in a range; the text is how the user wrote it.
        case semver(VersionRange, text: String)
        case pinned(Tag)
        case pinnedDigest(Digest)
    }

    package let kind: Kind
    private let include: [String]
    private let exclude: [String]

    /// - Parameters:
    ///   - include: regular expressions that are searched for in each tag, as grep does (`^…$` for the whole tag); one
    ///     of them must be found. None lets every tag in.
    ///   - exclude: the same; what one of them finds is no candidate, even where `include` finds it, too.
    /// - Throws: `RegistryError.badPattern`.
    package init(_ kind: Kind = .newest, include: [String] = [], exclude: [String] = []) throws(RegistryError) {
        self.kind = kind
        self.include = include
        self.exclude = exclude
        _ = try Self.regexes(include, key: "source.tags.include")
        _ = try Self.regexes(exclude, key: "source.tags.exclude")
    }

    /// As configuration gives it: `pin` is a tag or a digest.
    package static func pin(_ text: String) -> Kind? {
        if let digest = Digest(text) { return .pinnedDigest(digest) }
        return Tag(text).map { .pinned($0) }
    }

    /// The tags that are candidates, in their order; tags by which tools attach one artifact to another never are.
    func candidates(_ tags: [Tag]) throws(RegistryError) -> [Tag] {
        try judged(tags).filter { $0.refusal == nil }.map(\.tag)
    }

    /// Each tag, with why it is no candidate; `nil` where it is one.
    func judged(_ tags: [Tag]) throws(RegistryError) -> [(tag: Tag, refusal: String?)] {
        // Swift's Regex is not Sendable, so it is made anew for each poll.
        let include = try Self.regexes(include, key: "source.tags.include")
        let exclude = try Self.regexes(exclude, key: "source.tags.exclude")
        return tags.map { tag in
            if tag.isReferrer { return (tag, "no release: it belongs to another artifact, such as a signature") }
            if let index = exclude.firstIndex(where: { Self.finds($0, tag) }) {
                return (tag, "left out by source.tags.exclude \(self.exclude[index])")
            }
            guard include.isEmpty || include.contains(where: { Self.finds($0, tag) }) else {
                return (tag, "not in source.tags.include \(self.include.joined(separator: ", "))")
            }
            return (tag, nil)
        }
    }

    /// Whether a candidate is among these tags, as far as their names tell.
    func isSatisfied(by tags: [Tag]) -> Bool {
        // The patterns were judged when the policy was made.
        guard let candidates = try? candidates(tags) else { return false }
        guard case .semver(let range, _) = kind else { return !candidates.isEmpty }
        return candidates.contains { SemanticVersion($0.description).map(range.contains) ?? false }
    }

    /// What left no candidate, for an error.
    var summary: String {
        var parts: [String] = []
        if !include.isEmpty { parts.append("source.tags.include \(include.joined(separator: ", "))") }
        if !exclude.isEmpty { parts.append("source.tags.exclude \(exclude.joined(separator: ", "))") }
        if case .semver(_, let text) = kind { parts.append("source.tags.range \(text)") }
        return parts.isEmpty ? "referrer tags are none" : parts.joined(separator: ", ")
    }

    private static func regexes(
        _ patterns: [String],
        key: String
    ) throws(RegistryError) -> [Regex<AnyRegexOutput>] {
        var regexes: [Regex<AnyRegexOutput>] = []
        for pattern in patterns {
            do {
                regexes.append(try Regex(pattern))
            } catch {
                throw .badPattern(pattern, key: key, reason: JSON.printable("\(error)"))
            }
        }
        return regexes
    }

    private static func finds(_ regex: Regex<AnyRegexOutput>, _ tag: Tag) -> Bool {
        // A pattern that can't be run on a tag doesn't find it.
        (try? regex.firstMatch(in: tag.description)) != nil
    }
}
