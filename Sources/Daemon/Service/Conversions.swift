internal import Archive
package import Content
internal import Listener
package import Logging
internal import Platform
internal import Registry
internal import Serving
internal import Store

// The configuration in the words of each room, and the rooms' words in one another's.

extension Timestamp {
    /// Now, by the wall clock.
    @Sendable package static func current() -> Timestamp {
        let (seconds, nanoseconds) = SystemClock.now
        return Timestamp(seconds: seconds, nanoseconds: nanoseconds)
    }
}

extension Logger {
    /// A logger that writes to standard output.
    package init(_ configuration: Configuration.Log) {
        self.init(label: "specman") { _ in
            LogrusHandler(
                format: configuration.format,
                level: Logger.Level(configuration.level),
                write: { StandardStream.output.write($0) },
                now: Timestamp.current
            )
        }
    }
}

extension Logger {
    /// A logger for the lines of requests, which are wanted whatever level the other lines need.
    init(forRequests log: Logger) {
        self = log
        logLevel = .info
    }
}

extension Logger.Level {
    fileprivate init(_ level: Configuration.Log.Level) {
        self =
            switch level {
            case .trace: .trace
            case .debug: .debug
            case .info: .info
            case .warn, .warning: .warning
            case .error: .error
            }
    }
}

extension ArchiveLimits {
    init(_ storage: Configuration.Storage) {
        self.init(
            maxFiles: storage.maxFiles,
            maxFileSize: storage.maxFileSize,
            maxTotalSize: storage.maxTotalSize,
            maxRatio: storage.maxRatio
        )
    }
}

extension Volume.Options {
    init(_ storage: Configuration.Storage) {
        self.init(retain: storage.retain, reserve: storage.reserve, keepArchives: storage.keepArchives)
    }
}

extension RegistryOptions {
    init(_ source: Configuration.Source) {
        self.init()
        plainHTTP = source.plainHTTP
        caFile = source.caFile
        certificateFile = source.certificateFile
        keyFile = source.keyFile
        material = source.material
        insecureSkipVerify = source.insecureSkipVerify
        credentials = source.credentials
        fallback = source.fallback
        userAgent = "specman/\(version)"
    }
}

extension Configuration.Source {
    /// The source at `location`, with its mirrors, which tell the log what they come to.
    func open(
        _ location: Reference.Location,
        log: Logger,
        observe: (@Sendable (_ host: String, _ status: Int) -> Void)? = nil
    ) throws(RegistryError) -> any ReleaseSource {
        var options = RegistryOptions(self)
        options.observe = observe
        options.report = { log.warning("\($0)") }
        return try openSource(
            location,
            mirrors: mirrors,
            options: options,
            docker: dockerConfig,
            report: MirrorLog(log: log).note
        )
    }
}

extension ServerLimits {
    init(_ listener: Configuration.Listener) {
        self.init()
        maxConnections = listener.maxConnections
        headerTimeout = listener.headerTimeout
        idleTimeout = listener.idleTimeout
        sendTimeout = listener.sendTimeout
    }
}

extension Volume {
    /// Why nothing is taken from the registry, in one line.
    func holdNote(newest: Tag) -> String {
        "held \(hold?.description ?? ""); newest is \(newest); specman resume follows the registry again"
    }
}

extension SyncReport {
    /// - Parameter outcome: `nil` where the poll didn't end in time.
    init(_ outcome: SyncOutcome?, _ volume: Volume) {
        let release = volume.active.map { ReleaseSummary($0, active: true) }
        switch outcome {
        case .held(_, _, let newest): self.init(result: .held, release: release, note: volume.holdNote(newest: newest))
        case .published: self.init(result: .published, release: release)
        case .unchanged: self.init(result: .unchanged, release: release)
        case .failed(let reason, _): self.init(result: .failed, release: release, error: reason)
        case nil:
            self.init(
                result: .failed,
                release: release,
                error: "the sync did not end in time, or the daemon is stopping; see the log"
            )
        }
    }
}

extension ServingMetrics {
    mutating func take(_ statistics: ServerStatistics) {
        httpRequests = statistics.requests.map { .init(method: $0.method, code: $0.code, count: $0.count) }
        httpDurations = Histogram(
            bounds: statistics.durationBounds,
            counts: statistics.durationCounts,
            sum: statistics.durationSum
        )
        httpResponseBytes = statistics.responseBytes
        connections = Int(clamping: statistics.connections)
        connectionsRefused = statistics.connectionsRefused
        connectionsShed = statistics.connectionsShed
        bufferedBytes = statistics.bufferedBytes
        handshakes = ["ok": statistics.handshakesSucceeded, "failed": statistics.handshakesFailed]
    }
}
