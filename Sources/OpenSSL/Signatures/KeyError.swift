/// Why a PEM text is no key that signatures can be made or checked with.
package enum KeyError: Error, Hashable, Sendable {
    /// There is no public key in it.
    case noPublicKey(reason: String)
    /// There is no private key in it.
    case noPrivateKey(reason: String)
    /// It needs a passphrase, and none was given.
    case encrypted
    case wrongPassphrase
    /// A key of a kind, or a size, that is not used here.
    case unsupported(kind: String)
}

extension KeyError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noPublicKey(let reason), .noPrivateKey(let reason): reason
        case .encrypted: "the private key is encrypted, and there is no passphrase"
        case .wrongPassphrase: "the passphrase is not the private key's"
        case .unsupported(let kind):
            "it is a key of the kind \(kind); take ECDSA P-256 or P-384, RSA of 2048 to 16384 bits, or Ed25519"
        }
    }
}
