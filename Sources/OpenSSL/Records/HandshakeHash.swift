internal import COpenSSL

/// The hashes of TLS 1.3's cipher suites (RFC 8446 appendix B.4), by which keys are derived.
enum HandshakeHash: Int, CaseIterable {
    case sha256
    case sha384

    /// By one of the names that libcrypto has for it (EVP_MD-SHA2(7)).
    init?(name: UnsafePointer<CChar>) {
        if CName.isEqual(name, "SHA2-256") || CName.isEqual(name, "SHA256") || CName.isEqual(name, "SHA-256") {
            self = .sha256
        } else if CName.isEqual(name, "SHA2-384") || CName.isEqual(name, "SHA384") || CName.isEqual(name, "SHA-384") {
            self = .sha384
        } else {
            return nil
        }
    }

    /// As libcrypto calls it.
    var name: String { self == .sha256 ? "SHA256" : "SHA384" }

    /// In bytes: also that of a secret.
    var size: Int { self == .sha256 ? 32 : 48 }

    /// In bytes: what it takes at a time (FIPS 180-4 section 1).
    var blockSize: Int { self == .sha256 ? 64 : 128 }
}
