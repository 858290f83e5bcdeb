internal import Content
internal import Curl
internal import OpenSSL
internal import Synchronization

/// The password that Amazon ECR gives for its registries, fetched anew before it expires and when it is refused.
///
/// Specification: Amazon ECR User Guide, "Private registry authentication".
final class ECRCredentials: CredentialSource {
    private let configuration: AWSConfiguration
    private let host: String
    private let ecr: ECRHost?
    private let client: AWSClient
    private let options: RegistryOptions
    /// The identity, or `nil` where nobody is found and nobody is needed.
    private let state = Mutex<Lease<Identity>?>(nil)

    init(_ configuration: AWSConfiguration, host: String, options: RegistryOptions) {
        self.configuration = configuration
        self.host = host
        self.options = options
        ecr = ECRHost(host)
        client = AWSClient(configuration.environment, options: options)
    }

    func identity(renewed: Bool, before deadline: Deadline) throws(RegistryError) -> Identity {
        try state.withLock { kept throws(RegistryError) in
            if !renewed, let kept, !kept.isStale(at: options.now()) { return kept.value }
            do throws(RegistryError) {
                let fresh = try fetch(before: deadline)
                kept = fresh
                return fresh.value
            } catch {
                // As long as the old one holds, an AWS that is away for a moment does no harm.
                guard !renewed, error.isTransient, let kept, !kept.hasExpired(at: options.now()) else { throw error }
                return kept.value
            }
        }
    }

    private func fetch(before deadline: Deadline) throws(RegistryError) -> Lease<Identity> {
        let region = try region()
        let asked = options.now()
        let identity = AWSIdentity(configuration: configuration, client: client, options: options, region: region)
        guard isPublic else {
            let credentials = try identity.require(before: deadline)
            return try password(of: .ecr, in: region, credentials, asked: asked, before: deadline)
        }
        // Everyone may read the public gallery; who asks for more says so.
        guard configuration.kind == .automatic else {
            let credentials = try identity.require(before: deadline)
            return try password(of: .ecrPublic, in: .virginia, credentials, asked: asked, before: deadline)
        }
        do throws(RegistryError) {
            if let credentials = try identity.find(before: deadline).credentials {
                return try password(of: .ecrPublic, in: .virginia, credentials, asked: asked, before: deadline)
            }
        } catch {
            // A node's role need not be one that ECR knows.
            guard case .aws(_, _, mayPass: false) = error else { throw error }
        }
        return Lease(.anonymous, expires: nil, now: options.clock(), asked: asked)
    }

    private var isPublic: Bool { ecr?.kind == .publicGallery }

    /// Where the registry is: its host name knows best, as a password is one for its own region.
    private func region() throws(RegistryError) -> AWSRegion {
        if let ecr, !isPublic { return ecr.region }
        let named = configuration.region ?? configuration.environment.region.flatMap { AWSRegion($0) }
        if let region = named ?? ecr?.region { return region }
        throw .aws(
            attempt: "getting a password for \(host)",
            reason: "its name tells no region; set source.aws.region or AWS_REGION"
        )
    }

    private func password(
        of service: AWSService,
        in region: AWSRegion,
        _ credentials: AWSCredentials,
        asked: ContinuousClock.Instant,
        before deadline: Deadline
    ) throws(RegistryError) -> Lease<Identity> {
        let url = try client.url(of: service, in: region, ecr)
        let attempt = "getting a password for \(host) in \(region) with \(credentials)"
        let target =
            service == .ecrPublic ? "SpencerFrontendService" : "AmazonEC2ContainerRegistry_V20150921"
        let answer = try client.post(
            url,
            fields: [
                ("Content-Type", "application/x-amz-json-1.1"), ("X-Amz-Target", target + ".GetAuthorizationToken"),
            ],
            body: Array("{}".utf8),
            signature: SignatureV4(credentials: credentials, region: region, service: service.signingName),
            attempt: attempt,
            before: deadline
        )
        guard let password = ECRPassword(answer: answer) else {
            throw .aws(
                attempt: attempt,
                reason: "the answer of \(url.origin) holds no password; check AWS_ENDPOINT_URL_ECR and AWS_ENDPOINT_URL"
            )
        }
        let identity = Identity.password(username: password.username, password: password.password)
        return Lease(identity, expires: password.expires, now: options.clock(), asked: asked)
    }
}

/// What docker's configuration has for a registry of ECR's, as long as the registry takes it; else ECR's own password.
///
/// A password that somebody logged in with holds for twelve hours, and is nothing to go on with after that.
final class AutomaticECRCredentials: CredentialSource {
    private let docker: DockerCredentials
    private let ecr: ECRCredentials
    private let state = Mutex(State())

    private struct State {
        var given: Identity?
        var refused: Identity?
    }

    init(docker: DockerCredentials, ecr: ECRCredentials) {
        self.docker = docker
        self.ecr = ecr
    }

    func identity(renewed: Bool, before deadline: Deadline) throws(RegistryError) -> Identity {
        let kept = try docker.identity(renewed: renewed, before: deadline)
        let isUsable = state.withLock { state in
            if renewed, let given = state.given { state.refused = given }
            state.given = kept == .anonymous || kept == state.refused ? nil : kept
            return state.given != nil
        }
        return isUsable ? kept : try ecr.identity(renewed: renewed, before: deadline)
    }
}
