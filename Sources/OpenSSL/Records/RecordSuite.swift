internal import COpenSSL

/// What records need of a TLS 1.3 cipher suite (RFC 8446 appendix B.4): how they are sealed, and by which hash keys are
/// derived.
enum RecordSuite: UInt16, CaseIterable {
    case aes128 = 0x1301
    case aes256 = 0x1302
    case chaCha20 = 0x1303

    /// The suite that `session` has negotiated; `nil` for those that are not sealed here.
    init?(of session: OpaquePointer) {
        guard let cipher = SSL_get_current_cipher(session) else { return nil }
        self.init(rawValue: SSL_CIPHER_get_protocol_id(cipher))
    }

    /// As libcrypto calls it.
    var cipher: String {
        switch self {
        case .aes128: "AES-128-GCM"
        case .aes256: "AES-256-GCM"
        case .chaCha20: "ChaCha20-Poly1305"
        }
    }

    /// In bytes.
    var keySize: Int { self == .aes128 ? 16 : 32 }

    var hash: HandshakeHash { self == .aes256 ? .sha384 : .sha256 }
}
