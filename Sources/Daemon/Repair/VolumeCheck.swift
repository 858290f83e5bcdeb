internal import Archive
internal import Content
internal import Dispatch
internal import Logging
internal import Serving
internal import Store
internal import Synchronization

/// Re-hashes the volume in the background, at a pace that nobody notices, and restores what is damaged.
///
/// Errors that hardware makes are rare and silent: a file that nobody has asked for in months is read before somebody
/// needs it, while its archive or the registry still has it.
final class VolumeCheck: Sendable {
    /// Bytes a second in the background: a few per cent of a core, and of what any disk gives.
    private static let pace = 32 << 20
    /// After the first start on a volume, where nobody knows when it was last verified: not at once.
    private static let firstPause: Duration = .seconds(3600)
    /// Between looks at whether a sync has ended.
    private static let busyPause: Duration = .milliseconds(200)
    /// How many damages get a line of the log each.
    private static let mostLines = 10

    private struct State {
        var facts = StatusDocument.Verification()
        var isStopping = false
    }

    private let volume: Volume
    private let synchronizer: Synchronizer
    private let limits: ArchiveLimits
    private let interval: Duration
    private let log: Logger
    private let state: Mutex<State>
    private let turn = Mutex(())
    private let wake = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let queue = DispatchQueue(label: "specman.verify", qos: .background)

    /// - Parameter interval: between two verifications; zero for none in the background.
    init(volume: Volume, synchronizer: Synchronizer, limits: ArchiveLimits, interval: Duration, log: Logger) {
        self.volume = volume
        self.synchronizer = synchronizer
        self.limits = limits
        self.interval = interval
        self.log = log
        state = Mutex(State())
        state.withLock { $0.facts.last = volume.lastVerification }
    }

    /// What `/-/status` tells.
    var facts: StatusDocument.Verification { state.withLock { $0.facts } }

    /// Begins the background verifications.
    func start() {
        queue.async { [self] in
            if interval > .zero { run() }
            ended.signal()
        }
    }

    /// Ends a running one soon, and begins none. Returns when it has ended, or after `patience`.
    func stop(patience: Duration) {
        state.withLock { $0.isStopping = true }
        wake.signal()
        _ = ended.wait(timeout: .now() + patience.dispatchInterval)
    }

    /// Verifies now, as fast as the disk allows.
    ///
    /// - Parameter repair: Whether what is damaged is restored.
    func verifyNow(repair: Bool) throws(StoreError) -> VerificationDocument {
        try turn.withLock { _ throws(StoreError) in
            try verify(repair: repair) { _ in !self.isStopping }
        }
    }

    private var isStopping: Bool { state.withLock { $0.isStopping } }

    private func run() {
        while true {
            let now = Timestamp.current()
            let last = state.withLock { $0.facts.last }
            let pause =
                last.map { .seconds($0.seconds - now.seconds) + interval } ?? min(interval, Self.firstPause)
            // A clock that went back doesn't put it off for longer than an interval.
            let wait = max(.zero, min(pause, interval))
            state.withLock { $0.facts.next = Timestamp(seconds: now.seconds + wait.components.seconds) }
            // Looked at before, too: ``waitForSync()`` may have taken the one signal that ``stop(patience:)`` gives.
            if !isStopping { _ = wake.wait(timeout: .now() + wait.dispatchInterval) }
            if isStopping { return }
            let pacer = Pacer(bytesPerSecond: Self.pace)
            turn.withLock { _ in
                do throws(StoreError) {
                    _ = try verify(repair: true) { bytes in
                        self.waitForSync()
                        return !self.isStopping && pacer.wait(after: bytes, onlyWhile: { !self.isStopping })
                    }
                } catch {
                    log.error("verifying the volume: \(error)")
                    // Not again at once.
                    state.withLock { $0.facts.last = Timestamp.current() }
                }
            }
        }
    }

    private func waitForSync() {
        while synchronizer.isBusy, !isStopping {
            _ = wake.wait(timeout: .now() + Self.busyPause.dispatchInterval)
        }
    }

    private func verify(
        repair: Bool,
        pace: @escaping VerificationReport.Pace
    ) throws(StoreError) -> VerificationDocument {
        let start = ContinuousClock.now
        guard let report = try volume.verify(sparingCache: true, pace: pace) else {
            return VerificationDocument(
                entries: 0,
                bytes: 0,
                damaged: 0,
                restored: 0,
                damages: [],
                error: "the daemon is stopping"
            )
        }
        var outcome = Repairer.Outcome()
        if repair, report.damaged > 0 {
            outcome = synchronizer.repair(report.damages, limits: limits)
        }
        note(report, outcome, took: start.duration(to: .now))
        return VerificationDocument(report, outcome)
    }

    private func note(_ report: VerificationReport, _ outcome: Repairer.Outcome, took: Duration) {
        let left = report.damaged - outcome.restored.count
        let now = Timestamp.current()
        state.withLock { state in
            state.facts.last = now
            state.facts.damaged = left
            state.facts.restored += outcome.restored.count
        }
        do throws(StoreError) {
            try volume.noteVerification(at: now)
        } catch {
            log.warning("\(error)")
        }
        for damage in report.damages.prefix(Self.mostLines) {
            if let origin = outcome.restored[damage] {
                let fields: Logger.Metadata = ["was": "\(damage.reason)", "from": "\(origin.rawValue)"]
                log.warning("restored \(damage.path) of release \(damage.tag)", metadata: fields)
            } else {
                let why = outcome.error.map { "; it could not be restored: \($0)" } ?? "; run specman verify --repair"
                log.error("\(damage.path) of release \(damage.tag) is damaged: \(damage.reason)\(why)")
            }
        }
        let fields: Logger.Metadata = [
            "entries": "\(report.entries)", "bytes": "\(report.bytes)", "damaged": "\(report.damaged)",
            "restored": "\(outcome.restored.count)", "took": "\(DurationText.format(took))",
        ]
        log.log(level: report.damaged > 0 ? .warning : .info, "Verified the volume", metadata: fields)
    }
}

extension Synchronizer {
    /// Restores `damages` while nothing else brings archives onto the volume.
    func repair(_ damages: [Damage], limits: ArchiveLimits) -> Repairer.Outcome {
        alone { deadline in
            Repairer(volume: volume, source: source, limits: limits).mend(damages, before: deadline)
        }
    }
}

extension VerificationDocument {
    init(_ report: VerificationReport, _ outcome: Repairer.Outcome = Repairer.Outcome()) {
        self.init(
            entries: report.entries,
            bytes: report.bytes,
            damaged: report.damaged,
            restored: outcome.restored.count,
            damages: report.damages.map { damage in
                Damage(
                    path: damage.path,
                    tag: "\(damage.tag)",
                    reason: damage.reason,
                    restored: outcome.restored[damage]?.rawValue
                )
            },
            error: outcome.error
        )
    }
}
