internal import Content

/// Why the configuration can't be used: exit status 78.
package enum ConfigurationError: Error, Hashable {
    case unreadable(file: String, reason: String)
    /// A file of the mounted Secret.
    case unreadableSecret(file: String, reason: String)
    case malformed(file: String, line: Int?, reason: String)
    case unknownKey(origin: ConfigurationOrigin, key: String, suggestion: String?)
    /// A value where a section stands, with one of the section's keys.
    case valueForSection(origin: ConfigurationOrigin, section: String, example: String)
    case badValue(origin: ConfigurationOrigin, key: String, value: String, expected: String)
    case missing(key: String, remedy: String)
}

extension ConfigurationError {
    static let noRepository = missing(
        key: "source.repository",
        remedy: "set it to HOST[:PORT]/NAME or oci-layout:DIR in the configuration file, "
            + "or as SPECMAN_SOURCE_REPOSITORY, or endpoint in the registry Secret"
    )
}

extension ConfigurationError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreadable(let file, let reason):
            "reading the configuration file \(file): \(reason); check the path given by --config or SPECMAN_CONFIG"
        case .unreadableSecret(let file, let reason):
            "reading the registry Secret \(file): \(reason); let this user read it (fsGroup, defaultMode), or unmount it"
        case .malformed(let file, let line, let reason):
            "parsing \(file)\(line.map { ":\($0)" } ?? ""): \(reason); correct the YAML"
        case .unknownKey(let origin, let key, let suggestion):
            "\(origin): unknown key \(key); "
                + (suggestion.map { "did you mean \($0)?" } ?? "remove it (`specman config show` lists every key)")
        case .valueForSection(let origin, let section, let example):
            "\(origin): \(section) has a value; it is a section, whose keys stand below it, such as \(example)"
        case .badValue(let origin, let key, let value, let expected):
            "\(origin): \(key) is \"\(value.printable)\"; it must be \(expected.printable)"
        case .missing(let key, let remedy):
            "\(key) is not set; \(remedy)"
        }
    }
}

/// Where a value comes from.
package enum ConfigurationOrigin: Hashable, Sendable {
    case flag(String)
    case environment(String)
    /// A file of the mounted Secret, by its path.
    case secret(String)
    case file(path: String, line: Int?)
    case fallback
}

extension ConfigurationOrigin {
    /// The layer, counted from the one that beats all others.
    var layer: Int {
        switch self {
        case .flag: 0
        case .environment: 1
        case .secret: 2
        case .file: 3
        case .fallback: 4
        }
    }
}

extension ConfigurationOrigin: CustomStringConvertible {
    package var description: String {
        switch self {
        case .flag(let name): "flag \(name)"
        case .environment(let name): "environment \(name)"
        case .secret(let path): "Secret \(path)"
        case .file(let path, let line): "file \(path)\(line.map { ":\($0)" } ?? "")"
        case .fallback: "default"
        }
    }
}
