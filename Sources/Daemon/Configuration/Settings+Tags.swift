internal import Content
internal import Registry

extension Settings {
    /// `source.tags`.
    ///
    /// Each value is judged, also one that the policy has no use for now: who changes the policy, perhaps in a hurry,
    /// shall not find out then.
    func tagPolicy() throws(ConfigurationError) -> TagPolicy {
        let range = try tagRange()
        let pin = try tagPin()
        let kind: TagPolicy.Kind
        switch text("source.tags.policy") {
        case "newest": kind = .newest
        case "semver":
            guard let range else { throw fault("source.tags.range", expected: Self.rangeForm) }
            kind = range
        case "pinned":
            guard let pin else { throw fault("source.tags.pin", expected: Self.pinForm) }
            kind = pin
        default: throw fault("source.tags.policy", expected: "one of newest, semver, pinned")
        }
        do throws(RegistryError) {
            return try TagPolicy(
                kind,
                include: list("source.tags.include") ?? [],
                exclude: list("source.tags.exclude") ?? []
            )
        } catch {
            guard case .badPattern(let pattern, let key, _) = error else {
                throw fault("source.tags.policy", expected: "a usable policy (\(error))")
            }
            throw fault(key, expected: "regular expressions; \"\(pattern)\" is none")
        }
    }

    private static let rangeForm = "a range of versions, such as \">=4.5.0 <5\" or ~4.5"
    private static let pinForm = "a tag, or a digest sha256:… with 64 hex digits"

    private func tagRange() throws(ConfigurationError) -> TagPolicy.Kind? {
        guard let text = filledText("source.tags.range") else { return nil }
        guard let range = VersionRange(text) else { throw fault("source.tags.range", expected: Self.rangeForm) }
        return .semver(range, text: text)
    }

    private func tagPin() throws(ConfigurationError) -> TagPolicy.Kind? {
        guard let text = filledText("source.tags.pin") else { return nil }
        guard let pin = TagPolicy.pin(text) else { throw fault("source.tags.pin", expected: Self.pinForm) }
        return pin
    }
}
