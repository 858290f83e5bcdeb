internal import Content

/// The release that a request's `Specman-Release` field holds it to: `sha256:…` or `TAG@sha256:…`.
///
/// The digest decides. A tag before it may have been given to another release since, which is why a tag alone is not
/// enough to hold a client to one release.
struct RequestedRelease: Hashable, Sendable {
    static let fieldName = "Specman-Release"

    let digest: Digest

    /// `nil` where the value is neither form.
    init?(_ value: String) {
        let parts = value.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard let last = parts.last, let digest = Digest(last) else { return nil }
        if parts.count > 1, Tag(parts[0]) == nil { return nil }
        self.digest = digest
    }
}
