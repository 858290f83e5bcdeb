internal import Content

/// The merged configuration: for each key the value that counts, and where it comes from.
///
/// Order: flag, environment (`SPECMAN_*`, then the custom pack registry's names), the mounted Secret, file, default.
package struct Settings: Sendable {
    /// A key with the value that counts.
    package struct Setting: Sendable {
        package let key: ConfigurationKey
        package let value: ConfigurationValue?
        package let origin: ConfigurationOrigin
    }

    private var merged: [String: Setting] = [:]
    /// What was merged: docker's own variables say where its configuration is.
    let environment: [String: String]
    private let flags: [Flag]
    private let file: ConfigurationFile?
    /// The mounted Secret, as it was read.
    private(set) var secret: SecretDirectory

    /// A value given on the command line.
    package struct Flag: Sendable {
        package let name: String
        package let key: String
        package let value: String

        package init(_ name: String, _ key: String, _ value: String) {
            self.name = name
            self.key = key
            self.value = value
        }
    }

    /// The file read where neither `--config` nor `SPECMAN_CONFIG` names one.
    package static let standardFile = "/etc/specman/specman.yaml"
    /// The environment variable that names the file.
    package static let fileVariable = "SPECMAN_CONFIG"

    /// Merges the layers.
    ///
    /// - Parameters:
    ///   - file: what `--config` names; `nil` where it wasn't given.
    ///   - standardFileExists: whether ``standardFile`` is there to be read.
    /// - Throws: ``ConfigurationError`` for a file that can't be read or parsed, an unknown key, or a list where one
    ///   value is wanted. Values themselves are judged by ``Configuration``.
    package init(
        flags: [Flag] = [],
        environment: [String: String],
        file: String?,
        standardFileExists: Bool
    ) throws(ConfigurationError) {
        let path = file ?? environment[Self.fileVariable] ?? (standardFileExists ? Self.standardFile : nil)
        var content: ConfigurationFile?
        if let path { content = try ConfigurationFile(path: path) }
        try self.init(flags: flags, environment: environment, content: content)
    }

    /// The same with the Secret as it is now; flags, environment and file stay as they were.
    func rereadingSecret() throws(ConfigurationError) -> Settings {
        try Settings(flags: flags, environment: environment, content: file)
    }

    private init(
        flags: [Flag],
        environment: [String: String],
        content: ConfigurationFile?
    ) throws(ConfigurationError) {
        self.flags = flags
        self.environment = environment
        file = content
        // Which directory it is may be said in any of the layers.
        secret = SecretDirectory()
        try merge()
        secret = try SecretDirectory(text("source.secretDirectory") ?? "")
        if !secret.settings.isEmpty { try merge() }
    }

    /// The layers, each over the one below it.
    private mutating func merge() throws(ConfigurationError) {
        for key in ConfigurationKey.all {
            merged[key.name] = Setting(key: key, value: key.fallback, origin: .fallback)
        }
        let ousted = secret.hasCredentials ? SecretDirectory.credentialKeys : []
        for setting in file?.settings ?? [] where !ousted.contains(setting.key) {
            let path = file?.path ?? ""
            try set(setting.key, to: setting.value, from: .file(path: path, line: setting.line))
        }
        for setting in secret.settings {
            try set(setting.key, to: .text(setting.value), from: .secret(setting.path))
        }
        try merge(environment: environment)
        for flag in flags {
            try set(flag.key, to: .text(flag.value), from: .flag(flag.name))
        }
    }

    /// What stands in the place of a secret.
    package static let mask = "********"

    /// Every key with its value, in the order of the contract.
    package var all: [Setting] { ConfigurationKey.all.compactMap { merged[$0.name] } }

    /// The setting of a key of the table.
    func setting(_ name: String) -> Setting? { merged[name] }

    private mutating func merge(environment: [String: String]) throws(ConfigurationError) {
        for (variable, key) in ConfigurationKey.registryVariables {
            guard let value = environment[variable], !value.isEmpty else { continue }
            try set(key, to: .text(value), from: .environment(variable))
        }
        var left = environment.filter { $0.key.hasPrefix(ConfigurationKey.environmentPrefix) }
        for key in ConfigurationKey.all {
            guard let value = left.removeValue(forKey: key.environmentName), !value.isEmpty else { continue }
            try set(key.name, to: .text(value), from: .environment(key.environmentName))
        }
        // Kubernetes puts SPECMAN_SERVICE_… there for the Service's sake; only our own sections can be misspelt.
        let sections = Set(ConfigurationKey.all.compactMap { $0.name.split(separator: ".").first?.uppercased() })
        for variable in left.keys.sorted() {
            let section = variable.dropFirst(ConfigurationKey.environmentPrefix.count).prefix { $0 != "_" }
            guard sections.contains(String(section)) else { continue }
            throw .unknownKey(
                origin: .environment(variable),
                key: variable,
                suggestion: Self.nearest(to: variable, among: ConfigurationKey.all.map(\.environmentName))
            )
        }
    }

    private mutating func set(
        _ name: String,
        to value: ConfigurationValue,
        from origin: ConfigurationOrigin
    ) throws(ConfigurationError) {
        guard let key = ConfigurationKey.named(name) else {
            if let example = ConfigurationKey.all.first(where: { $0.name.hasPrefix(name + ".") }) {
                throw .valueForSection(origin: origin, section: name, example: example.name)
            }
            throw .unknownKey(
                origin: origin,
                key: name,
                suggestion: Self.nearest(to: name, among: ConfigurationKey.all.map(\.name))
            )
        }
        var value = value
        switch (value, key.isList) {
        case (.text(let text), true):
            // In the environment and on the command line a list is written with commas.
            if case .file = origin {
                value = .list([text])
                break
            }
            let items = text.split(separator: ",").map(\.trimmed).filter { !$0.isEmpty }
            // A template whose parts are all empty would switch off what it means to set.
            guard !items.isEmpty else {
                throw .badValue(origin: origin, key: name, value: text, expected: "values with commas between them")
            }
            value = .list(items)
        case (.list, false):
            throw .badValue(
                origin: origin,
                key: name,
                value: key.shown(value),
                expected: "one value, not a list"
            )
        default: break
        }
        merged[name] = Setting(key: key, value: value, origin: origin)
    }

    /// The name that differs least, where it differs by no more than a typing error does.
    private static func nearest(to name: String, among names: [String]) -> String? {
        let ranked = names.map { (name: $0, distance: distance(name, $0)) }.min { $0.distance < $1.distance }
        guard let ranked, ranked.distance <= 3 else {
            // A key put below the wrong section is as common as a misspelt one.
            let last = name.split(separator: ".").last
            return names.first { last != nil && $0.split(separator: ".").last == last }
        }
        return ranked.name
    }

    /// Levenshtein's distance, without regard to case.
    private static func distance(_ left: String, _ right: String) -> Int {
        let a = Array(left.lowercased().utf8)
        let b = Array(right.lowercased().utf8)
        var row = Array(0...b.count)
        for i in a.indices {
            var diagonal = row[0]
            row[0] = i + 1
            for j in b.indices {
                let cost = a[i] == b[j] ? diagonal : min(diagonal, row[j], row[j + 1]) + 1
                diagonal = row[j + 1]
                row[j + 1] = cost
            }
        }
        return row[b.count]
    }
}
