internal import Content
package import Curl
internal import Platform

/// What a registry is shown to say who asks.
package enum Credentials: Hashable, Sendable {
    case anonymous
    case basic(username: String, password: String)
    /// What docker's configuration has for the registry; anonymous where it has nothing.
    case docker(DockerConfigurationFile)
    /// As docker's configuration has it, where there is one; for a registry of Amazon ECR's, what AWS gives otherwise.
    case automatic(docker: DockerConfigurationFile?, aws: AWSConfiguration)
    /// What AWS gives, whatever the registry's host is called.
    case aws(AWSConfiguration)
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
    /// What these files held when they were read; it counts instead of them.
    package var material = PEMMaterial()
    /// Takes any certificate.
    package var insecureSkipVerify = false
    package var credentials = Credentials.anonymous
    package var userAgent = "specman"
    /// For name resolution, TCP and TLS together.
    package var connectTimeout: Duration = .seconds(10)
    /// A transfer that brings fewer than `stallSpeed` bytes a second for `stallTime` (whole seconds) has stalled, and is
    /// taken up again where it stopped. At this speed a small release of 2 MiB would take half an hour.
    package var stallSpeed = 1 << 10
    package var stallTime: Duration = .seconds(30)
    package var retry = RetryPolicy()
    /// Told of each answer, redirects' last one only: host and status; status 0 where there was no answer.
    package var observe: (@Sendable (_ host: String, _ status: Int) -> Void)?
    /// Where what the registry's region lacks is had.
    package var fallback: RegionalFallback?
    /// Told in one line what an operator wants to know although nothing has failed.
    package var report: (@Sendable (String) -> Void)?
    /// The wall clock: what is signed for AWS holds by it.
    var clock: @Sendable () -> Timestamp = {
        let (seconds, nanoseconds) = SystemClock.now
        return Timestamp(seconds: seconds, nanoseconds: nanoseconds)
    }
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
        case .automatic(let file, _): "as \(file?.path ?? "AWS") has it"
        case .aws: "as AWS has it"
        }
    }
}

extension Credentials {
    /// The same for a registry in another region of AWS.
    func inRegion(_ region: AWSRegion) -> Credentials {
        switch self {
        case .anonymous, .basic, .docker: self
        case .automatic(let docker, let aws): .automatic(docker: docker, aws: aws.inRegion(region))
        case .aws(let aws): .aws(aws.inRegion(region))
        }
    }
}

extension TransferOptions {
    init(_ options: RegistryOptions) {
        self.init()
        caFile = options.caFile
        certificateFile = options.certificateFile
        keyFile = options.keyFile
        material = options.material
        insecure = options.insecureSkipVerify
        userAgent = options.userAgent
        connectTimeout = options.connectTimeout
        stallSpeed = options.stallSpeed
        stallTime = options.stallTime
    }
}
