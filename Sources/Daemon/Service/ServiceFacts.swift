internal import Checks
internal import Content
internal import Listener
internal import OpenSSL
internal import Platform
internal import Serving
internal import Store
internal import Synchronization

/// What the daemon knows of itself, gathered for `/-/status` and `/metrics` when somebody asks.
final class ServiceFacts: Sendable {
    private let volume: Volume
    private let loop: SyncLoop
    private let newest: @Sendable () -> Tag?
    private let check: VolumeCheck
    private let requests: RegistryRequestCounter
    private let checks: CheckPolicy
    private let startedAt = Timestamp.current()
    private let observed = Mutex<Observed?>(nil)
    private let stopping = Atomic<Bool>(false)

    /// Those that ask for these facts themselves, and so are made after them.
    private struct Observed {
        let server: Server
        let certificate: CertificateReloader
    }

    /// - Parameter newest: the registry's newest candidate, as of the last poll.
    init(
        volume: Volume,
        loop: SyncLoop,
        newest: @escaping @Sendable () -> Tag?,
        check: VolumeCheck,
        requests: RegistryRequestCounter,
        checks: CheckPolicy
    ) {
        self.checks = checks
        self.volume = volume
        self.loop = loop
        self.newest = newest
        self.check = check
        self.requests = requests
    }

    /// From now on the server's and the certificate's facts are told, too.
    func observe(_ server: Server, _ certificate: CertificateReloader) {
        observed.withLock { $0 = Observed(server: server, certificate: certificate) }
    }

    /// Lets go of the server, and it of its responders.
    func stopObserving() {
        observed.withLock { $0 = nil }
    }

    /// From now on the daemon isn't ready.
    func beginStopping() {
        stopping.store(true, ordering: .releasing)
    }

    @Sendable func isStopping() -> Bool { stopping.load(ordering: .acquiring) }

    /// The active release.
    @Sendable func activeSummary() -> ReleaseSummary? {
        volume.active.map { ReleaseSummary($0, active: true) }
    }

    /// What `/-/status` tells.
    @Sendable func status() -> StatusDocument {
        let progress = loop.progress
        return StatusDocument(
            release: activeSummary(),
            held: volume.hold.map { .init(by: $0.by, reason: $0.reason, since: $0.since) },
            sync: StatusDocument.Sync(
                lastAttempt: progress.lastAttempt,
                lastSuccess: progress.lastSuccess,
                next: progress.next,
                lastError: progress.lastError,
                newest: newest()?.description,
                attempts: UInt64(progress.attempts),
                failures: UInt64(progress.failed)
            ),
            verification: check.facts,
            findings: findings(),
            retained: volume.releases().count,
            certificate: observed.withLock { $0 }.map { Self.certificate($0.certificate.certificate) }
        )
    }

    private static func certificate(_ facts: CertificateFacts) -> StatusDocument.Certificate {
        let warning = ExpiryWarning.text(secondsLeft: facts.notAfter - Timestamp.current().seconds)
        return StatusDocument.Certificate(
            subject: facts.subject,
            notAfter: Timestamp(seconds: facts.notAfter),
            warning: warning
        )
    }

    /// What the checks of the active release found.
    private func findings() -> [String] {
        guard let active = volume.active else { return [] }
        do throws(StoreError) {
            return try active.report()?.wanted(by: checks).lines ?? []
        } catch {
            return ["\(error)"]
        }
    }

    /// What `/metrics` tells.
    @Sendable func metrics() -> ServingMetrics {
        let progress = loop.progress
        var metrics = ServingMetrics()
        metrics.syncs = [
            "published": UInt64(progress.published), "unchanged": UInt64(progress.unchanged),
            "held": UInt64(progress.held), "failed": UInt64(progress.failed),
        ]
        if progress.attempts > 0 {
            metrics.lastSyncDuration = progress.lastDuration / .seconds(1)
        }
        metrics.lastSyncSuccess = progress.lastSuccess
        metrics.release = activeSummary()
        // Without a number the metric is left out; the failure shows where something is written.
        metrics.freeBytes = try? volume.freeSpace()
        metrics.isHeld = volume.hold != nil
        let verification = check.facts
        metrics.lastVerification = verification.last
        metrics.damagedFiles = verification.damaged
        metrics.restoredFiles = verification.restored
        metrics.registryRequests = requests.all
        if let observed = observed.withLock({ $0 }) {
            metrics.certificateExpiry = Timestamp(seconds: observed.certificate.certificate.notAfter)
            metrics.take(observed.server.statistics)
        }
        let descriptors = ProcessFacts.descriptors
        if let memory = ProcessFacts.memory {
            metrics.process = ServingMetrics.Process(
                cpuSeconds: ProcessFacts.processorSeconds,
                residentBytes: memory.resident,
                virtualBytes: memory.virtual,
                openDescriptors: Int(clamping: descriptors.open),
                maximumDescriptors: Int(clamping: descriptors.limit),
                startedAt: startedAt
            )
        }
        return metrics
    }
}
