internal import FoundationEssentials

/// Says who asks, for one registry. Bearer tokens and ECR are further conformances.
protocol Authenticator: Sendable {
    /// The value of `Authorization` for a request to the registry itself, never for another host.
    func authorization() -> String?

    /// Takes note of an answer 401.
    ///
    /// - Returns: when the request may be sent once more, since ``authorization()`` now answers something else.
    /// - Throws: ``RegistryError`` where it can't help, saying what to do.
    func refused(with challenges: [Challenge], host: String) throws(RegistryError)
}

/// For registries that anyone may read.
struct AnonymousAuthenticator: Authenticator {
    func authorization() -> String? { nil }

    func refused(with challenges: [Challenge], host: String) throws(RegistryError) {
        guard let scheme = challenges.unsupportedScheme else { throw .authenticationRequired(host: host) }
        throw .unsupportedAuthentication(host: host, scheme: scheme)
    }
}

/// User name and password with every request, without waiting to be asked (RFC 7617 section 2.2).
struct BasicAuthenticator: Authenticator {
    private let username: String
    private let value: String

    init(username: String, password: String) {
        self.username = username
        value = "Basic " + Data("\(username):\(password)".utf8).base64EncodedString()
    }

    func authorization() -> String? { value }

    func refused(with challenges: [Challenge], host: String) throws(RegistryError) {
        guard let scheme = challenges.unsupportedScheme else {
            throw .wrongCredentials(host: host, username: username)
        }
        throw .unsupportedAuthentication(host: host, scheme: scheme)
    }
}

extension [Challenge] {
    /// The name of what is asked for where nothing of it is Basic.
    fileprivate var unsupportedScheme: String? {
        guard let first, !contains(where: { $0.scheme == "basic" }) else { return nil }
        return first.scheme == "bearer" ? "Bearer" : JSON.printable(first.scheme)
    }
}
