internal import Content
internal import Listener
internal import OpenSSL
internal import Platform

/// Which certificate the listener shows.
struct ServerCertificate {
    /// What it is made of.
    struct Files: Sendable {
        let certificate: String
        let key: String
        /// The authorities of clients' certificates; `nil` where clients need none.
        let clientCA: String?

        var all: [String] { [certificate, key] + [clientCA].compactMap(\.self) }

        func context(now: Int64, replacing previous: TLSContext? = nil) throws(CertificateError) -> TLSContext {
            try TLSContext(
                certificateFile: certificate,
                keyFile: key,
                clientCAFile: clientCA,
                now: now,
                replacing: previous
            )
        }
    }

    let files: Files
    /// What the files were just before they were read.
    let seen: [FileIdentity?]
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
            files = Files(certificate: certificateFile, key: keyFile, clientCA: listener.clientCAFile)
            seen = files.all.map(FileIdentity.init(ofFile:))
            context = try files.context(now: now)
            return
        }
        let folder = directory + "/tls"
        files = Files(certificate: folder + "/tls.crt", key: folder + "/tls.key", clientCA: listener.clientCAFile)
        let names = listener.names ?? Self.standardNames(host: ProcessFacts.hostName)
        let own = try SelfSignedPair.context(in: folder, names: names, now: now)
        seen = files.all.map(FileIdentity.init(ofFile:))
        context = listener.clientCAFile == nil ? own : try files.context(now: now)
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
