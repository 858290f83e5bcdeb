internal import Platform
internal import Synchronization

/// A docker `config.json`.
package struct DockerConfigurationFile: Hashable, Sendable {
    package let path: String
    /// Whether it has to be there: one that was named has to, one in the usual place hasn't.
    package let isRequired: Bool
    /// What it held when it was read, which is what counts then; `nil` where it is read when it is needed.
    private(set) var content: [UInt8]?

    /// The largest one read, in bytes: a hundred registries take some ten KiB.
    static let limit = 1 << 20

    package init(_ path: String, isRequired: Bool) {
        self.path = path
        self.isRequired = isRequired
    }

    /// The same file, with what it holds now; checked, so that it is known before it is needed.
    ///
    /// - Throws: `RegistryError.credentialFile`.
    package func loaded() throws(RegistryError) -> DockerConfigurationFile {
        var loaded = self
        let content = try read(unless: nil).bytes ?? []
        _ = try decode(content)
        loaded.content = content
        return loaded
    }

    /// Where docker has it: in `$DOCKER_CONFIG`, else in `$HOME/.docker`; `nil` where neither is set.
    package static func standard(_ environment: [String: String]) -> DockerConfigurationFile? {
        if let directory = environment["DOCKER_CONFIG"], !directory.isEmpty {
            return DockerConfigurationFile(directory + "/config.json", isRequired: false)
        }
        guard let home = environment["HOME"], !home.isEmpty else { return nil }
        return DockerConfigurationFile(home + "/.docker/config.json", isRequired: false)
    }

    /// - Returns: no bytes where the file is the one that `known` describes, or where there is none.
    fileprivate func read(
        unless known: FileIdentity?
    ) throws(RegistryError) -> (stamp: FileIdentity?, bytes: [UInt8]?) {
        if let content { return (nil, content) }
        do throws(SystemError) {
            let descriptor = try FileDescriptor.open(path, .readOnly)
            let stamp = FileIdentity(try descriptor.status())
            if stamp == known { return (stamp, nil) }
            var bytes: [UInt8] = []
            while true {
                let part = try descriptor.read(upTo: 64 << 10)
                if part.isEmpty { return (stamp, bytes) }
                bytes += part
                if bytes.count > Self.limit { break }
            }
        } catch {
            // A daemon that doesn't run as root has a HOME that it can't enter at times.
            if !isRequired, error.isNotFound || error.isPermissionDenied { return (nil, nil) }
            throw failure(
                "reading docker's configuration",
                "\(error.reason); run specman login HOST, or correct source.dockerConfig"
            )
        }
        throw failure("reading docker's configuration", "it is larger than 1 MiB; check source.dockerConfig")
    }

    func failure(_ attempt: String, _ reason: String) -> RegistryError {
        .credentialFile(path: path, attempt: attempt, reason: reason)
    }

    /// Reads what the file holds.
    func decode(_ bytes: [UInt8]) throws(RegistryError) -> DockerConfiguration {
        // An empty file is what `touch` makes of it, for a volume to be mounted over.
        if bytes.isEmpty { return DockerConfiguration() }
        do throws(RegistryError) {
            return try JSON.decode(DockerConfiguration.self, from: bytes, name: path)
        } catch {
            guard case .malformed(_, let reason) = error else { throw error }
            throw failure("reading docker's configuration", "\(reason); correct it, or remove it and log in again")
        }
    }
}

/// The credentials that docker's configuration has for one repository, read again when the file changes.
final class DockerCredentials: CredentialSource {
    private let file: DockerConfigurationFile
    private let server: RegistryKey
    private let repository: String?
    private let state = Mutex(State())

    private struct State {
        /// What the file system said of the file when it was read; `nil` where there was none.
        var stamp: FileIdentity?
        var identity: Identity?
    }

    init(_ file: DockerConfigurationFile, host: String, repository: String?) {
        self.file = file
        server = RegistryKey(host: host)
        self.repository = repository
    }

    func identity(renewed: Bool, before deadline: Deadline) throws(RegistryError) -> Identity {
        try state.withLock { state throws(RegistryError) in
            let (stamp, bytes) = try file.read(unless: renewed ? nil : state.stamp)
            if !renewed, stamp == state.stamp, let identity = state.identity { return identity }
            let identity = try find(try file.decode(bytes ?? []), before: deadline)
            state.stamp = stamp
            state.identity = identity
            return identity
        }
    }

    private func find(_ configuration: DockerConfiguration, before deadline: Deadline) throws(RegistryError) -> Identity
    {
        if let name = configuration.helper(for: server),
            let identity = try CredentialHelper(name).get(server.server, before: deadline)
        {
            return identity
        }
        return try configuration.identity(for: server, repository: repository, path: file.path)
    }
}
