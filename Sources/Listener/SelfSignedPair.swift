package import OpenSSL
internal import Platform

/// The self-signed certificate and key that a server shows where it was given none: made once and kept.
package enum SelfSignedPair {
    /// The context of the pair in `directory` (`tls.crt`, and `tls.key` with mode 0600), which is made where
    /// there is none, or none that can be used, as after a crash while it was written or when it has expired.
    ///
    /// - Parameters:
    ///   - directory: Made where it is missing, with mode 0700.
    ///   - names: DNS names and addresses, for a pair that has to be made; one that is there keeps its own.
    ///   - now: In seconds since 1970.
    /// - Throws: ``ListenerError/selfSigned(file:reason:)``.
    package static func context(in directory: String, names: [String], now: Int64) throws(ListenerError) -> TLSContext {
        let certificateFile = directory + "/tls.crt"
        let keyFile = directory + "/tls.key"
        do throws(CertificateError) {
            return try TLSContext(certificateFile: certificateFile, keyFile: keyFile, now: now)
        } catch {
            try make(certificateFile, keyFile, in: directory, names: names)
        }
        do throws(CertificateError) {
            return try TLSContext(certificateFile: certificateFile, keyFile: keyFile, now: now)
        } catch {
            throw .selfSigned(file: certificateFile, reason: error.description)
        }
    }

    private static func make(
        _ certificateFile: String,
        _ keyFile: String,
        in directory: String,
        names: [String]
    ) throws(ListenerError) {
        do throws(OpenSSLError) {
            let pair = try SelfSigned.make(names: names)
            do throws(SystemError) {
                try WholeFile.makeDirectories(directory, mode: 0o700)
                try WholeFile.write(pair.key, to: keyFile, mode: 0o600)
                try WholeFile.write(pair.certificate, to: certificateFile)
            } catch {
                throw OpenSSLError(doing: "write", reason: error.description)
            }
        } catch {
            throw .selfSigned(file: certificateFile, reason: error.reasons.joined(separator: ", "))
        }
    }
}
