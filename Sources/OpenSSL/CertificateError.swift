internal import COpenSSL

/// A certificate or key that can't be used; each case names the file, the cause and the remedy.
package enum CertificateError: Error, Hashable, Sendable {
    /// The file can't be opened or read, or is longer than a certificate file can be.
    case unreadable(file: String, reason: String)
    /// The file holds no PEM certificate.
    case notCertificate(file: String)
    /// The file holds no PEM certificate of an authority.
    case notAuthority(file: String)
    /// The file holds no PEM private key without a passphrase.
    case notKey(file: String)
    /// The key is not the one that the certificate is for.
    case mismatch(certificateFile: String, keyFile: String)
    /// The certificate was valid until then, in seconds since 1970.
    case expired(file: String, notAfter: Int64)
    /// OpenSSL refuses the pair, for instance because the key is too short.
    case unusable(file: String, reason: String)
}

extension CertificateError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreadable(let file, let reason):
            "can't read \(file): \(reason); check the path and that this user may read it"
        case .notCertificate(let file):
            "\(file) holds no PEM certificate; it must begin with -----BEGIN CERTIFICATE-----, the owner's own first"
        case .notAuthority(let file):
            "\(file) holds no PEM certificate; give the CA's, which begins with -----BEGIN CERTIFICATE-----"
        case .notKey(let file):
            "\(file) holds no PEM private key without a passphrase; decrypt it with: openssl pkey -in FILE -out NEW"
        case .mismatch(let certificateFile, let keyFile):
            "the key in \(keyFile) does not belong to the first certificate in \(certificateFile); give the matching pair"
        case .expired(let file, let notAfter):
            "the certificate in \(file) expired on \(PEMFile.text(ofTime: notAfter)); replace it with a renewed one"
        case .unusable(let file, let reason):
            "can't serve TLS with the certificate in \(file): \(reason); replace it by one with a P-256 or RSA 2048 key"
        }
    }
}
