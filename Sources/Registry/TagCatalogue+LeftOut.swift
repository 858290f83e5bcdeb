internal import Content

extension TagCatalogue {
    /// The tags that didn't come into question, each with why, in the order in which the source has them: for people, as
    /// a poll has no use for them. Costs a tag list.
    ///
    /// - Parameter choice: what was picked; `nil` where nothing could be.
    /// - Throws: ``RegistryError``.
    package func leftOut(of choice: Choice?, before deadline: Deadline) throws(RegistryError) -> [Candidate] {
        let ranked = Set(choice?.ranked.map(\.tag) ?? [])
        let judged = try policy.judged(try source.tags(before: deadline)).filter { !ranked.contains($0.tag) }
        let reasons = otherReasons(judged.filter { $0.refusal == nil }.map(\.tag))
        return judged.map { tag, refusal in
            Candidate(
                tag: tag,
                digest: nil,
                created: nil,
                chosen: false,
                reason: refusal ?? reasons[tag] ?? "it vanished since it was listed"
            )
        }
    }

    /// Why tags that no pattern leaves out aren't among those that were picked from.
    private func otherReasons(_ tags: [Tag]) -> [Tag: String] {
        switch policy.kind {
        case .newest: return [:]
        case .pinned(let pin): return Dictionary(uniqueKeysWithValues: tags.map { ($0, "not the pinned tag \(pin)") })
        case .pinnedDigest(let pin):
            return Dictionary(uniqueKeysWithValues: tags.map { ($0, "not asked for: source.tags.pin is \(pin)") })
        case .semver(let range, let text):
            let facts = tags.map { TagRanking.Facts(tag: $0) }
            let ranked = TagRanking.semver(facts, in: range, text: text).ranked
            return Dictionary(ranked.map { ($0.facts.tag, $0.reason) }) { first, _ in first }
        }
    }
}
