internal import Content
internal import OpenSSL
internal import Platform

/// The certificate that the listener shows, or would show: pair, names, expiry.
struct CertificateHop {
    let listener: Configuration.Listener
    let volume: String

    func run(_ examination: inout Examination) {
        let now = Timestamp.current()
        guard let certificateFile = listener.certificateFile, let keyFile = listener.keyFile else {
            examination.hop("certificate", "\(volume)/tls/tls.crt") { try selfSigned(now) }
            return
        }
        examination.hop("certificate", certificateFile) {
            try judge(certificateFile, keyFile, now)
        }
    }

    private func selfSigned(_ now: Timestamp) throws -> String {
        let certificateFile = "\(volume)/tls/tls.crt"
        guard WholeFile.exists(certificateFile) else { return "is made when the daemon starts, and signed by itself" }
        do throws(CertificateError) {
            return try judge(certificateFile, "\(volume)/tls/tls.key", now)
        } catch {
            // The daemon makes another one by itself, which its clients have to be told of.
            throw DoctorFault(
                DoctorFault(error).detail,
                "the daemon makes a new pair when it is started again; give the new certificate to those who pin it"
            )
        }
    }

    private func judge(
        _ certificateFile: String,
        _ keyFile: String,
        _ now: Timestamp
    ) throws(CertificateError) -> String {
        let facts = try TLSContext(certificateFile: certificateFile, keyFile: keyFile, now: now.seconds).certificate
        return "belongs to its key; " + CertificateWords.summary(facts, now: now)
    }
}
