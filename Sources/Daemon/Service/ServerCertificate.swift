internal import Content
internal import Listener
internal import OpenSSL
internal import Platform

/// Which certificate the listener shows.
struct ServerCertificate {
    let certificateFile: String
    let keyFile: String
    let context: TLSContext

    /// The names by which the Service's clients reach it in the cluster, from Palette's documentation.
    private static let serviceNames = [
        "specman-service.hubble-system.svc.cluster.local", "specman-service.hubble-system.svc",
        "specman-service.hubble-system", "specman-service",
    ]

    /// The configured pair, or the self-signed one of the volume, which is made where there is none.
    ///
    /// - Throws: `CertificateError` or `ListenerError`.
    init(_ listener: Configuration.Listener, volume directory: String) throws {
        let now = Timestamp.current().seconds
        if let certificateFile = listener.certificateFile, let keyFile = listener.keyFile {
            self.certificateFile = certificateFile
            self.keyFile = keyFile
            context = try TLSContext(certificateFile: certificateFile, keyFile: keyFile, now: now)
            return
        }
        let folder = directory + "/tls"
        certificateFile = folder + "/tls.crt"
        keyFile = folder + "/tls.key"
        let names = listener.names ?? Self.standardNames(host: ProcessFacts.hostName)
        context = try SelfSignedPair.context(in: folder, names: names, now: now)
    }

    /// The Service's names, the host's, and the loopback's.
    static func standardNames(host: String?) -> [String] {
        var names = serviceNames
        // A host name that could not stand in a certificate is left out rather than keeping the daemon from starting.
        if let host, !host.isEmpty, host.utf8.count <= 63,
            host.utf8.allSatisfy({ $0 == 0x2D || $0 == 0x2E || isAlphanumeric($0) })
        {
            names.append(host)
        }
        return names + ["localhost", "127.0.0.1", "::1"]
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}
