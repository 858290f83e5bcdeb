internal import Content

/// How settings are shown: secrets masked.
extension Settings.Setting {
    /// The value as text; `nil` where there is none.
    package var shownValue: String? { value.map(key.shown) }
}

extension ConfigurationKey {
    /// `value` as this key's, on one line: masked where it is a secret, or holds one by mistake.
    func shown(_ value: ConfigurationValue) -> String {
        if isSecret { return Settings.mask }
        let shown: ConfigurationValue =
            switch value {
            case .text(let text): .text(Self.masked(text))
            case .list(let items): .list(items.map(Self.masked))
            }
        return shown.description.printable
    }

    /// `text` without a private key (RFC 7468, section 10) and without the password of a URL (RFC 3986, section 3.2.1).
    private static func masked(_ text: String) -> String {
        if text.contains("PRIVATE KEY-----") { return Settings.mask }
        guard let at = text.lastIndex(of: "@") else { return text }
        let start = text.firstRange(of: "//")?.upperBound ?? text.startIndex
        guard start < at, !text[start..<at].contains("/"), let colon = text[start..<at].firstIndex(of: ":") else {
            return text
        }
        return text[...colon] + Settings.mask + text[at...]
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
