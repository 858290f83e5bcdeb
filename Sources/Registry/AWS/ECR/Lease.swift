internal import Content

/// Something that was given for a time.
///
/// How long it holds is told once, by the wall clock, and counted on the clock that knows no corrections.
struct Lease<Value: Sendable>: Sendable {
    let value: Value
    private let begin: ContinuousClock.Instant
    private let lifetime: Duration

    /// What is over when it arrives is over by a wrong clock, or by a service that says so by rote: it is used until it
    /// is refused, and renewed this often at most, so that nobody is asked for it without end.
    static var shortest: Duration { .seconds(300) }
    /// What holds where no end is named.
    private static var standard: Duration { .seconds(3600) }
    /// The longest margin before the end in which a new one is fetched: some polls, in which that may fail.
    private static var longestMargin: Duration { .seconds(900) }

    /// - Parameters:
    ///   - now: by the wall clock, as `expires` is.
    ///   - begin: when it was asked for.
    init(_ value: Value, expires: Timestamp?, now: Timestamp, asked begin: ContinuousClock.Instant) {
        self.value = value
        self.begin = begin
        // A year is as good as forever, and can't overflow.
        let rest =
            expires.map { end in
                let (seconds, overflows) = end.seconds.subtractingReportingOverflow(now.seconds)
                return Duration.seconds(overflows || end <= now ? 0 : min(seconds, 31_536_000))
            } ?? Self.standard
        lifetime = max(rest, Self.shortest)
    }

    func hasExpired(at now: ContinuousClock.Instant) -> Bool { now >= begin + lifetime }

    /// Whether a new one is due: a quarter of the lifetime before its end, and at most a quarter of an hour.
    func isStale(at now: ContinuousClock.Instant) -> Bool {
        now >= begin + lifetime - min(lifetime / 4, Self.longestMargin)
    }
}
