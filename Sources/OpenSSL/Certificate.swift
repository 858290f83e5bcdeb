internal import COpenSSL

/// What a certificate says of itself.
package struct CertificateFacts: Hashable, Sendable {
    /// Seconds since 1970.
    package let notBefore: Int64
    /// Seconds since 1970.
    package let notAfter: Int64
    /// The DNS names and IP addresses that it is for (RFC 5280 section 4.2.1.6), in its order.
    package let names: [String]
    /// Such as `CN=specman`.
    package let subject: String
    /// Who has signed it; the subject itself where it vouches for itself.
    package let issuer: String

    init(_ certificate: OpaquePointer) {
        notBefore = Self.seconds(X509_get0_notBefore(certificate))
        notAfter = Self.seconds(X509_get0_notAfter(certificate))
        names = Self.names(of: certificate)
        subject = PEMFile.text { specman_print_name($0, X509_get_subject_name(certificate)) }
        issuer = PEMFile.text { specman_print_name($0, X509_get_issuer_name(certificate)) }
    }

    /// Every certificate of a PEM text, in its order.
    package static func all(inPEM bytes: [UInt8]) -> [CertificateFacts] {
        PEMFile(bytes).certificates.map { CertificateFacts($0.pointer) }
    }

    /// Reads the first certificate of a PEM file.
    package init(ofFile path: String) throws(CertificateError) {
        let pem = try PEMFile.read(path)
        guard let certificate = pem.certificates.first else { throw .notCertificate(file: path) }
        self.init(certificate.pointer)
    }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64 {
        var parts = tm()
        guard let time, ASN1_TIME_to_tm(time, &parts) == 1 else { return 0 }
        // Days since 1970 of the Gregorian calendar (Hinnant, days_from_civil).
        let month = Int64(parts.tm_mon) + 1
        let year = Int64(parts.tm_year) + 1900 - (month <= 2 ? 1 : 0)
        let era = year / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + Int64(parts.tm_mday) - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        return days * 86_400 + Int64(parts.tm_hour) * 3600 + Int64(parts.tm_min) * 60 + Int64(parts.tm_sec)
    }

    private static func names(of certificate: OpaquePointer) -> [String] {
        guard let all = specman_alternative_names(certificate) else { return [] }
        defer { GENERAL_NAMES_free(all) }
        return (0..<max(0, specman_names_count(all))).compactMap { index in
            var kind: Int32 = 0
            guard let name = specman_names_get(all, index), let value = specman_name_string(name, &kind) else {
                return nil
            }
            let bytes = UnsafeBufferPointer(start: ASN1_STRING_get0_data(value), count: Int(ASN1_STRING_length(value)))
            switch (kind, bytes.count) {
            case (GEN_DNS, _): return String(decoding: bytes, as: UTF8.self)
            case (GEN_IPADD, 4): return bytes.map(String.init).joined(separator: ".")
            case (GEN_IPADD, 16): return address(Array(bytes))
            default: return nil
            }
        }
    }

    /// An IPv6 address with its longest run of zeros left out (RFC 5952).
    private static func address(_ bytes: [UInt8]) -> String {
        let groups = stride(from: 0, to: 16, by: 2).map { Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]) }
        var best = 0..<0
        var start = 0
        for index in 0...8 where index == 8 || groups[index] != 0 {
            if index - start > max(1, best.count) { best = start..<index }
            start = index + 1
        }
        func text(_ part: ArraySlice<Int>) -> String { part.map { String($0, radix: 16) }.joined(separator: ":") }
        if best.isEmpty { return text(groups[...]) }
        return text(groups[..<best.lowerBound]) + "::" + text(groups[best.upperBound...])
    }
}
