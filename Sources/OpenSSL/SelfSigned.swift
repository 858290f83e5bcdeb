internal import COpenSSL

/// A certificate that vouches for itself, for clusters that have no authority of their own.
package struct SelfSigned: Sendable {
    /// PEM, readable by anybody.
    package let certificate: [UInt8]
    /// PEM; to be kept in a file of mode 0600.
    package let key: [UInt8]

    /// How long it is valid, in days. Ten years: it is made once and kept on the volume, clients that pin it should
    /// not have to be told of a new one, and nothing is gained by a date as nobody else vouches for it.
    package static let validity = 3650

    /// Makes an ECDSA P-256 key and a certificate for `names`, valid from an hour ago (clocks differ).
    ///
    /// - Parameter names: DNS names and literal IP addresses; the first one is the subject's common name as well.
    /// - Throws: ``OpenSSLError`` where there is no name, or one that can't stand in a certificate.
    package static func make(names: [String]) throws(OpenSSLError) -> SelfSigned {
        let attempt = "make a self-signed certificate"
        guard let first = names.first else { throw OpenSSLError(doing: attempt, reason: "no names were given") }
        for name in names where !isName(name) {
            throw OpenSSLError(doing: attempt, reason: "\(name) is neither a DNS name nor an IP address")
        }
        ERR_clear_error()
        guard let key = specman_p256_key() else { throw OpenSSLError(doing: attempt) }
        defer { EVP_PKEY_free(key) }
        guard let certificate = X509_new() else { throw OpenSSLError(doing: attempt) }
        defer { X509_free(certificate) }

        // 127 random bits: positive, and unique for all purposes (RFC 5280 section 4.1.2.2).
        guard let serial = BN_new() else { throw OpenSSLError(doing: attempt) }
        defer { BN_free(serial) }
        let subject = X509_get_subject_name(certificate)
        // A common name holds at most 64 characters (RFC 5280, ub-common-name).
        let commonName = Array(first.utf8.prefix(64))
        guard BN_rand(serial, 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1,
            BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)) != nil,
            X509_set_version(certificate, Int(X509_VERSION_3)) == 1,
            X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) != nil,
            X509_time_adj_ex(X509_getm_notAfter(certificate), Int32(validity), 0, nil) != nil,
            X509_set_pubkey(certificate, key) == 1,
            X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, commonName, Int32(commonName.count), -1, 0) == 1,
            X509_set_issuer_name(certificate, subject) == 1
        else { throw OpenSSLError(doing: attempt) }

        let alternatives = names.map { (isAddress($0) ? "IP:" : "DNS:") + $0 }.joined(separator: ",")
        try add(NID_basic_constraints, "critical,CA:FALSE", to: certificate)
        try add(NID_key_usage, "critical,digitalSignature", to: certificate)
        try add(NID_ext_key_usage, "serverAuth", to: certificate)
        try add(NID_subject_key_identifier, "hash", to: certificate)
        try add(NID_subject_alt_name, alternatives, to: certificate)
        guard X509_sign(certificate, key, EVP_sha256()) > 0 else { throw OpenSSLError(doing: attempt) }

        return SelfSigned(
            certificate: try pem { PEM_write_bio_X509($0, certificate) },
            key: try pem { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) }
        )
    }

    private static func add(_ kind: Int32, _ value: String, to certificate: OpaquePointer) throws(OpenSSLError) {
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, certificate, certificate, nil, nil, 0)
        guard let part = X509V3_EXT_conf_nid(nil, &context, kind, value) else {
            throw OpenSSLError(doing: "make a self-signed certificate for \(value)")
        }
        defer { X509_EXTENSION_free(part) }
        guard X509_add_ext(certificate, part, -1) == 1 else {
            throw OpenSSLError(doing: "make a self-signed certificate for \(value)")
        }
    }

    private static func pem(_ write: (OpaquePointer) -> Int32) throws(OpenSSLError) -> [UInt8] {
        guard let output = BIO_new(BIO_s_mem()) else { throw OpenSSLError(doing: "write PEM") }
        defer { BIO_free(output) }
        guard write(output) == 1, let bytes = PEMFile.contents(of: output) else {
            throw OpenSSLError(doing: "write PEM")
        }
        return bytes
    }

    private static func isAddress(_ name: String) -> Bool {
        guard let address = a2i_IPADDRESS(name) else {
            ERR_clear_error()
            return false
        }
        ASN1_OCTET_STRING_free(address)
        return true
    }

    /// Letters, digits, `-`, `_`, `.`, a leading `*.`, or an address: nothing that OpenSSL's text form of the
    /// extension would take for syntax.
    private static func isName(_ name: String) -> Bool {
        if isAddress(name) { return true }
        let host = name.hasPrefix("*.") ? name.dropFirst(2) : name[...]
        return !host.isEmpty && host.utf8.count <= 253
            && host.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
            }
    }
}
