internal import COpenSSL

/// A private key that signatures are made with.
package struct PrivateKey: Sendable {
    package let kind: KeyKind
    private let key: KeyPointer

    /// Reads the first private key of a PEM text.
    ///
    /// - Parameter passphrase: for a key that is encrypted; `nil` where there is none.
    /// - Throws: ``KeyError``: `encrypted` where a passphrase is needed and `nil`.
    package init(pem bytes: [UInt8], passphrase: [UInt8]? = nil) throws(KeyError) {
        let text = String(decoding: bytes, as: UTF8.self)
        if text.contains("ENCRYPTED COSIGN PRIVATE KEY") || text.contains("ENCRYPTED SIGSTORE PRIVATE KEY") {
            throw .noPrivateKey(
                reason: "it is a private key in cosign's own encryption, which cosign alone reads; sign with cosign, "
                    + "or make a key with: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out KEY"
            )
        }
        let asked = Passphrase(passphrase)
        let pointer = withExtendedLifetime(asked) {
            PEMFile.withBIO(bytes) { input in
                PEM_read_bio_PrivateKey(input, nil, answer, Unmanaged.passUnretained(asked).toOpaque())
            }
        }
        ERR_clear_error()
        guard let pointer else {
            if asked.wasAsked { throw passphrase == nil ? .encrypted : .wrongPassphrase }
            throw .noPrivateKey(reason: "it holds no PEM private key; it must begin with -----BEGIN PRIVATE KEY-----")
        }
        key = KeyPointer(owning: pointer)
        kind = try KeyKind(pointer)
    }

    /// The public key that belongs to it.
    package var publicKey: PublicKey {
        get throws(KeyError) {
            // A key holds its public half: the reference is counted, so both free it.
            guard EVP_PKEY_up_ref(key.pointer) == 1 else { throw .noPublicKey(reason: "it has no public half") }
            return try PublicKey(owning: key.pointer)
        }
    }

    /// Signs `message` in the form that ``PublicKey/verifies(_:of:)`` takes.
    ///
    /// - Throws: ``OpenSSLError``.
    package func sign(_ message: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        ERR_clear_error()
        guard let context = EVP_MD_CTX_new() else { throw OpenSSLError(doing: "EVP_MD_CTX_new") }
        defer { EVP_MD_CTX_free(context) }
        var length = 0
        guard EVP_DigestSignInit(context, nil, kind.digest, nil, key.pointer) == 1,
            EVP_DigestSign(context, nil, &length, message, message.count) == 1
        else { throw OpenSSLError(doing: "EVP_DigestSignInit") }
        var signature = [UInt8](repeating: 0, count: length)
        guard EVP_DigestSign(context, &signature, &length, message, message.count) == 1 else {
            throw OpenSSLError(doing: "EVP_DigestSign")
        }
        return Array(signature.prefix(length))
    }
}

/// What OpenSSL is answered when it asks for a passphrase. Used by one thread, for one call.
private final class Passphrase {
    let bytes: [UInt8]?
    var wasAsked = false

    init(_ bytes: [UInt8]?) {
        self.bytes = bytes
    }
}

/// Gives the passphrase behind `context` (`pem_password_cb(3)`).
private func answer(
    _ buffer: UnsafeMutablePointer<CChar>?,
    _ size: Int32,
    _ writing: Int32,
    _ context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let context, let buffer else { return -1 }
    let passphrase = Unmanaged<Passphrase>.fromOpaque(context).takeUnretainedValue()
    passphrase.wasAsked = true
    guard let bytes = passphrase.bytes, bytes.count <= Int(size) else { return -1 }
    for (index, byte) in bytes.enumerated() { buffer[index] = CChar(bitPattern: byte) }
    return Int32(bytes.count)
}
