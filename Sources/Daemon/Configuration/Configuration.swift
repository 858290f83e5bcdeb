package import Checks
package import Content
package import Curl
internal import Listener
internal import Platform
package import Registry

/// The configuration, each value checked and in the form in which it is used.
package struct Configuration: Sendable {
    /// Where releases come from, and how.
    package struct Source: Sendable {
        package var location: Reference.Location?
        /// Where what the deployment's region of AWS lacks is had.
        package var fallback: RegionalFallback?
        package var interval: Duration
        package var timeout: Duration
        package var plainHTTP: Bool
        package var caFile: String?
        package var certificateFile: String?
        package var keyFile: String?
        /// What these files hold, once it was read; what a Secret holds at once.
        package var material = PEMMaterial()
        package var insecureSkipVerify: Bool
        package var credentials: Credentials
        /// Where `specman login` keeps what it learns; `nil` where nothing says where docker's configuration is.
        package var dockerConfig: DockerConfigurationFile?
        /// Where manifests by digest and blobs are asked for first, in order.
        package var mirrors: [MirrorAddress]
        /// Which tag is taken.
        package var tags: TagPolicy
        /// Who must have signed a release; none where anybody may push.
        package var verifyKeys: TrustedKeys
        /// What is looked for in a release.
        package var checks: CheckPolicy
    }

    /// The volume.
    package struct Storage: Sendable {
        package var directory: String
        package var retain: Int
        package var maxFiles: Int
        package var maxFileSize: Int64
        package var maxTotalSize: Int64
        package var maxRatio: Int64
        package var reserve: Int64
        package var keepArchives: Bool
        /// Zero for never.
        package var verifyInterval: Duration
    }

    /// The TLS listener.
    package struct Listener: Sendable {
        package var address: Address
        package var certificateFile: String?
        package var keyFile: String?
        /// `nil` where the self-signed certificate takes the standard names.
        package var names: [String]?
        /// Authorities of which one must have signed a client's certificate; `nil` where clients need none.
        package var clientCAFile: String?
        /// `nil` where nobody is asked for a password.
        package var htpasswdFile: String?
        package var realm: String
        /// Users of ``htpasswdFile`` who may change things.
        package var administrators: [String]
        package var maxConnections: Int
        package var headerTimeout: Duration
        package var idleTimeout: Duration
        package var sendTimeout: Duration
        package var drainTimeout: Duration
        package var listing: Bool
        package var compression: Bool
    }

    /// What the log says, and in which form.
    package struct Log: Sendable {
        package enum Format: String, CaseIterable, Sendable {
            case text
            case json
        }

        package enum Level: String, CaseIterable, Sendable {
            case trace
            case debug
            case info
            case warn
            case warning
            case error
        }

        package var level: Level
        package var format: Format
        /// Whether each request gets a line.
        package var access: Bool
    }

    package var source: Source
    package var storage: Storage
    package var listener: Listener
    /// `nil` where `management.address` is `none`.
    package var management: Address?
    package var log: Log
    /// What this was made of.
    package let settings: Settings

    /// Checks `settings`, the first fault ending it.
    package init(_ settings: Settings) throws(ConfigurationError) {
        self.settings = settings
        source = try Source(settings)
        storage = try Storage(settings)
        listener = try Listener(settings)
        management = settings.text("management.address") == "none" ? nil : try settings.address("management.address")
        if let management, management.port != 0, management == listener.address {
            throw settings.fault(
                "management.address",
                expected: "another address or port than listener.address, which is the same; or none"
            )
        }
        log = Log(
            level: try settings.choice("log.level"),
            format: try settings.choice("log.format"),
            access: try settings.flag("log.access")
        )
    }
}

extension Configuration {
    /// Where releases come from, for what can't do without.
    ///
    /// - Throws: ``ConfigurationError/missing(key:remedy:)`` where `source.repository` is not set.
    package var requiredLocation: Reference.Location {
        get throws(ConfigurationError) {
            guard let location = source.location else { throw .noRepository }
            return location
        }
    }
}

/// The ranges in which durations make sense: nothing that spins, nothing that overflows a timer.
private enum Bounds {
    /// The longest, a year, is longer than any medium should be trusted.
    static let verifyInterval: ClosedRange<Duration> = .zero ... .seconds(366 * 86_400)
    static let interval: ClosedRange<Duration> = .milliseconds(100) ... .seconds(7 * 86_400)
    static let timeout: ClosedRange<Duration> = .seconds(1) ... .seconds(7 * 86_400)
    static let connection: ClosedRange<Duration> = .milliseconds(100) ... .seconds(86_400)
    static let drain: ClosedRange<Duration> = .zero ... .seconds(3600)
    static let size: ClosedRange<Int64> = 1...(1 << 50)
    /// Each that is away costs the sync some seconds.
    static let mirrors = 16
}

