internal import Archive
internal import Content
internal import Dispatch
internal import HTTP
internal import Listener
package import Logging
internal import OpenSSL
internal import Platform
internal import Registry
internal import Serving
internal import Store

/// The daemon: joins the stages, from the registry to the listener.
///
/// Order at the start: the volume is locked and swept, the last good release is there at once; then the ports are
/// bound, then the first poll begins. A registry that is away delays nothing.
package final class Service: Sendable {
    private let configuration: Configuration
    private let log: Logger
    private let volume: Volume
    private let synchronizer: Synchronizer
    private let loop: SyncLoop
    private let server: Server
    /// Apart from the other one, as it goes on answering while that one stops.
    private let management: Server?
    private let facts: ServiceFacts
    private let reloader: CertificateReloader
    private let passwords: HtpasswdReloader?
    private let accessLog: AccessLog?
    private let registryWatch: FileWatch
    private let check: VolumeCheck
    private let certificateFile: String

    /// Opens the volume, makes or reads the certificate, and binds the ports; nothing is served yet.
    ///
    /// - Throws: ``ConfigurationError`` where there is no repository, else an error whose description is the line for
    ///   the operator.
    package init(_ configuration: Configuration, log: Logger? = nil) throws {
        Signals.ignoreBrokenPipes()
        ProcessFacts.raiseDescriptorLimit()
        let log = log ?? Logger(configuration.log)
        self.configuration = configuration
        self.log = log
        _ = try configuration.requiredLocation
        volume = try Volume(directory: configuration.storage.directory, options: Volume.Options(configuration.storage))

        let requests = RegistryRequestCounter()
        let supply = try SourceSupply(configuration, observe: requests.count, log: log)
        synchronizer = try Synchronizer(source: supply, configuration: configuration, volume: volume, log: log)
        loop = SyncLoop(
            schedule: Schedule(interval: configuration.source.interval),
            now: Timestamp.current,
            poll: synchronizer.poll
        )

        let certificate = try ServerCertificate(configuration.listener, volume: configuration.storage.directory)
        certificateFile = certificate.files.certificate
        let passwordsSeen = configuration.listener.htpasswdFile.map(FileIdentity.init(ofFile:))
        let gate = try Self.makeGate(configuration.listener)
        accessLog = configuration.log.access ? AccessLog(Logger(forRequests: log)) : nil
        check = VolumeCheck(
            volume: volume,
            synchronizer: synchronizer,
            limits: ArchiveLimits(configuration.storage),
            interval: configuration.storage.verifyInterval,
            log: log
        )
        facts = ServiceFacts(
            volume: volume,
            loop: loop,
            newest: { [synchronizer] in synchronizer.newest },
            check: check,
            requests: requests,
            checks: configuration.source.checks
        )
        server = try Self.makeServer(
            configuration,
            context: certificate.context,
            gate: gate,
            accessLog: accessLog,
            volume: volume,
            facts: facts,
            actions: Administration(
                volume: volume,
                synchronizer: synchronizer,
                loop: loop,
                check: check,
                patience: configuration.source.timeout,
                log: log
            )
            .actions,
            log: log
        )
        management = try Self.makeManagement(configuration, facts: facts)
        reloader = CertificateReloader(certificate, server: server, log: log)
        passwords = configuration.listener.htpasswdFile.flatMap { file in
            gate.map { HtpasswdReloader(file: file, seen: passwordsSeen ?? nil, gate: $0, log: log) }
        }
        facts.observe(server, reloader)
        volume.whenChanged { [weak server] in server?.noteChange() }
        supply.whenChanged { [weak loop] in loop?.pollSoon() }
        // Which files it is that change the source may change with them: it knows them itself.
        registryWatch = FileWatch([], looked: supply.look) {}
    }

    private static func makeGate(_ listener: Configuration.Listener) throws(HtpasswdError) -> AccessGate? {
        guard let file = listener.htpasswdFile else { return nil }
        return AccessGate(
            try Htpasswd(file: file),
            realm: listener.realm,
            administrators: listener.administrators
        )
    }

    private static func makeServer(
        _ configuration: Configuration,
        context: TLSContext,
        gate: AccessGate?,
        accessLog: AccessLog?,
        volume: Volume,
        facts: ServiceFacts,
        actions: SiteActions,
        log: Logger
    ) throws -> Server {
        let site = Site(
            volume: volume,
            options: SiteOptions(
                listing: configuration.listener.listing,
                compression: configuration.listener.compression,
                clock: Timestamp.current,
                archive: { release, path, peer in
                    TreeArchive.make(path, of: release, for: peer) { log.error("\($0)") }
                },
                report: { log.error("\($0)") }
            ),
            status: facts.status,
            actions: actions
        )
        let endpoints: [Endpoint] = [
            .tls("\(configuration.listener.address)", context),
            .unix(configuration.storage.directory + "/specman.sock"),
        ]
        return try Server(
            endpoints: endpoints,
            responders: [
                SiteResponder(site: site, gate: gate, isSecure: true, log: accessLog),
                SiteResponder(site: site, gate: nil, isSecure: false, log: accessLog),
            ],
            limits: limits(configuration.listener, log: log)
        )
    }

    /// The limits, as far as the process may open descriptors: some are for files, the registry and the index.
    private static func limits(_ listener: Configuration.Listener, log: Logger) -> ServerLimits {
        var limits = ServerLimits(listener)
        let descriptors = Int(clamping: ProcessFacts.descriptors.limit)
        let room = max(16, descriptors - reservedDescriptors)
        if limits.maxConnections > room {
            log.warning(
                "listener.maxConnections is more than the process may open; raise its limit of descriptors (ulimit -n)",
                metadata: ["limit": "\(descriptors)", "maxConnections": "\(room)"]
            )
            limits.maxConnections = room
        }
        return limits
    }

    /// Descriptors that are not for connections: the index's readers, a sync's files, 256 files in each loop's cache.
    private static let reservedDescriptors = 768

    private static func makeManagement(_ configuration: Configuration, facts: ServiceFacts) throws -> Server? {
        guard let address = configuration.management else { return nil }
        let site = ManagementSite(active: facts.activeSummary, isStopping: facts.isStopping, metrics: facts.metrics)
        var limits = ServerLimits(configuration.listener)
        // Probes and one scraper: what else comes must not take the descriptors of those who are served.
        limits.maxConnections = min(limits.maxConnections, 64)
        limits.bufferSize = 4 << 20
        limits.cacheSize = 0
        limits.workers = 2
        return try Server(
            endpoints: [.plain("\(address)")],
            responders: [ManagementResponder(site: site)],
            limits: limits,
            loops: 1
        )
    }

    /// Serves until SIGTERM or SIGINT. SIGHUP has the files that are watched looked at, at once.
    package func run() {
        let signals = SignalWatch { [reloader, passwords, registryWatch] in
            reloader.look()
            passwords?.look()
            registryWatch.look()
        }
        start()
        signals.wait()
        log.info("Stopping")
        stop()
        log.info("Stopped")
    }

    /// Begins to serve and to poll.
    package func start() {
        let fields: Logger.Metadata = ["version": "\(version)", "pid": "\(ProcessFacts.identifier)"]
        if let active = volume.active {
            log.info("Serving \(active.tag)", metadata: fields.merging(["digest": "\(active.digest)"]) { $1 })
        } else {
            log.info("No release on the volume yet: answering 503 until the first sync", metadata: fields)
        }
        if let hold = volume.hold { log.warning("Holding \(hold.tag)", metadata: ["held": "\(hold)"]) }
        warnOfStrangers()
        server.start()
        log.info("Listening on https://\(server.boundAddress(of: 0))", metadata: ["certificate": "\(certificateFile)"])
        if let management {
            management.start()
            log.info("Listening on http://\(management.boundAddress(of: 0))", metadata: ["for": "management"])
        }
        loop.start()
        check.start()
    }

    /// A misspelt value of the Secret would be missed silently.
    private func warnOfStrangers() {
        let strangers = configuration.settings.secret.strangers
        guard !strangers.isEmpty else { return }
        log.warning(
            "the registry Secret has values that mean nothing here; check their spelling, it counts",
            metadata: ["names": "\(strangers.joined(separator: " "))"]
        )
    }

    /// Readiness falls; then a running sync is ended, idle connections close, running answers end within
    /// `listener.drainTimeout`, and the volume is given back. Probes are answered until all of that is done.
    package func stop() {
        facts.beginStopping()
        synchronizer.cancel()
        server.stop(drainTimeout: configuration.listener.drainTimeout)
        loop.stop(patience: Self.syncPatience)
        check.stop(patience: Self.syncPatience)
        management?.stop(drainTimeout: Self.probePatience)
        facts.stopObserving()
        accessLog?.flush(patience: Self.logPatience)
    }

    /// How long the last lines of the access log may take to be read.
    private static let logPatience: Duration = .seconds(1)

    /// How long a sync that was cancelled may take to end: a write to a slow disk, at worst an fsync.
    private static let syncPatience: Duration = .seconds(5)

    /// How long an answer to a probe may take at the very end.
    private static let probePatience: Duration = .milliseconds(500)

    /// The port of the TLS listener, for tests that let the system choose.
    package var port: UInt16 {
        server.boundAddress(of: 0).port
    }
}
