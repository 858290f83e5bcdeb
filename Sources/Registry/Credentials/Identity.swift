internal import FoundationEssentials

/// Who asks, in the form in which a registry or its token server is told.
enum Identity: Hashable, Sendable {
    /// Nobody in particular.
    case anonymous
    case password(username: String, password: String)
    /// An OAuth2 refresh token, which docker's configuration calls an identity token; only a token server takes it.
    case refreshToken(String)

    /// The value of `Authorization` by RFC 7617 section 2; `nil` where there is no password.
    var basic: String? {
        guard case .password(let username, let password) = self else { return nil }
        return "Basic " + Data("\(username):\(password)".utf8).base64EncodedString()
    }

    var username: String? {
        guard case .password(let username, _) = self else { return nil }
        return username
    }
}

/// Where the credentials for one repository come from.
protocol CredentialSource: Sendable {
    /// - Parameter renewed: whether what was given last was refused, so that nothing kept will do.
    func identity(renewed: Bool, before deadline: Deadline) throws(RegistryError) -> Identity
}

/// Credentials that stand in the configuration.
struct FixedCredentials: CredentialSource {
    let identity: Identity

    func identity(renewed: Bool, before deadline: Deadline) throws(RegistryError) -> Identity { identity }
}

extension Credentials {
    /// - Parameters:
    ///   - host: of the registry, with its port where one was given.
    ///   - name: of the repository; `nil` where only the registry is meant.
    ///   - options: how whoever gives out credentials is spoken to.
    func source(host: String, repository name: String?, options: RegistryOptions) -> any CredentialSource {
        switch self {
        case .anonymous: FixedCredentials(identity: .anonymous)
        case .basic(let username, let password):
            FixedCredentials(identity: .password(username: username, password: password))
        case .docker(let file): DockerCredentials(file, host: host, repository: name)
        case .aws(let aws): ECRCredentials(aws, host: host, options: options)
        case .automatic(let file?, let aws) where ECRHost(host) != nil:
            AutomaticECRCredentials(
                docker: DockerCredentials(file, host: host, repository: name),
                ecr: ECRCredentials(aws, host: host, options: options)
            )
        case .automatic(nil, let aws) where ECRHost(host) != nil: ECRCredentials(aws, host: host, options: options)
        case .automatic(let file?, _): DockerCredentials(file, host: host, repository: name)
        case .automatic(nil, _): FixedCredentials(identity: .anonymous)
        }
    }
}
