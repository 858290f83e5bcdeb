internal import Content

/// What is remembered of mirrors: which of them rest, and who has delivered what.
struct MirrorLedger {
    /// How long a mirror isn't asked after its first failure; it doubles after each further one.
    static let firstRest: Duration = .seconds(30)
    /// How long it isn't asked at most; after bytes that aren't what they should be, at once.
    static let longestRest: Duration = .seconds(900)
    /// The most things that are remembered: a release has a manifest and a few layers.
    static let mostThings = 256

    private struct Health {
        var failures = 0
        var wakes: ContinuousClock.Instant?
    }

    private struct Thing {
        /// Whose bytes of a blob have been handed on since its beginning.
        var contributors: Set<Int> = []
        /// What was reported last, but for times.
        var reported: [String]?
    }

    private var healths: [Health]
    private var things: [Digest: Thing] = [:]

    init(mirrors: Int) {
        healths = Array(repeating: Health(), count: mirrors)
    }

    /// How long a mirror still rests; `nil` where it may be asked.
    func rest(of mirror: Int, at now: ContinuousClock.Instant) -> Duration? {
        guard let wakes = healths[mirror].wakes, now < wakes else { return nil }
        return now.duration(to: wakes)
    }

    mutating func delivered(_ mirror: Int) {
        healths[mirror] = Health()
    }

    /// - Parameter lied: whether it delivered something else than what was asked for.
    /// - Returns: how long it rests from now on.
    mutating func failed(_ mirror: Int, lied: Bool, at now: ContinuousClock.Instant) -> Duration {
        healths[mirror].failures += 1
        var rest = Self.firstRest
        for _ in 1..<min(healths[mirror].failures, 16) where rest < Self.longestRest { rest = rest * 2 }
        rest = lied ? Self.longestRest : min(rest, Self.longestRest)
        healths[mirror].wakes = now + rest
        return rest
    }

    /// A blob is delivered from its beginning on.
    mutating func begin(_ blob: Digest) {
        things[blob]?.contributors = []
    }

    mutating func contributes(_ mirror: Int, to blob: Digest) {
        edit(blob) { $0.contributors.insert(mirror) }
    }

    /// Forgets, and gives, who has contributed to a blob.
    mutating func takeContributors(to blob: Digest) -> [Int] {
        defer { things[blob]?.contributors = [] }
        return things[blob]?.contributors.sorted() ?? []
    }

    /// - Returns: whether the same was reported of this thing last time.
    mutating func reports(_ outcome: [String], of thing: Digest) -> Bool {
        let isRepetition = things[thing]?.reported == outcome
        edit(thing) { $0.reported = outcome }
        return isRepetition
    }

    private mutating func edit(_ digest: Digest, _ change: (inout Thing) -> Void) {
        if things[digest] == nil, things.count >= Self.mostThings { things = [:] }
        change(&things[digest, default: Thing()])
    }
}
