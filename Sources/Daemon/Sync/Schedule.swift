/// When the next poll is due.
package struct Schedule: Sendable {
    /// Between polls, before jitter.
    package let interval: Duration
    /// The first pause after a failure that may pass; doubled with each further one, up to the interval.
    package static let firstPause: Duration = .seconds(1)
    /// How far jitter moves a pause, in thousandths of it: replicas that began together drift apart.
    package static let jitter = 100

    package init(interval: Duration) {
        self.interval = interval
    }

    /// The pause before the next poll.
    ///
    /// - Parameters:
    ///   - failures: how many polls in a row have failed in a way that may pass: registry away, disk full. A failure
    ///     that only a person can mend (a wrong password, which might lock an account) counts as none: the interval.
    ///   - random: 0 to 1, evenly spread.
    package func pause(afterFailures failures: Int, random: Double) -> Duration {
        let doublings = min(max(failures - 1, 0), 30)
        let pause = failures == 0 ? interval : min(interval, Self.firstPause * (1 << doublings))
        let permille = (2 * min(max(random, 0), 1) - 1) * Double(Self.jitter)
        return pause + pause * Int(permille) / 1000
    }
}
