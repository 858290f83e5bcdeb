internal import COpenSSL

/// One TLS connection's server side; its bytes pass through a ``TLSTransport``. Belongs to one event loop.
package struct TLSSession: ~Copyable {
    /// How far the handshake is.
    package enum Handshake: Equatable {
        case done
        /// More has to be received first.
        case needsInput
        /// It failed; an alert may wait in the transport's output.
        case failed
    }

    /// What a read came to.
    package enum Reading: Equatable {
        case bytes(Int)
        case needsInput
        /// The peer said that it sends nothing more (`close_notify`).
        case closed
        case failed
    }

    private let session: OpaquePointer
    /// Kept, as its context calls back into it while a handshake is under way.
    private let acceptor: TLSAcceptor
    private let transport: TLSTransport

    /// A session of `acceptor`, before its handshake.
    package init(acceptor: TLSAcceptor, transport: TLSTransport) throws(OpenSSLError) {
        guard let session = SSL_new(acceptor.context) else { throw OpenSSLError(doing: "make a TLS session") }
        guard let bio = transport.makeBIO() else {
            SSL_free(session)
            throw OpenSSLError(doing: "make a TLS session")
        }
        // The session takes ownership of the BIO, once for both directions.
        SSL_set_bio(session, bio, bio)
        SSL_set_accept_state(session)
        self.session = session
        self.acceptor = acceptor
        self.transport = transport
    }

    deinit {
        SSL_free(session)
    }

    /// The protocol version, such as `TLSv1.3` (`SSL_get_version(3)`).
    package func version() -> String { SSL_get_version(session).map { String(cString: $0) } ?? "" }

    /// Goes on with the handshake as far as the transport's input reaches.
    package func handshake() -> Handshake {
        let result = SSL_do_handshake(session)
        if result == 1 { return .done }
        let reason = SSL_get_error(session, result)
        if reason == SSL_ERROR_WANT_READ { return .needsInput }
        ERR_clear_error()
        return .failed
    }

    /// Decrypts up to `buffer.count` bytes.
    package func read(into buffer: UnsafeMutableRawBufferPointer) -> Reading {
        var count = 0
        let result = SSL_read_ex(session, buffer.baseAddress, buffer.count, &count)
        if result == 1 { return .bytes(count) }
        switch SSL_get_error(session, result) {
        case SSL_ERROR_WANT_READ:
            return .needsInput
        case SSL_ERROR_ZERO_RETURN:
            return .closed
        default:
            ERR_clear_error()
            return .failed
        }
    }

    /// Whether it holds bytes that were received and not read yet, be it a part of a record (`SSL_has_pending(3)`).
    package func hasPending() -> Bool { SSL_has_pending(session) == 1 }

    /// Encrypts all of `bytes` into the transport's output, which must have room for them and their records.
    package func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var count = 0
        if SSL_write_ex(session, bytes.baseAddress, bytes.count, &count) == 1 { return true }
        ERR_clear_error()
        return false
    }

    /// Puts `close_notify` into the output; without it clients don't resume the session.
    package func shutDown() {
        if SSL_shutdown(session) < 0 { ERR_clear_error() }
    }

    /// The largest number of bytes that `count` bytes of plaintext become: a record for each 16 KiB.
    package static func ciphertextBound(_ count: Int) -> Int {
        // Header, explicit nonce, tag, inner content type: 22 to 29 bytes; rounded up.
        count + (count / 16_384 + 1) * 64
    }
}
