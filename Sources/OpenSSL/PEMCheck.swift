internal import COpenSSL

/// Whether PEM that was read can be used towards a server, found out before a connection needs it.
package enum PEMCheck {
    /// There is a certificate to trust.
    ///
    /// - Parameter name: of the file, for the error.
    package static func authorities(_ bytes: [UInt8], name: String) throws(CertificateError) {
        guard !PEMFile(bytes).certificates.isEmpty else { throw .notAuthority(file: name) }
    }

    /// The first certificate and the key belong together.
    package static func pair(
        _ certificate: [UInt8],
        name certificateFile: String,
        key: [UInt8],
        name keyFile: String
    ) throws(CertificateError) {
        guard let own = PEMFile(certificate).certificates.first else { throw .notCertificate(file: certificateFile) }
        guard let key = PEMFile(key).key else { throw .notKey(file: keyFile) }
        guard X509_check_private_key(own.pointer, key.pointer) == 1 else {
            ERR_clear_error()
            throw .mismatch(certificateFile: certificateFile, keyFile: keyFile)
        }
    }
}
