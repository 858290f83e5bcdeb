/// The Palette side of the migration: the endpoint is set, seen to be set, given time to spread, then the jobs that read
/// from it are started.
///
/// The order is that of the guide's script. Doing all of it again does no harm.
package struct ScarMigration {
    /// What has been done.
    package enum Step: Hashable, Sendable {
        /// Palette has taken the endpoint.
        case set(before: ScarSettings)
        case started(DataJob)
    }

    /// What is waited for.
    package enum Wait: Hashable, Sendable {
        /// Palette's answering with what was set, which another of its replicas may know a moment later.
        case confirmation
        /// The other services of Palette, which take up what was set by and by.
        case spread
    }

    /// As long as the guide's script waits for the change to spread.
    package static let standardSpread: Duration = .seconds(60)
    /// How often Palette is asked for the endpoint that it has taken, and how long it is left alone between.
    static let confirmations = 10
    static let confirmationPause: Duration = .seconds(2)

    private let session: PaletteSession
    private let endpoint: ScarEndpoint
    private let spread: Duration

    /// - Parameter spread: how long Palette is given between the endpoint and the jobs.
    package init(_ session: PaletteSession, to endpoint: ScarEndpoint, spread: Duration = standardSpread) {
        self.session = session
        self.endpoint = endpoint
        self.spread = spread
    }

    /// Does it, one step after the other; what fails ends it, but that each job is tried.
    ///
    /// - Parameters:
    ///   - wait: lets time go by.
    ///   - tell: told of each step as soon as it is done.
    package func run(
        wait: (Duration, Wait) -> Void,
        tell: (Step) -> Void
    ) throws(PaletteError) {
        let before = try session.settings()
        try session.set(endpoint)
        // At once: whatever fails from here on, what was there before is known.
        tell(.set(before: before))
        try confirm(wait)
        if spread > .zero { wait(spread, .spread) }
        var failures: [PaletteError] = []
        for job in DataJob.allCases {
            do throws(PaletteError) {
                try session.start(job)
                tell(.started(job))
            } catch {
                failures.append(error)
            }
        }
        if !failures.isEmpty { throw .jobsNotStarted(failures, host: session.host) }
    }

    /// Asks until Palette has what was set.
    private func confirm(_ wait: (Duration, Wait) -> Void) throws(PaletteError) {
        var count = 1
        while true {
            let fault: PaletteError
            do throws(PaletteError) {
                let settings = try session.settings()
                if settings.isAt(endpoint) { return }
                fault = .otherEndpoint(host: session.host, set: endpoint, found: settings.endpoint)
            } catch {
                fault = .unconfirmed(error, set: endpoint)
            }
            guard count < Self.confirmations, fault.isTransient else { throw fault }
            wait(Self.confirmationPause, .confirmation)
            count += 1
        }
    }
}
