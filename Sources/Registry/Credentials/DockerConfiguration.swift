internal import FoundationEssentials

/// What of docker's `config.json` concerns credentials.
///
/// Specification: docker CLI, "config.json"; containers-auth.json(5) for keys that name a part of a registry.
struct DockerConfiguration: Decodable, Sendable {
    struct Entry: Decodable, Sendable {
        /// `NAME:PASSWORD` in base64.
        var auth: String?
        var username: String?
        var password: String?
        var identitytoken: String?
    }

    private var auths: [String: Entry?]?
    private var credHelpers: [String: String]?
    private var credsStore: String?

    init() {}

    /// The helper that is asked for a registry: its own, else the one for all.
    func helper(for server: RegistryKey) -> String? {
        let own = credHelpers?.first { RegistryKey.host(ofKey: $0.key) == server.host }?.value
        return own ?? credsStore.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Every key of `auths` that means this registry, whatever its spelling.
    func keys(for server: RegistryKey) -> [String] {
        (auths ?? [:]).keys.filter { RegistryKey.host(ofKey: $0) == server.host && RegistryKey.path(ofKey: $0).isEmpty }
    }

    /// What stands under `auths` for a repository: the key that names the longest part of its name counts.
    ///
    /// - Parameter path: of the file, for errors.
    func identity(for server: RegistryKey, repository: String?, path: String) throws(RegistryError) -> Identity {
        let name = (repository ?? "").split(separator: "/")
        let matching = (auths ?? [:]).filter { key, _ in
            RegistryKey.host(ofKey: key) == server.host && name.starts(with: RegistryKey.path(ofKey: key))
        }
        // Of two spellings of the same the plain one counts.
        let best = matching.max { left, right in
            let lengths = (RegistryKey.path(ofKey: left.key).count, RegistryKey.path(ofKey: right.key).count)
            return lengths.0 == lengths.1 ? left.key.utf8.count > right.key.utf8.count : lengths.0 < lengths.1
        }
        guard let best, let entry = best.value else { return .anonymous }
        if let token = entry.identitytoken, !token.isEmpty { return .refreshToken(token) }
        if let auth = entry.auth, !auth.isEmpty {
            guard let identity = Self.decoded(auth) else {
                throw .credentialFile(
                    path: path,
                    attempt: "reading docker's configuration",
                    reason: "auths.\(JSON.printable(best.key)).auth is not NAME:PASSWORD in base64; "
                        + "run specman login \(server.host) again"
                )
            }
            return identity
        }
        guard let username = entry.username, !username.isEmpty, let password = entry.password else { return .anonymous }
        return .password(username: username, password: password)
    }

    private static func decoded(_ auth: String) -> Identity? {
        guard let data = Data(base64Encoded: auth), let text = String(bytes: data, encoding: .utf8),
            let colon = text.firstIndex(of: ":"), colon > text.startIndex
        else { return nil }
        // Docker pads some with NUL.
        let password = text[text.index(after: colon)...].reversed().drop { $0 == "\0" }.reversed()
        return .password(username: String(text[..<colon]), password: String(password))
    }
}

/// A registry, as docker's configuration and helpers name it.
struct RegistryKey: Hashable, Sendable {
    /// In lower case, with its port where one was given.
    let host: String

    /// Docker Hub's hosts have one entry, under the address of its first version.
    private static let hub = "https://index.docker.io/v1/"
    private static let hubHosts: Set<String> = ["docker.io", "index.docker.io", "registry-1.docker.io"]

    init(host: String) {
        let host = host.lowercased()
        self.host = Self.hubHosts.contains(host) ? "index.docker.io" : host
    }

    /// What helpers are asked for, and what an entry that is written is called.
    var server: String { host == "index.docker.io" ? Self.hub : host }

    /// The host that a key is for: `https://host/v1/`, `host`, `host:port`.
    static func host(ofKey key: String) -> String {
        RegistryKey(host: parts(key).first.map(String.init) ?? "").host
    }

    /// The part of the registry that a key is for; empty for all of it, as with `/v1/` and `/v2/`.
    static func path(ofKey key: String) -> [Substring] {
        let path = Array(parts(key).dropFirst())
        return path == ["v1"] || path == ["v2"] ? [] : path
    }

    private static func parts(_ key: String) -> [Substring] {
        var rest = Substring(key)
        for scheme in ["https://", "http://"] where rest.lowercased().hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count)
            break
        }
        return rest.split(separator: "/")
    }
}
