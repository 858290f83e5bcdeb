internal import FoundationEssentials
internal import Platform

/// Writing docker's configuration, as `docker login` and `docker logout` do.
extension DockerConfigurationFile {
    /// Where a password was put.
    package enum Place: Hashable, Sendable {
        case file
        /// The helper that the configuration names.
        case helper(String)
    }

    /// Keeps a password for the registry `host`: with its helper where it has one, else in the file, which is made with
    /// mode 0600 where it isn't there. Everything else in it stays.
    ///
    /// - Throws: ``RegistryError``.
    package func store(
        username: String,
        password: String,
        for host: String,
        before deadline: Deadline
    ) throws(RegistryError) -> Place {
        let server = RegistryKey(host: host)
        var place = Place.file
        try update("writing docker's configuration") { configuration, tree throws(RegistryError) in
            var entry = JSONTree.object([])
            if let name = configuration.helper(for: server) {
                try CredentialHelper(name).store(
                    server.server,
                    username: username,
                    password: password,
                    before: deadline
                )
                place = .helper(name)
            } else {
                entry["auth"] = .text(Data("\(username):\(password)".utf8).base64EncodedString())
            }
            var auths = try section("auths", of: tree)
            for key in configuration.keys(for: server) where key != server.server { auths[key] = nil }
            // Beside a helper an empty entry says, as docker has it, that the helper has one.
            auths[server.server] = entry
            tree["auths"] = auths
            return true
        }
        return place
    }

    /// Forgets what there is for the registry `host`.
    ///
    /// - Returns: whether there was anything.
    /// - Throws: ``RegistryError``.
    package func remove(_ host: String, before deadline: Deadline) throws(RegistryError) -> Bool {
        let server = RegistryKey(host: host)
        var found = false
        guard WholeFile.exists(path) else { return false }
        try update("writing docker's configuration") { configuration, tree throws(RegistryError) in
            let keys = configuration.keys(for: server)
            if let name = configuration.helper(for: server) {
                found = try CredentialHelper(name).erase(server.server, before: deadline)
            }
            guard !keys.isEmpty else { return false }
            found = true
            var auths = try section("auths", of: tree)
            for key in keys { auths[key] = nil }
            tree["auths"] = auths
            return true
        }
        return found
    }

    private func section(_ name: String, of tree: JSONTree) throws(RegistryError) -> JSONTree {
        switch tree[name] {
        case .object(let members)?: return .object(members)
        case nil, .scalar(Array("null".utf8))?: return .object([])
        default: throw failure("writing docker's configuration", "its \(name) is no object; correct it")
        }
    }

    private func update(
        _ attempt: String,
        _ change: (DockerConfiguration, inout JSONTree) throws(RegistryError) -> Bool
    ) throws(RegistryError) {
        try SecretFile.update(
            path,
            limit: Self.limit,
            failure: { failure(attempt, "\($0.reason); check the directory's owner and the space on it") }
        ) { bytes throws(RegistryError) in
            let bytes = bytes ?? []
            let configuration = try decode(bytes)
            guard var tree = bytes.isEmpty ? .object([]) : JSONTree(bytes), case .object = tree else {
                throw failure(attempt, "it is no JSON object; correct it, or remove it and log in again")
            }
            return try change(configuration, &tree) ? tree.bytes : nil
        }
    }
}
