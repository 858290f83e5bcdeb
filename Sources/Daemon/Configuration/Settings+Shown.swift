/// How settings are shown: secrets masked.
extension Settings.Setting {
    /// The value as text; `nil` where there is none.
    package var shownValue: String? {
        guard let value else { return nil }
        return key.isSecret ? Settings.mask : value.description
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
