package import Content
internal import Synchronization

/// What is known of a repository's tags between polls, so that a poll that finds nothing new costs a tag list and a HEAD.
package final class TagCatalogue: Sendable {
    /// How many tags other than the active one are looked up again in one poll: each tag's turn comes, and a repository
    /// with thousands of them doesn't make a poll longer.
    static let rechecks = 8
    /// How many requests for tags are under way at once: the first poll of a repository with thousands of them takes an
    /// eighth of the time, and no registry takes eight for an assault.
    static let width = 8

    private struct Entry {
        var digest: Digest
        var created: Timestamp?
        /// Why it is no release; `nil` for one.
        var fault: String?
        /// The number of the poll in which it was last looked up.
        var checked: UInt64
    }

    private struct State {
        var entries: [Tag: Entry] = [:]
        var polls: UInt64 = 0
    }

    let source: any ReleaseSource
    let policy: TagPolicy
    private let state = Mutex(State())

    package init(source: any ReleaseSource, policy: TagPolicy) {
        self.source = source
        self.policy = policy
    }

    /// Asks the source what there is, and picks.
    ///
    /// What was learnt is kept even where a request fails halfway. Meant for one caller at a time; two at once only ask
    /// more than they have to.
    ///
    /// - Parameters:
    ///   - active: the tag that is served now, which is looked up in each poll.
    ///   - everything: also asks for digests and dates that the policy doesn't need, as a table of tags shows them.
    /// - Throws: ``RegistryError``, `noTags` and `noCandidate` among them.
    package func choose(
        active: Tag?,
        everything: Bool = false,
        before deadline: Deadline
    ) throws(RegistryError) -> Choice {
        switch policy.kind {
        case .pinned(let tag):
            let digest = try source.digest(of: tag, before: deadline)
            return Self.pinned(tag, digest, lookups: 1)
        case .pinnedDigest(let digest):
            // A release needs a name; this is the specification's way to write a digest as a tag.
            guard let tag = Tag("sha256-\(digest.hex)") else {
                throw .internalFailure(attempt: "naming \(digest)", reason: "it is no tag")
            }
            // A poll asks for it only where it isn't served yet; a table says what is there.
            if everything { _ = try source.manifest(.digest(digest), before: deadline) }
            return Self.pinned(tag, digest, lookups: 0)
        case .newest, .semver: break
        }
        let listed = try source.tags(before: deadline)
        guard !listed.isEmpty else { throw .noTags(location: "\(source.location)") }
        let tags = try policy.candidates(listed)
        guard !tags.isEmpty else { throw noCandidate(of: listed.count) }
        let poll = begin(tags)
        if case .semver(let range, let text) = policy.kind {
            return try choose(in: range, text, of: tags, active, everything, poll, before: deadline, all: listed.count)
        }
        try learn(tags, poll, before: deadline)
        if let active, tags.contains(active) { try check(active, poll, before: deadline) }
        try Several.run(due(tags, besides: active, poll), atOnce: Self.width) { tag throws(RegistryError) in
            try self.check(tag, poll, before: deadline)
        }
        while true {
            let facts = known(tags)
            let (ranked, undated) = TagRanking.newest(facts)
            guard let winner = ranked.last?.facts.tag else { throw .noTags(location: "\(source.location)") }
            // What is about to be taken is what it is now, not what it was some polls ago.
            guard try check(winner, poll, before: deadline) else {
                return Self.choice(ranked, winner: winner, undated: undated, lookups: poll.lookups)
            }
        }
    }

    // MARK: The state between polls

    private final class Poll: Sendable {
        let number: UInt64
        private let counter = Mutex(0)

        init(number: UInt64) { self.number = number }

        var lookups: Int { counter.withLock { $0 } }

        func countLookup() { counter.withLock { $0 += 1 } }
    }

    /// Forgets the tags that are gone.
    private func begin(_ tags: [Tag]) -> Poll {
        let listed = Set(tags)
        return state.withLock { state in
            state.polls += 1
            state.entries = state.entries.filter { listed.contains($0.key) }
            return Poll(number: state.polls)
        }
    }

    private func known(_ tags: [Tag]) -> [TagRanking.Facts] {
        state.withLock { state in
            tags.compactMap { tag in
                state.entries[tag].map {
                    TagRanking.Facts(tag: tag, digest: $0.digest, created: $0.created, fault: $0.fault)
                }
            }
        }
    }

    /// The tags whose turn it is to be looked up again: those that were not for longest.
    private func due(_ tags: [Tag], besides active: Tag?, _ poll: Poll) -> [Tag] {
        let waiting = state.withLock { state in
            tags.compactMap { tag in state.entries[tag].map { (tag: tag, checked: $0.checked) } }
        }
        return waiting.filter { $0.tag != active && $0.checked < poll.number }
            .sorted { $0.checked == $1.checked ? $0.tag.description < $1.tag.description : $0.checked < $1.checked }
            .prefix(Self.rechecks).map(\.tag)
    }

    /// One request for each tag not seen before.
    private func learn(_ tags: [Tag], _ poll: Poll, before deadline: Deadline) throws(RegistryError) {
        let new = state.withLock { state in tags.filter { state.entries[$0] == nil } }
        try Several.run(new, atOnce: Self.width) { tag throws(RegistryError) in
            try self.read(tag, poll, before: deadline)
        }
    }

    /// Looks a known tag up again, once a poll.
    ///
    /// - Returns: whether it has changed or vanished.
    @discardableResult
    private func check(_ tag: Tag, _ poll: Poll, before deadline: Deadline) throws(RegistryError) -> Bool {
        guard let entry = state.withLock({ $0.entries[tag] }), entry.checked < poll.number else { return false }
        poll.countLookup()
        do throws(RegistryError) {
            guard try source.digest(of: tag, before: deadline) != entry.digest else {
                state.withLock { $0.entries[tag]?.checked = poll.number }
                return false
            }
        } catch .noSuchTag {
            state.withLock { _ = $0.entries.removeValue(forKey: tag) }
            return true
        }
        try read(tag, poll, before: deadline)
        return true
    }

    /// Reads a tag's manifest. One that vanished since it was listed is skipped; one that is no release counts as
    /// undated, and says why when it is chosen.
    private func read(_ tag: Tag, _ poll: Poll, before deadline: Deadline) throws(RegistryError) {
        poll.countLookup()
        do throws(RegistryError) {
            let manifest = try source.manifest(.tag(tag), before: deadline)
            let entry = Entry(digest: manifest.digest, created: manifest.created, checked: poll.number)
            state.withLock { $0.entries[tag] = entry }
        } catch .noSuchTag {
            state.withLock { _ = $0.entries.removeValue(forKey: tag) }
        } catch {
            switch error {
            case .unusableManifest, .malformed, .tooLarge, .noSuchManifest: break
            default: throw error
            }
            poll.countLookup()
            let digest = try source.digest(of: tag, before: deadline)
            let entry = Entry(digest: digest, created: nil, fault: "\(error)", checked: poll.number)
            state.withLock { $0.entries[tag] = entry }
        }
    }

    // MARK: The policies

    private func choose(
        in range: VersionRange,
        _ text: String,
        of tags: [Tag],
        _ active: Tag?,
        _ everything: Bool,
        _ poll: Poll,
        before deadline: Deadline,
        all: Int
    ) throws(RegistryError) -> Choice {
        if everything { try learn(tags, poll, before: deadline) }
        var tags = tags
        while true {
            let facts = known(tags)
            let seen = Set(facts.map(\.tag))
            let rest = tags.filter { !seen.contains($0) }.map { TagRanking.Facts(tag: $0) }
            let (ranked, winner) = TagRanking.semver(facts + rest, in: range, text: text)
            guard let winner else { throw noCandidate(of: all) }
            try learn([winner], poll, before: deadline)
            let changed = try check(winner, poll, before: deadline)
            guard let digest = state.withLock({ $0.entries[winner]?.digest }) else {
                // It vanished since it was listed.
                tags.removeAll { $0 == winner }
                continue
            }
            let isNew = !ranked.contains { $0.facts.tag == winner && $0.facts.digest == digest }
            guard !changed, !isNew else { continue }
            return Self.choice(ranked, winner: winner, undated: [], lookups: poll.lookups)
        }
    }

    private func noCandidate(of count: Int) -> RegistryError {
        .noCandidate(location: "\(source.location)", tags: count, policy: policy.summary)
    }

    private static func pinned(_ tag: Tag, _ digest: Digest, lookups: Int) -> Choice {
        let candidate = Candidate(tag: tag, digest: digest, created: nil, chosen: true, reason: "pinned")
        return Choice(ranked: [candidate], chosen: candidate, undated: [], lookups: lookups)
    }

    private static func choice(
        _ ranked: [(facts: TagRanking.Facts, reason: String)],
        winner: Tag,
        undated: [Tag],
        lookups: Int
    ) -> Choice {
        let candidates = ranked.map { facts, reason in
            Candidate(
                tag: facts.tag,
                digest: facts.digest,
                created: facts.created,
                chosen: facts.tag == winner,
                reason: reason
            )
        }
        return Choice(ranked: candidates, chosen: candidates[candidates.count - 1], undated: undated, lookups: lookups)
    }
}
