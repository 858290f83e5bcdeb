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
    private let facts: ServiceFacts
    private let reloader: CertificateReloader
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
        let location = try configuration.requiredLocation
        volume = try Volume(directory: configuration.storage.directory, options: Volume.Options(configuration.storage))

        let requests = RegistryRequestCounter()
        let source = try configuration.source.open(location, log: log) { host, status in
            requests.count(host: host, status: status)
        }
        synchronizer = try Synchronizer(source: source, configuration: configuration, volume: volume, log: log)
        loop = SyncLoop(
            schedule: Schedule(interval: configuration.source.interval),
            now: Timestamp.current,
            poll: synchronizer.poll
        )

        let certificate = try ServerCertificate(configuration.listener, volume: configuration.storage.directory)
        certificateFile = certificate.certificateFile
        facts = ServiceFacts(volume: volume, loop: loop, requests: requests, checks: configuration.source.checks)
        server = try Self.makeServer(
            configuration,
            context: certificate.context,
            volume: volume,
            loop: loop,
            facts: facts,
            log: log
        )
        reloader = CertificateReloader(
            certificateFile: certificate.certificateFile,
            keyFile: certificate.keyFile,
            context: certificate.context,
            server: server,
            log: log
        )
        facts.observe(server, reloader)
    }

    private static func makeServer(
        _ configuration: Configuration,
        context: TLSContext,
        volume: Volume,
        loop: SyncLoop,
        facts: ServiceFacts,
        log: Logger
    ) throws -> Server {
        let patience = configuration.source.timeout
        let site = Site(
            volume: volume,
            options: SiteOptions(
                listing: configuration.listener.listing,
                compression: configuration.listener.compression,
                clock: Timestamp.current,
                report: { log.error("\($0)") }
            ),
            status: facts.status,
            actions: SiteActions(sync: { SyncReport(loop.pollNow(patience: patience), active: volume.active) })
        )
        var endpoints: [Endpoint] = [
            .tls("\(configuration.listener.address)", context),
            .unix(configuration.storage.directory + "/specman.sock"),
        ]
        var responders: [any Responder] = [SiteResponder(site: site), SiteResponder(site: site)]
        if let management = configuration.management {
            endpoints.append(.plain("\(management)"))
            responders.append(
                ManagementResponder(
                    site: ManagementSite(active: facts.activeSummary, metrics: facts.metrics)
                )
            )
        }
        return try Server(
            endpoints: endpoints,
            responders: responders,
            limits: ServerLimits(configuration.listener)
        )
    }

    /// Serves until SIGTERM or SIGINT. SIGHUP has the certificate's files looked at, at once.
    package func run() {
        let signals = SignalWatch(onHangUp: reloader.look)
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
        warnOfSecretDirectory()
        server.start()
        log.info("Listening on https://\(server.boundAddress(of: 0))", metadata: ["certificate": "\(certificateFile)"])
        if configuration.management != nil {
            log.info("Listening on http://\(server.boundAddress(of: 2))", metadata: ["for": "management"])
        }
        loop.start()
    }

    /// A Secret that is mounted at the standard place would be expected to count.
    private func warnOfSecretDirectory() {
        guard case .text(let path)? = ConfigurationKey.named("source.secretDirectory")?.fallback, WholeFile.exists(path)
        else { return }
        log.warning(
            "a registry Secret is mounted, which this version can't read; set source.username and source.passwordFile",
            metadata: ["directory": "\(path)"]
        )
    }

    /// Ends a running sync, lets running answers end within `listener.drainTimeout`, and gives the volume back.
    package func stop() {
        synchronizer.cancel()
        server.stop(drainTimeout: configuration.listener.drainTimeout)
        loop.stop(patience: Self.syncPatience)
        facts.stopObserving()
    }

    /// How long a sync that was cancelled may take to end: a write to a slow disk, at worst an fsync.
    private static let syncPatience: Duration = .seconds(5)

    /// The port of the TLS listener, for tests that let the system choose.
    package var port: UInt16 {
        server.boundAddress(of: 0).port
    }
}
