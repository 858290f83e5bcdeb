internal import Content
internal import Curl
internal import OpenSSL
internal import Platform
internal import Registry

/// From the registry's name to being let in.
struct RegistryHops {
    let client: DistributionClient
    let configuration: Configuration
    let deadline: Deadline

    /// For the connection with TLS; a sync gives up after the same time.
    private static let patience: Duration = .seconds(10)

    func run(_ examination: inout Examination) {
        let probe = client.connect(verifying: true, timeout: Self.patience)
        name(probe, &examination)
        connection(probe, &examination)
        if !configuration.source.plainHTTP { tls(probe, &examination) }
        let greeting = examination.hop("challenge", client.host, with: client) { client in
            let greeting = try client.greeting(before: deadline)
            return (greeting.summary, greeting)
        }
        if let greeting, greeting.isOpen { return }
        examination.hop("token", greeting?.tokenServer ?? client.host, with: greeting) { greeting in
            (try client.enter(greeting, before: deadline), ())
        }
    }

    /// With a proxy it is the proxy that has to be found; it finds the registry.
    private func name(_ probe: ConnectionProbe, _ examination: inout Examination) {
        var name = client.hostName
        var remedy = "check the spelling in source.repository, and the DNS server in /etc/resolv.conf"
        if let proxy = probe.proxy {
            name = TransferURL(proxy.url.contains("://") ? proxy.url : "http://\(proxy.url)")?.hostName ?? proxy.url
            remedy = "check the proxy in the variable \(proxy.variable)"
        }
        examination.hop("name", name) {
            do throws(HostName.Failure) {
                let addresses = try HostName.addresses(of: name)
                return addresses == [name] ? "is an address" : "is " + addresses.joined(separator: ", ")
            } catch {
                throw DoctorFault("the name does not resolve (\(error))", remedy)
            }
        }
    }

    private func connection(_ probe: ConnectionProbe, _ examination: inout Examination) {
        let subject = probe.proxy.map { "proxy \($0.url) (\($0.variable))" } ?? client.host
        examination.hop("tcp", subject) {
            if let peer = probe.peer {
                let time = probe.connected > .zero ? " in \(Self.milliseconds(probe.connected)) ms" : ""
                return "connected to \(peer)\(time)"
            }
            guard let failure = probe.failure else { return "connected" }
            switch failure {
            case .refused:
                throw DoctorFault(
                    "the connection is refused: nothing listens on this port",
                    probe.proxy.map { "check that the proxy runs, and the variable \($0.variable)" }
                        ?? "check the port in source.repository, and that the registry runs"
                )
            case .connectTimeout, .timeout:
                throw DoctorFault(
                    "no answer within \(Self.patience.components.seconds) s",
                    "look for a firewall or a NetworkPolicy in between, or set https_proxy if a proxy leads out"
                )
            default: throw DoctorFault(failure)
            }
        }
    }

    private func tls(_ probe: ConnectionProbe, _ examination: inout Examination) {
        examination.hop("tls", client.host) {
            if let failure = probe.failure { throw fault(failure, of: probe) }
            let chain = probe.chain.flatMap { CertificateFacts.all(inPEM: $0) }
            guard let own = chain.first else { return "connected" }
            let first = chain.min { $0.notAfter < $1.notAfter } ?? own
            var text = CertificateWords.summary(own, now: Timestamp.current())
            if first != own {
                text += ", \(first.subject) above it \(CertificateWords.validity(first, now: Timestamp.current()))"
            }
            if configuration.source.insecureSkipVerify {
                text += "; NOT VERIFIED, as source.tls.insecureSkipVerify is set"
            }
            return text
        }
    }

    /// What is wrong with the server's certificate, after a look at it.
    private func fault(_ failure: TransferError, of probe: ConnectionProbe) -> DoctorFault {
        guard case .tls(_, let reason) = failure else {
            if case .badCertificateFile = failure {
                return DoctorFault("\(failure)", "correct the files of source.tls: caFile, certificateFile, keyFile")
            }
            guard let proxy = probe.proxy else { return DoctorFault(failure) }
            return DoctorFault(
                "the proxy does not lead there: \(DoctorFault(failure).detail)",
                "let \(proxy.url) connect to \(client.host), or put \(client.hostName) into NO_PROXY"
            )
        }
        let shown = client.connect(verifying: false, timeout: Self.patience).chain.first
            .flatMap { CertificateFacts.all(inPEM: $0).first }
        let now = Timestamp.current()
        let names = shown.map { CertificateWords.names($0) } ?? "other names"
        switch reason {
        case .unknownAuthority(let why):
            let issuer = shown.map { $0.issuer == $0.subject ? "itself (\($0.subject))" : $0.issuer }
            let signed = "its certificate is signed by \(issuer ?? "somebody"), which is not trusted (\(why))"
            guard let file = configuration.source.caFile else {
                return DoctorFault(signed, "set source.tls.caFile (--ca-file) to the certificate of that authority")
            }
            return DoctorFault(
                signed,
                "\(file) of source.tls.caFile is for another one: put the certificate of that authority there"
            )
        case .nameMismatch:
            return DoctorFault(
                "its certificate is for \(names), not for \(client.hostName)",
                "use one of these names in source.repository, or have the certificate renewed with \(client.hostName)"
            )
        case .addressMismatch:
            return DoctorFault(
                "its certificate is for \(names), and has no IP SAN \(client.hostName)",
                "use one of these names in source.repository, or have the certificate renewed with the address"
            )
        case .expired:
            let when = shown.map { " on \(Timestamp(seconds: $0.notAfter).rfc3339)" } ?? ""
            return DoctorFault(
                "its certificate, or one above it, has expired\(when)",
                "have it renewed, or set this machine's clock: it says \(Timestamp(seconds: now.seconds).rfc3339)"
            )
        case .notYetValid:
            let when = shown.map { " before \(Timestamp(seconds: $0.notBefore).rfc3339)" } ?? ""
            return DoctorFault(
                "its certificate is not valid\(when)",
                "set this machine's clock: it says \(Timestamp(seconds: now.seconds).rfc3339)"
            )
        case .notTLS:
            return DoctorFault(
                "it does not speak TLS on this port",
                "check the port, or set source.plainHTTP (--plain-http) if it is meant to speak plain HTTP"
            )
        case .clientCertificateRequired:
            return DoctorFault(
                "it wants a client certificate that it trusts",
                "set source.tls.certificateFile and source.tls.keyFile"
            )
        case .other:
            return DoctorFault("\(failure)", "check what listens there with: openssl s_client -connect \(client.host)")
        }
    }

    private static func milliseconds(_ duration: Duration) -> Int64 {
        duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
    }
}
