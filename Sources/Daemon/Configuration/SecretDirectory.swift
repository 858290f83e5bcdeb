internal import FoundationEssentials
internal import OpenSSL
internal import Platform

/// A mounted registry Secret: a directory in which each file is a value, named in Palette's words.
///
/// Kubernetes shows the files through links of which one, `..data`, is swapped, so that all values change at once.
struct SecretDirectory {
    /// The largest file read, in bytes: Kubernetes takes no larger Secret.
    static let limit = 1 << 20

    /// Palette's word, and the key that it stands for; `nil` for the two that make the repository together.
    private static let words: [(word: String, key: String?)] = [
        ("endpoint", nil), ("baseContentPath", nil), ("username", "source.username"),
        ("password", "source.password"), ("credentialType", "source.credentialType"), ("region", "source.aws.region"),
        ("accessKey", "source.aws.accessKeyID"), ("secretKey", "source.aws.secretAccessKey"),
        ("arn", "source.aws.roleARN"), ("externalID", "source.aws.externalID"), ("caCert", "source.tls.caFile"),
        ("insecureSkipVerify", "source.tls.insecureSkipVerify"), (".dockerconfigjson", "source.dockerConfig"),
    ]
    /// Where Palette keeps the artifact below the base content path.
    private static let artifact = "spectro-manifests/manifest"

    /// The keys that say who asks. Where the Secret has one of them, those of the file don't count: half of one pair of
    /// credentials with half of another would be neither.
    static let credentialKeys: Set<String> = [
        "source.credentialType", "source.username", "source.password", "source.passwordFile", "source.dockerConfig",
        "source.aws.accessKeyID", "source.aws.secretAccessKey", "source.aws.roleARN", "source.aws.externalID",
    ]

    /// A key with its value and the file that has it.
    struct Setting {
        let key: String
        let value: String
        let path: String
    }

    private let path: String
    private(set) var settings: [Setting] = []
    /// The CA's certificates (PEM), decoded.
    private(set) var authorities: [UInt8]?
    /// Files of other names, which nobody reads.
    private(set) var strangers: [String] = []

    /// One that holds nothing.
    init() {
        path = ""
    }

    /// Whether it says who asks.
    var hasCredentials: Bool { settings.contains { Self.credentialKeys.contains($0.key) } }

    /// The files that are looked at for changes.
    static func files(in directory: String) -> [String] {
        words.map { directory + "/" + $0.word }
    }

    /// Reads `path`; an absent directory holds nothing.
    ///
    /// - Throws: ``ConfigurationError`` for a file that can't be read, or whose value can't be what it is for.
    init(_ path: String) throws(ConfigurationError) {
        self = try FileStamp.settled(Self.files(in: path)) { () throws(ConfigurationError) in
            try SecretDirectory(reading: path)
        }.result.get()
    }

    private init(reading path: String) throws(ConfigurationError) {
        self.path = path
        guard !path.isEmpty, WholeFile.exists(path) else { return }
        try findStrangers()
        for (word, key) in Self.words {
            guard let key, let bytes = try content(word), !bytes.isEmpty else { continue }
            let file = path + "/" + word
            switch word {
            case "caCert":
                authorities = try Self.certificates(bytes, file: file)
                settings.append(Setting(key: key, value: file, path: file))
            case ".dockerconfigjson":
                settings.append(Setting(key: key, value: file, path: file))
            case "password", "secretKey":
                settings.append(Setting(key: key, value: try Self.text(bytes, word, file), path: file))
            case "credentialType":
                let text = Self.trimmed(try Self.text(bytes, word, file))
                settings.append(Setting(key: key, value: Self.credentialType(text), path: file))
            default:
                let text = Self.trimmed(try Self.text(bytes, word, file))
                if !text.isEmpty { settings.append(Setting(key: key, value: text, path: file)) }
            }
        }
        if let repository = try repository() { settings.append(repository) }
    }