extension Configuration.Source {
    fileprivate init(_ settings: Settings) throws(ConfigurationError) {
        location = try settings.location("source.repository", in: try settings.region())
        interval = try settings.duration("source.interval", in: Bounds.interval)
        timeout = try settings.duration("source.timeout", in: Bounds.timeout)
        plainHTTP = try settings.flag("source.plainHTTP")
        caFile = settings.text("source.tls.caFile")
        certificateFile = settings.text("source.tls.certificateFile")
        keyFile = settings.text("source.tls.keyFile")
        if settings.isFromSecret("source.tls.caFile") { material.authorities = settings.secret.authorities }
        insecureSkipVerify = try settings.flag("source.tls.insecureSkipVerify")
        if certificateFile == nil, keyFile != nil {
            throw .missing(key: "source.tls.certificateFile", remedy: "source.tls.keyFile needs it")
        }
        mirrors = try settings.mirrors("source.mirrors")
        tags = try settings.tagPolicy()
        verifyKeys = TrustedKeys(settings.list("source.verify.keys") ?? [])
        checks = try settings.checkPolicy()
        dockerConfig = settings.dockerConfig
        fallback = try settings.fallback(from: location, policy: tags)
        credentials = try settings.credentials(dockerConfig, for: location)
    }
}

extension Configuration.Storage {
    fileprivate init(_ settings: Settings) throws(ConfigurationError) {
        guard let directory = settings.text("storage.directory"), !directory.isEmpty else {
            throw settings.fault("storage.directory", expected: "the path of a directory")
        }
        self.directory = directory
        retain = try settings.count("storage.retain", in: 1...1000)
        maxFiles = try settings.count("storage.maxFiles", in: 1...100_000_000)
        maxFileSize = try settings.size("storage.maxFileSize", in: Bounds.size)
        maxTotalSize = try settings.size("storage.maxTotalSize", in: Bounds.size)
        maxRatio = Int64(try settings.count("storage.maxRatio", in: 1...1_000_000))
        reserve = try settings.size("storage.reserve", in: 0...(1 << 50))
        keepArchives = try settings.flag("storage.keepArchives")
        verifyInterval = try settings.duration("storage.verifyInterval", in: Bounds.verifyInterval)
    }
}

extension Configuration.Listener {
    fileprivate init(_ settings: Settings) throws(ConfigurationError) {
        address = try settings.address("listener.address")
        certificateFile = settings.text("listener.certificateFile")
        keyFile = settings.text("listener.keyFile")
        switch (certificateFile, keyFile) {
        case (_?, nil):
            throw .missing(key: "listener.keyFile", remedy: "listener.certificateFile needs the key that belongs to it")
        case (nil, _?):
            throw .missing(
                key: "listener.certificateFile",
                remedy: "listener.keyFile needs the certificate of that key"
            )
        default: break
        }
        names = settings.list("listener.names")
        clientCAFile = settings.text("listener.clientCAFile")
        htpasswdFile = settings.text("listener.htpasswdFile")
        guard let realm = settings.text("listener.realm"), realm.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw settings.fault("listener.realm", expected: "a name without control characters")
        }
        self.realm = realm
        administrators = settings.list("listener.administrators") ?? []
        maxConnections = try settings.count("listener.maxConnections", in: 1...1_000_000)
        headerTimeout = try settings.duration("listener.headerTimeout", in: Bounds.connection)
        idleTimeout = try settings.duration("listener.idleTimeout", in: Bounds.connection)
        sendTimeout = try settings.duration("listener.sendTimeout", in: Bounds.connection)
        drainTimeout = try settings.duration("listener.drainTimeout", in: Bounds.drain)
        listing = try settings.flag("listener.listing")
        compression = try settings.flag("listener.compression")
    }
}

extension Settings {
    /// - Parameter region: of AWS, to be put into the template.
    func location(_ name: String, in region: AWSRegion?) throws(ConfigurationError) -> Reference.Location? {
        guard let text = try text(name, in: region) else { return nil }
        let expected = "HOST[:PORT]/NAME without a tag, NAME in small letters, or oci-layout:DIR"
        guard let reference = try? Reference(text) else {  // The one remedy covers each cause.
            throw fault(name, expected: expected)
        }
        guard reference.tag == nil, reference.digest == nil else {
            throw fault(name, expected: expected + "; to hold one release, set source.tags.policy to pinned")
        }
        return reference.location
    }

    fileprivate func mirrors(_ name: String) throws(ConfigurationError) -> [MirrorAddress] {
        let texts = list(name) ?? []
        let mirrors = texts.compactMap { MirrorAddress($0) }
        guard mirrors.count == texts.count, texts.count <= Bounds.mirrors else {
            throw fault(
                name,
                expected: "a list of at most \(Bounds.mirrors) repositories, HOST[:PORT]/NAME without a tag, NAME in "
                    + "small letters, or oci-layout:DIR"
            )
        }
        return mirrors
    }

    fileprivate func address(_ name: String) throws(ConfigurationError) -> Address {
        guard let address = text(name).flatMap({ Address($0) }),
            // What the listener can't bind to is found now, by `config check`, and not at the start.
            (try? Endpoint.address(parsing: "\(address)")) != nil
        else {
            throw fault(name, expected: "ADDRESS:PORT, such as [::]:8443, 127.0.0.1:9090 or :8443")
        }
        return address
    }
}

/// Where to listen: a host, empty for all, and a port.
package struct Address: Hashable, Sendable, CustomStringConvertible {
    /// Without brackets; empty for every address of the machine.
    package let host: String
    /// 0 lets the system choose.
    package let port: UInt16

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Takes `HOST:PORT`, `[IPv6]:PORT` or `:PORT`.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.first == "[", host.last == "]" {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        self.init(host: String(host), port: port)
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
