/// How settings are shown: secrets masked.
extension Settings.Setting {
    /// The value as text; `nil` where there is none.
    package var shownValue: String? { value.map(key.shown) }
}

extension ConfigurationKey {
    /// `value` as this key's: masked where it is a secret, or holds one by mistake.
    func shown(_ value: ConfigurationValue) -> String {
        if isSecret { return Settings.mask }
        let isRepository = ["source.repository", "source.mirrors"].contains(name)
        let shown: ConfigurationValue =
            switch value {
            case .text(let text): .text(SecretText.masked(text, isRepository: isRepository))
            case .list(let items): .list(items.map { SecretText.masked($0, isRepository: isRepository) })
            }
        return shown.description
    }
}

/// Finds secrets where none belongs.
enum SecretText {
    /// `text` without a private key (RFC 7468, section 10), and without what stands before the host of a URL (RFC 3986, section
    /// 3.2.1), or of a repository: a password or token, which may have any character in it.
    static func masked(_ text: String, isRepository: Bool = false) -> String {
        if text.contains("PRIVATE KEY") { return Settings.mask }
        let scheme = text.firstRange(of: "://")
        guard scheme != nil || isRepository, !text.hasPrefix("oci-layout:") else { return text }
        var start = scheme?.upperBound ?? text.startIndex
        if isRepository, text[..<start].contains("@") { start = text.startIndex }
        // What follows a digest's @ is no host.
        let end = text.firstRange(of: /@sha256:[0-9a-f]*$/)?.lowerBound ?? text.endIndex
        guard start < end, let at = text[start..<end].lastIndex(of: "@") else { return text }
        return text[..<start] + Settings.mask + text[at...]
    }
}

extension Settings {
    private struct Shown: Encodable {
        let key: String
        @Nullable var value: String?
        let from: String
    }

    /// A list of `key`, `value` and `from`.
    package var json: String {
        let shown = all.map { Shown(key: $0.key.name, value: $0.shownValue, from: "\($0.origin)") }
        return JSONText.encode(shown)
    }
}
