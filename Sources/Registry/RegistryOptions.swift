internal import Curl

/// What a registry is shown to say who asks.
package enum Credentials: Hashable, Sendable {
    case anonymous
    case basic(username: String, password: String)
    /// What docker's configuration has for the registry; anonymous where it has nothing.
    case docker(DockerConfigurationFile)
}

/// How a registry is spoken to.
package struct RegistryOptions: Sendable {
    /// Speaks HTTP instead of HTTPS.
    package var plainHTTP = false
    /// Trusted authorities (PEM), instead of the system's.
    package var caFile: String?
    /// A client certificate (PEM) and its key.
    package var certificateFile: String?
    package var keyFile: String?
    /// Takes any certificate.
    package var insecureSkipVerify = false
    package var credentials = Credentials.anonymous
    package var userAgent = "specman"
    /// For name resolution, TCP and TLS together.
    package var connectTimeout: Duration = .seconds(10)
    /// A transfer slower than 1 KiB a second for this long has stalled, and is tried again.
    package var stallTime: Duration = .seconds(30)
    package var retry = RetryPolicy()
    /// Told of each answer, redirects' last one only: host and status; status 0 where there was no answer.
    package var observe: (@Sendable (_ host: String, _ status: Int) -> Void)?
    /// By which clock tokens expire.
    var now: @Sendable () -> ContinuousClock.Instant = { .now }

    package init() {}
}

extension Credentials: CustomStringConvertible {
    /// Never shows the password.
    package var description: String {
        switch self {
        case .anonymous: "anonymous"
        case .basic(let username, _): "\(username):…"
        case .docker(let file): "as \(file.path) has it"
        }
    }
}

extension TransferOptions {
    init(_ options: RegistryOptions) {
        self.init()
        caFile = options.caFile
        certificateFile = options.certificateFile
        keyFile = options.keyFile
        insecure = options.insecureSkipVerify
        userAgent = options.userAgent
        connectTimeout = options.connectTimeout
        stallTime = options.stallTime
    }
}
