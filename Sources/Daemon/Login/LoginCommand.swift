internal import Platform
internal import Registry

/// `specman login` and `specman logout`: docker's configuration.
package enum LoginCommand {
    /// For all requests and helpers of one login.
    private static let patience: Duration = .seconds(60)

    /// Asks the registry whether it takes the password, then keeps it.
    ///
    /// - Returns: a line that says where it is kept.
    /// - Throws: ``ConfigurationError`` or ``CommandFailure``.
    package static func login(
        _ text: String,
        username: String,
        password: String,
        configuration: Configuration
    ) throws -> String {
        let host = try host(text)
        let file = try file(configuration)
        Signals.ignoreBrokenPipes()
        var options = RegistryOptions(configuration.source)
        options.credentials = .basic(username: username, password: password)
        do throws(RegistryError) {
            let deadline = Deadline(after: patience)
            try RegistryLogin.check(host, options: options, before: deadline)
            let place = try file.store(username: username, password: password, for: host, before: deadline)
            return switch place {
            case .file: "logged in to \(host) as \(username); the password is in \(file.path)"
            case .helper(let name): "logged in to \(host) as \(username); docker-credential-\(name) keeps the password"
            }
        } catch {
            throw CommandFailure("logging in to \(host): \(error)")
        }
    }

    /// - Returns: a line that says what was forgotten.
    /// - Throws: ``ConfigurationError`` or ``CommandFailure``.
    package static func logout(_ text: String, configuration: Configuration) throws -> String {
        let host = try host(text)
        let file = try file(configuration)
        do throws(RegistryError) {
            let found = try file.remove(host, before: Deadline(after: patience))
            return found ? "logged out of \(host)" : "\(file.path) has nothing for \(host)"
        } catch {
            throw CommandFailure("logging out of \(host): \(error)")
        }
    }

    private static func host(_ text: String) throws(CommandFailure) -> String {
        guard let host = RegistryLogin.host(text) else {
            throw CommandFailure("\"\(text)\" is no registry; write HOST[:PORT], without a repository")
        }
        return host
    }

    private static func file(_ configuration: Configuration) throws(ConfigurationError) -> DockerConfigurationFile {
        guard let file = configuration.source.dockerConfig else {
            throw .missing(
                key: "source.dockerConfig",
                remedy: "set it, DOCKER_CONFIG or HOME: one of them says where docker's configuration is"
            )
        }
        return file
    }
}
