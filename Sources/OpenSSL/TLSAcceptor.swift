internal import COpenSSL

/// Makes the sessions of one event loop: an `SSL_CTX` of its own, so that loops don't contend for its counters.
package final class TLSAcceptor {
    let context: OpaquePointer
    /// Kept, as `context` points to it.
    private let tickets: TicketKeys

    /// TLS 1.2 suites: Mozilla's intermediate list without finite-field Diffie-Hellman, which costs the server more
    /// than the client ("D(HE)at", CVE-2002-20001) and which no client of the last ten years needs.
    private static let ciphers = """
        ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:\
        ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:\
        ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305
        """
    private static let suites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
    private static let groups = "X25519:prime256v1:secp384r1"

    /// Marks tickets as made by this program (`SSL_CTX_set_session_id_context(3)`); without it no session of a client
    /// with a certificate is resumed.
    private static let sessionContext = Array("specman".utf8)

    init(identity: TLSIdentity, clients: [CertificatePointer], tickets: TicketKeys) throws(OpenSSLError) {
        // Where it is not to be had libcrypto's own key schedule serves, and OpenSSL keeps the records.
        let properties = KeyScheduleProvider.isLoaded ? KeyScheduleProvider.properties : nil
        guard let context = SSL_CTX_new_ex(nil, properties, TLS_server_method()) else {
            throw OpenSSLError(doing: "make a TLS context")
        }
        self.context = context
        self.tickets = tickets
        // Renegotiation and compression have no use and a history of attacks (CVE-2009-3555, CVE-2012-4929). Our
        // order of suites goes first: AES-128 is the cheapest for both sides, ChaCha20 for clients without AES.
        SSL_CTX_set_options(context, specman_server_options())
        specman_ctx_mode(context, Int(SSL_MODE_RELEASE_BUFFERS))
        specman_ctx_no_session_cache(context)
        SSL_CTX_set_alpn_select_cb(context, selectProtocol, nil)
        guard specman_ctx_min_version(context, TLS1_2_VERSION) == 1,
            SSL_CTX_set_cipher_list(context, Self.ciphers) == 1,
            SSL_CTX_set_ciphersuites(context, Self.suites) == 1,
            specman_ctx_groups(context, Self.groups) == 1,
            // One ticket a handshake: a client that opens several connections asks on each.
            SSL_CTX_set_num_tickets(context, 1) == 1,
            SSL_CTX_set_session_id_context(context, Self.sessionContext, UInt32(Self.sessionContext.count)) == 1,
            SSL_CTX_set_ex_data(context, TicketKeys.place, Unmanaged.passUnretained(tickets).toOpaque()) == 1,
            SSL_CTX_set_tlsext_ticket_key_evp_cb(context, TicketKeys.callback) == 1,
            SSL_CTX_use_certificate(context, identity.certificate) == 1,
            SSL_CTX_use_PrivateKey(context, identity.key) == 1
        else { throw OpenSSLError(doing: "set up TLS") }
        for certificate in identity.chain {
            guard specman_ctx_add_chain(context, certificate) == 1 else {
                throw OpenSSLError(doing: "set up the certificate chain")
            }
        }
        if !clients.isEmpty { try askForCertificates(signedBy: clients) }
    }

    /// Takes only clients that show a certificate under one of these, which need not be roots.
    private func askForCertificates(signedBy authorities: [CertificatePointer]) throws(OpenSSLError) {
        let attempt = "set up the authorities of clients"
        guard let store = SSL_CTX_get_cert_store(context),
            X509_STORE_set_flags(store, UInt(X509_V_FLAG_PARTIAL_CHAIN)) == 1
        else { throw OpenSSLError(doing: attempt) }
        for authority in authorities {
            guard X509_STORE_add_cert(store, authority.pointer) == 1,
                SSL_CTX_add_client_CA(context, authority.pointer) == 1
            else { throw OpenSSLError(doing: attempt) }
        }
        SSL_CTX_set_verify(context, specman_client_verification(), nil)
        guard SSL_CTX_set_session_ticket_cb(context, nil, TicketKeys.gate, nil) == 1 else {
            throw OpenSSLError(doing: attempt)
        }
    }

    deinit {
        SSL_CTX_free(context)
    }
}

/// Chooses `http/1.1` where the client offers it; otherwise the connection goes on without ALPN, as curl and older
/// clients expect, rather than ending with an alert (RFC 7301 section 3.2 leaves both open).
private func selectProtocol(
    _ session: OpaquePointer?,
    _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    _ length: UnsafeMutablePointer<UInt8>?,
    _ offered: UnsafePointer<UInt8>?,
    _ count: UInt32,
    _ argument: UnsafeMutableRawPointer?
) -> Int32 {
    guard let offered, let chosen, let length else { return SSL_TLSEXT_ERR_NOACK }
    let name = Array("http/1.1".utf8)
    var index = 0
    while index < Int(count) {
        let size = Int(offered[index])
        guard index + 1 + size <= Int(count) else { break }
        if UnsafeBufferPointer(start: offered + index + 1, count: size).elementsEqual(name) {
            chosen.pointee = offered + index + 1
            length.pointee = UInt8(size)
            return SSL_TLSEXT_ERR_OK
        }
        index += 1 + size
    }
    return SSL_TLSEXT_ERR_NOACK
}
