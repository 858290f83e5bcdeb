internal import OpenSSL
internal import Platform
internal import Registry

/// Whether the files that the configuration names can be used: a wrong path is told of with its key, before anything
/// is begun, and not by the first transfer that needs it.
extension Settings {
    /// Whose files.
    package enum NamedFiles: Sendable {
        case none
        /// What is used towards the registry.
        case source
        /// The listener's, too.
        case all
    }

    /// The largest PEM file read, in bytes: far beyond a bundle of every public authority.
    private static let limit = 16 << 20

    /// Reads the keys, and the listener's files where they are meant; the first fault ends it. What
    /// ``Configuration/Source/readFiles(_:)`` reads is not read twice.
    package func check(_ files: NamedFiles) throws(ConfigurationError) {
        if case .none = files { return }
        do throws(RegistryError) {
            try TrustedKeys(list("source.verify.keys") ?? []).check()
        } catch {
            throw fault("source.verify.keys", expected: "public keys (\(error))")
        }
        if case .all = files { try checkListener() }
    }

    private func checkReadable(_ name: String) throws(ConfigurationError) {
        guard let file = text(name) else { return }
        do throws(SystemError) {
            _ = try WholeFile.read(file, limit: Self.limit)
        } catch {
            throw fault(name, expected: "a readable file (\(error.reason))")
        }
    }

    /// The certificate has to go with its key; the names have to be such that a certificate can be made of them.
    private func checkListener() throws(ConfigurationError) {
        try checkReadable("listener.certificateFile")
        try checkReadable("listener.keyFile")
        if let file = text("listener.htpasswdFile") {
            do throws(HtpasswdError) {
                _ = try Htpasswd(file: file)
            } catch {
                throw fault("listener.htpasswdFile", expected: "a file of users and passwords (\(error))")
            }
        }
        if let file = text("listener.clientCAFile") {
            do throws(CertificateError) {
                _ = try CertificateFacts(ofFile: file)
            } catch {
                throw fault("listener.clientCAFile", expected: "certificates of authorities (\(error))")
            }
        }
        if let certificateFile = text("listener.certificateFile"), let keyFile = text("listener.keyFile") {
            do throws(CertificateError) {
                _ = try TLSContext(certificateFile: certificateFile, keyFile: keyFile, now: SystemClock.now.seconds)
            } catch {
                throw fault("listener.certificateFile", expected: "a certificate with its key (\(error))")
            }
        } else if let names = list("listener.names") {
            do throws(OpenSSLError) {
                _ = try SelfSigned.make(names: names)
            } catch {
                throw fault("listener.names", expected: "DNS names and IP addresses (\(error))")
            }
        }
    }
}
