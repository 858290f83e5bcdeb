internal import COpenSSL

/// What a TLS server shows its clients: a certificate with its chain, the key, and the keys of its session tickets; and
/// whose certificates it wants to see of them.
///
/// TLS 1.2 and 1.3 with Mozilla's intermediate suites, `http/1.1` by ALPN, stateless session tickets, neither
/// renegotiation nor compression. Immutable: to change the certificate, make another and swap it.
package final class TLSContext: Sendable {
    private let identity: TLSIdentity
    private let clients: [CertificatePointer]
    private let clientsText: [UInt8]
    private let tickets: TicketKeys
    /// What the server's own certificate says.
    package let certificate: CertificateFacts

    /// Reads and checks a pair of files.
    ///
    /// - Parameters:
    ///   - certificateFile: PEM, the server's certificate first, then those that lead to the root.
    ///   - keyFile: PEM, without a passphrase; may be the same file.
    ///   - clientCAFile: PEM, the authorities of which one must have signed a client's certificate; `nil` where clients
    ///     need none.
    ///   - now: In seconds since 1970; a certificate that has expired by then is refused.
    ///   - previous: The context that this one replaces: clients of it can resume their sessions here, unless the
    ///     authorities are others, as a resumed session is not checked again.
    /// - Throws: ``CertificateError``, any case.
    package init(
        certificateFile: String,
        keyFile: String,
        clientCAFile: String? = nil,
        now: Int64,
        replacing previous: TLSContext? = nil
    ) throws(CertificateError) {
        let chain = try PEMFile.read(certificateFile).certificates
        guard let own = chain.first else { throw .notCertificate(file: certificateFile) }
        guard let key = try PEMFile.read(keyFile).key else { throw .notKey(file: keyFile) }
        guard X509_check_private_key(own.pointer, key.pointer) == 1 else {
            ERR_clear_error()
            throw .mismatch(certificateFile: certificateFile, keyFile: keyFile)
        }
        let facts = CertificateFacts(own.pointer)
        guard facts.notAfter > now else { throw .expired(file: certificateFile, notAfter: facts.notAfter) }
        identity = TLSIdentity(own: own, others: Array(chain.dropFirst()), privateKey: key)
        certificate = facts
        if let clientCAFile {
            let authorities = try PEMFile.read(clientCAFile)
            guard !authorities.certificates.isEmpty else { throw .notCertificate(file: clientCAFile) }
            clients = authorities.certificates
            clientsText = authorities.bytes
        } else {
            clients = []
            clientsText = []
        }
        do throws(OpenSSLError) {
            tickets =
                if let previous, previous.clientsText == clientsText { previous.tickets } else {
                    try TicketKeys(now: now)
                }
            // Once now, so that a pair that OpenSSL refuses is found here and not at the first connection.
            _ = try TLSAcceptor(identity: identity, clients: clients, tickets: tickets)
        } catch {
            throw .unusable(file: certificateFile, reason: error.reasons.joined(separator: ", "))
        }
    }

    /// A maker of sessions for one event loop.
    package func makeAcceptor() throws(OpenSSLError) -> TLSAcceptor {
        try TLSAcceptor(identity: identity, clients: clients, tickets: tickets)
    }

    /// Takes other keys for new session tickets where those in use are old. To be called now and then.
    ///
    /// - Parameter now: In seconds since 1970.
    package func rotateTicketKeys(now: Int64) throws(OpenSSLError) {
        try tickets.rotate(now: now)
    }
}

/// A certificate, those above it, and its key.
struct TLSIdentity: Sendable {
    let own: CertificatePointer
    let others: [CertificatePointer]
    let privateKey: KeyPointer

    var certificate: OpaquePointer { own.pointer }
    var key: OpaquePointer { privateKey.pointer }
    var chain: [OpaquePointer] { others.map(\.pointer) }
}
