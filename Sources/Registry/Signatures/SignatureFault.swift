package import Content

/// Why a release isn't trusted.
package enum SignatureFault: Error, Hashable, Sendable {
    /// No signature was found, by tag or among the referrers.
    case unsigned(release: String, digest: Digest, keys: String)
    /// There are signatures and none is good; what is wrong with the first one.
    case untrusted(release: String, digest: Digest, count: Int, reason: String, keys: String)
    /// A key of the configuration can't be used.
    case badKey(String, reason: String)
}

extension SignatureFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unsigned(let release, let digest, let keys):
            "\(release) (\(digest)) is not trusted, as it is not signed: there is neither a tag sha256-\(digest.hex).sig "
                + "nor a referrer with a signature; sign it with a key that belongs to \(keys) "
                + "(cosign sign --key, specman push --sign)"
        case .untrusted(let release, let digest, let count, let reason, let keys):
            "\(release) (\(digest)) is not trusted, as "
                + (count == 1 ? "its signature is not good: " : "none of its \(count) signatures is good: ")
                + "\(reason); sign it with a key that belongs to \(keys), and find out who pushed it"
        case .badKey(let key, let reason): "reading \(key) of source.verify.keys: \(reason)"
        }
    }
}
