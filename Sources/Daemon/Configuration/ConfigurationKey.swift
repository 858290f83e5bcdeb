/// A key of the configuration: its name, its default, and how it is shown.
///
/// The names are the contract's; `config/specman.yaml` comments on every one of them.
package struct ConfigurationKey: Hashable, Sendable {
    /// Dotted, as in the file: `source.tls.caFile`.
    package let name: String
    /// What holds where nobody says anything; `nil` where there is no default.
    package let fallback: ConfigurationValue?
    /// Whether several values may be given.
    package let isList: Bool
    /// Whether the value must never be shown.
    package let isSecret: Bool

    private init(
        _ name: String,
        _ fallback: ConfigurationValue? = nil,
        isList: Bool = false,
        isSecret: Bool = false
    ) {
        self.name = name
        self.fallback = fallback
        self.isList = isList
        self.isSecret = isSecret
    }

    /// The name of the environment variable: `SPECMAN_SOURCE_TLS_CA_FILE`.
    ///
    /// A word begins at a capital after a small letter, and at the last capital of a run before a small letter.
    package var environmentName: String {
        let characters = Array(name)
        var text = Self.environmentPrefix
        for (index, character) in characters.enumerated() {
            if character == "." {
                text += "_"
                continue
            }
            if character.isUppercase, index > 0, characters[index - 1] != "." {
                let afterSmall = characters[index - 1].isLowercase
                let beforeSmall = index + 1 < characters.count && characters[index + 1].isLowercase
                if afterSmall || beforeSmall { text += "_" }
            }
            text += character.uppercased()
        }
        return text
    }

    /// What every variable of the program begins with.
    package static let environmentPrefix = "SPECMAN_"

    /// The key of that name.
    package static func named(_ name: String) -> ConfigurationKey? { byName[name] }

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    /// Every key, in the order of the contract.
    package static let all: [ConfigurationKey] = [
        ConfigurationKey("source.repository"),
        ConfigurationKey("source.interval", "60s"),
        ConfigurationKey("source.timeout", "15m"),
        ConfigurationKey("source.plainHTTP", "false"),
        ConfigurationKey("source.tls.caFile"),
        ConfigurationKey("source.tls.certificateFile"),
        ConfigurationKey("source.tls.keyFile"),
        ConfigurationKey("source.tls.insecureSkipVerify", "false"),
        ConfigurationKey("source.credentialType", "auto"),
        ConfigurationKey("source.username"),
        ConfigurationKey("source.password", isSecret: true),
        ConfigurationKey("source.passwordFile"),
        ConfigurationKey("source.dockerConfig"),
        ConfigurationKey("source.aws.region"),
        ConfigurationKey("source.aws.defaultRegion"),
        ConfigurationKey("source.aws.accessKeyID"),
        ConfigurationKey("source.aws.secretAccessKey", isSecret: true),
        ConfigurationKey("source.aws.roleARN"),
        ConfigurationKey("source.aws.externalID"),
        ConfigurationKey("source.secretDirectory", "/etc/specman/registry"),
        ConfigurationKey("source.mirrors", .list([]), isList: true),
        ConfigurationKey("source.tags.policy", "newest"),
        ConfigurationKey("source.tags.range"),
        ConfigurationKey("source.tags.pin"),
        ConfigurationKey("source.tags.include", isList: true),
        ConfigurationKey("source.tags.exclude", isList: true),
        ConfigurationKey("source.verify.keys", .list([]), isList: true),
        ConfigurationKey("source.checks.requiredPaths", .list([]), isList: true),
        ConfigurationKey("source.checks.yaml", "warn"),
        ConfigurationKey("source.checks.references", "warn"),
        ConfigurationKey("storage.directory", "/var/lib/specman"),
        ConfigurationKey("storage.retain", "3"),
        ConfigurationKey("storage.maxFiles", "1000000"),
        ConfigurationKey("storage.maxFileSize", "4GiB"),
        ConfigurationKey("storage.maxTotalSize", "10GiB"),
        ConfigurationKey("storage.maxRatio", "200"),
        ConfigurationKey("storage.reserve", "256MiB"),
        ConfigurationKey("storage.keepArchives", "true"),
        ConfigurationKey("storage.verifyInterval", "24h"),
        ConfigurationKey("listener.address", "[::]:8443"),
        ConfigurationKey("listener.certificateFile"),
        ConfigurationKey("listener.keyFile"),
        ConfigurationKey("listener.names", isList: true),
        ConfigurationKey("listener.clientCAFile"),
        ConfigurationKey("listener.htpasswdFile"),
        ConfigurationKey("listener.realm", "specman"),
        ConfigurationKey("listener.administrators", .list(["admin"]), isList: true),
        ConfigurationKey("listener.maxConnections", "10000"),
        ConfigurationKey("listener.headerTimeout", "10s"),
        ConfigurationKey("listener.idleTimeout", "60s"),
        ConfigurationKey("listener.sendTimeout", "60s"),
        ConfigurationKey("listener.drainTimeout", "20s"),
        ConfigurationKey("listener.listing", "true"),
        ConfigurationKey("listener.compression", "true"),
        ConfigurationKey("management.address", "127.0.0.1:9090"),
        ConfigurationKey("log.level", "info"),
        ConfigurationKey("log.format", "text"),
        ConfigurationKey("log.access", "false"),
    ]

    /// The variables of Palette's custom pack registry, and the keys that they stand for below `SPECMAN_*`.
    package static let registryVariables: [String: String] = [
        "REGISTRY_AUTH_HTPASSWD_PATH": "listener.htpasswdFile",
        "REGISTRY_AUTH_HTPASSWD_REALM": "listener.realm",
        "REGISTRY_HTTP_TLS_CERTIFICATE": "listener.certificateFile",
        "REGISTRY_HTTP_TLS_KEY": "listener.keyFile",
        "REGISTRY_HTTP_ADDR": "listener.address",
        "REGISTRY_LOG_LEVEL": "log.level",
    ]
}

/// A value as somebody wrote it: one text, or a list of them.
package enum ConfigurationValue: Hashable, Sendable, ExpressibleByStringLiteral {
    case text(String)
    case list([String])

    package init(stringLiteral value: String) {
        self = .text(value)
    }
}

extension ConfigurationValue: CustomStringConvertible {
    package var description: String {
        switch self {
        case .text(let text): text
        case .list(let items): "[" + items.joined(separator: ", ") + "]"
        }
    }
}
