internal import Content

/// Which of many failing polls the log tells of: each reason at once, then now and then, so that a night with the
/// registry away leaves a few lines, not thousands that bury everything else.
struct FailureLog {
    /// How long a reason that goes on is not told again.
    static let reminder: Duration = .seconds(3600)
    /// How long a reason is not told again where it takes turns with others.
    static let relapse: Duration = .seconds(600)
    /// The most reasons remembered; one that holds a number that is never the same may make any number of them.
    private static let mostReasons = 64

    /// Polls that failed in a row.
    struct Streak: Hashable {
        var count = 1
        /// When the first of them ended.
        var since: Timestamp
    }

    private var streak: Streak?
    private var current: String?
    private var told: [String: ContinuousClock.Instant] = [:]

    /// Takes note of a poll that failed.
    ///
    /// - Returns: how many have failed by now, and whether this one is to be told of.
    mutating func failed(
        _ reason: String,
        at instant: ContinuousClock.Instant,
        _ time: Timestamp
    ) -> (streak: Streak, tells: Bool) {
        var streak = streak ?? Streak(count: 0, since: time)
        streak.count += 1
        self.streak = streak
        let quiet = reason == current ? Self.reminder : Self.relapse
        current = reason
        if let last = told[reason], instant < last + quiet { return (streak, false) }
        if told.count >= Self.mostReasons { told = [:] }
        told[reason] = instant
        return (streak, true)
    }

    /// Takes note of a poll that succeeded.
    ///
    /// - Returns: the failures that it ends, if any.
    mutating func succeeded() -> Streak? {
        defer { self = FailureLog() }
        return streak
    }
}
