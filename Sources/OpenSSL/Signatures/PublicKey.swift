internal import COpenSSL

/// A public key that signatures are checked with.
package struct PublicKey: Sendable {
    package let kind: KeyKind
    private let key: KeyPointer

    init(owning pointer: OpaquePointer) throws(KeyError) {
        key = KeyPointer(owning: pointer)
        kind = try KeyKind(pointer)
    }

    /// Every `PUBLIC KEY` of a PEM text (RFC 7468 section 13).
    ///
    /// - Throws: ``KeyError``: what stands there instead, and how a public key is made of it.
    package static func read(pem bytes: [UInt8]) throws(KeyError) -> [PublicKey] {
        let text = String(decoding: bytes, as: UTF8.self)
        let announced = text.ranges(of: "-----BEGIN PUBLIC KEY-----").count
        var pointers: [OpaquePointer] = []
        PEMFile.withBIO(bytes) { input in
            while let pointer = PEM_read_bio_PUBKEY(input, nil, refusePassphrase, nil) { pointers.append(pointer) }
        }
        // The end of the input counts as an error to OpenSSL.
        ERR_clear_error()
        var keys: [PublicKey] = []
        var failure: KeyError?
        for pointer in pointers {
            // Each pointer is owned from here on, those behind a failure as well.
            do throws(KeyError) { keys.append(try PublicKey(owning: pointer)) } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
        guard !keys.isEmpty, keys.count == announced else { throw .noPublicKey(reason: Self.instead(text)) }
        return keys
    }

    /// Whether `signature` was made of `message` with the private key: ECDSA in DER and RSA by PKCS #1 v1.5, both over
    /// SHA-256, for P-384 over SHA-384, too; Ed25519 over the message itself.
    package func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        if verifies(signature, of: message, digest: kind.digest) { return true }
        return kind == .p384 && verifies(signature, of: message, digest: EVP_sha384())
    }

    private func verifies(_ signature: [UInt8], of message: [UInt8], digest: OpaquePointer?) -> Bool {
        guard let context = EVP_MD_CTX_new() else { return false }
        defer {
            EVP_MD_CTX_free(context)
            ERR_clear_error()
        }
        guard EVP_DigestVerifyInit(context, nil, digest, nil, key.pointer) == 1 else { return false }
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }

    /// What a text without a public key is.
    private static func instead(_ text: String) -> String {
        if text.contains("-----BEGIN PUBLIC KEY-----") {
            return "one of its public keys can't be read; copy the file again"
        }
        if text.contains("PRIVATE KEY-----") {
            return "it holds a private key, which belongs to whoever signs; "
                + "write the public one with: openssl pkey -pubout -in PRIVATE -out PUBLIC"
        }
        if text.contains("-----BEGIN CERTIFICATE-----") {
            return "it holds a certificate; write its key with: openssl x509 -pubkey -noout -in CERTIFICATE"
        }
        if text.contains("-----BEGIN RSA PUBLIC KEY-----") {
            return
                "its key is in the form of PKCS #1; write the usual one with: openssl rsa -RSAPublicKey_in -pubout -in KEY"
        }
        return "it holds no PEM public key; it must begin with -----BEGIN PUBLIC KEY-----"
    }
}
