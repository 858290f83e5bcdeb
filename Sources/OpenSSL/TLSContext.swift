internal import COpenSSL

/// What a TLS server shows its clients: a certificate with its chain, the key, and the keys of its session tickets.
///
/// TLS 1.2 and 1.3 with Mozilla's intermediate suites, `http/1.1` by ALPN, stateless session tickets, neither
/// renegotiation nor compression. Immutable: to change the certificate, make another and swap it.
package final class TLSContext: Sendable {
    private let identity: TLSIdentity
    private let ticketKeys: [UInt8]
    /// What the server's own certificate says.
    package let certificate: CertificateFacts

    /// Reads and checks a pair of files.
    ///
    /// - Parameters:
    ///   - certificateFile: PEM, the server's certificate first, then those that lead to the root.
    ///   - keyFile: PEM, without a passphrase; may be the same file.
    ///   - now: In seconds since 1970; a certificate that has expired by then is refused.
    ///   - previous: The context that this one replaces: clients of it can resume their sessions here.
    /// - Throws: ``CertificateError``, any case.
    package init(
        certificateFile: String,
        keyFile: String,
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
        do throws(OpenSSLError) {
            ticketKeys = if let previous { previous.ticketKeys } else { try Self.makeTicketKeys() }
            // Once now, so that a pair that OpenSSL refuses is found here and not at the first connection.
            _ = try TLSAcceptor(identity: identity, ticketKeys: ticketKeys)
        } catch {
            throw .unusable(file: certificateFile, reason: error.reasons.joined(separator: ", "))
        }
    }

    /// A maker of sessions for one event loop.
    package func makeAcceptor() throws(OpenSSLError) -> TLSAcceptor {
        try TLSAcceptor(identity: identity, ticketKeys: ticketKeys)
    }

    /// Name, HMAC key and AES key of the tickets, 80 bytes (`SSL_CTX_set_tlsext_ticket_keys(3)`).
    private static func makeTicketKeys() throws(OpenSSLError) -> [UInt8] {
        var keys = [UInt8](repeating: 0, count: 80)
        guard RAND_bytes(&keys, Int32(keys.count)) == 1 else { throw OpenSSLError(doing: "make session ticket keys") }
        return keys
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