    /// `<endpoint>/<baseContentPath>/spectro-manifests/manifest`.
    private func repository() throws(ConfigurationError) -> Setting? {
        let file = path + "/endpoint"
        let endpoint = Self.trimmed(try Self.text(try content("endpoint") ?? [], "endpoint", file))
        let base = Self.trimmed(try Self.text(try content("baseContentPath") ?? [], "baseContentPath", file))
        guard !endpoint.isEmpty else {
            guard base.isEmpty else {
                throw .badValue(
                    origin: .secret(path + "/baseContentPath"),
                    key: "baseContentPath",
                    value: base,
                    expected: "accompanied by endpoint, the registry that it is in"
                )
            }
            return nil
        }
        return Setting(key: "source.repository", value: Self.repository(endpoint, base), path: file)
    }

    /// Joins what operators type, with slashes and `/v2` at its ends.
    static func repository(_ endpoint: String, _ base: String) -> String {
        var host = endpoint[...]
        while true {
            if host.hasSuffix("/") {
                host = host.dropLast()
            } else if host.hasSuffix("/v2") {
                host = host.dropLast(3)
            } else {
                break
            }
        }
        var name = "/" + base.split(separator: "/").joined(separator: "/")
        // Who has typed the whole path means it.
        if (host + name).hasSuffix("/" + artifact) || host.hasSuffix("/" + artifact) {
            if name == "/" { name = "" }
            return host + name
        }
        if name != "/" { name += "/" }
        return host + name + artifact
    }

    /// Palette's words whatever their case and hyphens; anything else as it stands, to be told of.
    private static func credentialType(_ text: String) -> String {
        let squeezed = text.lowercased().filter { $0 != "-" && $0 != "_" }
        return ["auto", "noAuth", "basic", "secret", "sts", "pod-identity"]
            .first { $0.lowercased().filter { $0 != "-" } == squeezed } ?? text
    }

    /// PEM as it is, or in base64 (RFC 4648), with or without line breaks.
    private static func certificates(_ bytes: [UInt8], file: String) throws(ConfigurationError) -> [UInt8] {
        let marker = Array("-----BEGIN ".utf8)
        let pem =
            bytes.contains(marker)
            ? bytes : Data(base64Encoded: Data(bytes), options: .ignoreUnknownCharacters).map { Array($0) } ?? []
        do throws(CertificateError) {
            try PEMCheck.authorities(pem, name: file)
        } catch {
            throw .badValue(
                origin: .secret(file),
                key: "caCert",
                value: "\(bytes.count) bytes",
                expected: "the CA's certificate (PEM), as it is or in base64"
            )
        }
        return pem
    }

    /// - Returns: `nil` where there is no such file.
    private func content(_ word: String) throws(ConfigurationError) -> [UInt8]? {
        let file = path + "/" + word
        do throws(SystemError) {
            return try WholeFile.read(file, limit: Self.limit)
        } catch {
            if error.isNotFound { return nil }
            throw .unreadableSecret(file: file, reason: error.reason)
        }
    }

    private mutating func findStrangers() throws(ConfigurationError) {
        let names: [[UInt8]]
        do throws(SystemError) {
            names = try Directory(path).names()
        } catch {
            throw .unreadableSecret(file: path, reason: error.reason)
        }
        let known = Set(Self.words.map(\.word))
        // Kubernetes' own begin with two dots.
        strangers = names.map { String(decoding: $0, as: UTF8.self) }
            .filter { !known.contains($0) && !$0.hasPrefix("..") }
            .sorted()
    }

    /// The value without the line breaks that editors and `echo` leave at its end.
    private static func text(_ bytes: [UInt8], _ word: String, _ file: String) throws(ConfigurationError) -> String {
        let isLineBreak: (UInt8) -> Bool = { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        let value = bytes.reversed().drop(while: isLineBreak).reversed()
        guard let text = String(validating: value, as: UTF8.self),
            !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F })
        else {
            throw .badValue(
                origin: .secret(file),
                key: word,
                value: Settings.mask,
                expected: "one line of UTF-8 text"
            )
        }
        return text
    }

    private static func trimmed(_ text: String) -> String {
        let start = text.drop(while: \.isWhitespace)
        return String(start.reversed().drop(while: \.isWhitespace).reversed())
    }
}
