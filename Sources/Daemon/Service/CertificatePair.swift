internal import OpenSSL
internal import Platform

/// The files of the certificate and key that the listener shows.
struct CertificatePair {
    let certificateFile: String
    let keyFile: String
    /// Whether it was made now.
    let isNew: Bool

    /// The names by which the Service's clients reach it in the cluster, from Palette's documentation.
    private static let serviceNames = [
        "specman-service.hubble-system.svc.cluster.local", "specman-service.hubble-system.svc",
        "specman-service.hubble-system", "specman-service",
    ]

    /// The configured pair, or the self-signed one of the volume, made where it isn't there yet.
    ///
    /// Crash between the two files: the key alone is there, which counts as no pair, and both are made anew.
    ///
    /// - Throws: ``CommandFailure``.
    init(_ listener: Configuration.Listener, volume directory: String) throws {
        if let certificateFile = listener.certificateFile, let keyFile = listener.keyFile {
            self.init(certificateFile: certificateFile, keyFile: keyFile, isNew: false)
            return
        }
        let folder = directory + "/tls"
        let certificateFile = folder + "/tls.crt"
        let keyFile = folder + "/tls.key"
        if WholeFile.exists(certificateFile), WholeFile.exists(keyFile) {
            self.init(certificateFile: certificateFile, keyFile: keyFile, isNew: false)
            return
        }
        let names = listener.names ?? Self.standardNames(host: ProcessFacts.hostName)
        do {
            let pair = try SelfSigned.make(names: names)
            try WholeFile.makeDirectories(folder, mode: 0o700)
            try WholeFile.write(pair.key, to: keyFile, mode: 0o600)
            try WholeFile.write(pair.certificate, to: certificateFile, mode: 0o644)
        } catch {
            throw CommandFailure(
                "making the self-signed certificate in \(folder): \(error); make the directory writable, check "
                    + "listener.names, or set listener.certificateFile and listener.keyFile"
            )
        }
        self.init(certificateFile: certificateFile, keyFile: keyFile, isNew: true)
    }

    private init(certificateFile: String, keyFile: String, isNew: Bool) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.isNew = isNew
    }

    /// The Service's names, the host's, and the loopback's.
    static func standardNames(host: String?) -> [String] {
        var names = serviceNames
        // A host name that could not stand in a certificate is left out rather than keeping the daemon from starting.
        if let host, host.utf8.count <= 63, host.utf8.allSatisfy({ $0 == 0x2D || $0 == 0x2E || isAlphanumeric($0) }) {
            names.append(host)
        }
        return names + ["localhost", "127.0.0.1", "::1"]
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}
