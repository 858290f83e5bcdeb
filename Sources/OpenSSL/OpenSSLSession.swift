internal import COpenSSL

/// A connection's server side as OpenSSL has it: the handshake, and all of TLS 1.2.
///
/// Of TLS 1.3 it tells what a ``RecordLayer`` needs to go on by itself: the traffic secrets, which ``KeyScheduleProvider``
/// derives, and how many records were sealed with them already, which are those of the session ticket.
final class OpenSSLSession {
    private let session: OpaquePointer
    /// Kept, as its context calls back into it while a handshake is under way.
    private let acceptor: TLSAcceptor
    private let transport: TLSTransport

    private var clientSecret: SecretBytes?
    private var serverSecret: SecretBytes?
    /// Where the records begin in the output, in this step of the handshake, that the server's secret seals.
    private var firstSealed: Int?
    /// How many there are; `nil` where they can't be told apart.
    private var sealed: UInt64? = 0

    init(acceptor: TLSAcceptor, transport: TLSTransport) throws(OpenSSLError) {
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

    var version: String { SSL_get_version(session).map { String(cString: $0) } ?? "" }

    /// In bytes: what a record carries at most, which a client may want less of (RFC 6066 section 4).
    var contentLimit: Int {
        guard let facts = SSL_get_session(session) else { return RecordCipher.contentLimit }
        let code = SSL_SESSION_get_max_fragment_length(facts)
        return code == 0 ? RecordCipher.contentLimit : 256 << Int(code)
    }

    /// `SSL_has_pending(3)`.
    var hasPending: Bool { SSL_has_pending(session) == 1 }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> TLSSession.Reading {
        var count = 0
        // What is left of another session's fault would be taken for this one's (SSL_get_error(3)).
        ERR_clear_error()
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

    func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var count = 0
        if SSL_write_ex(session, bytes.baseAddress, bytes.count, &count) == 1 { return true }
        ERR_clear_error()
        return false
    }

    func shutDown() {
        if SSL_shutdown(session) < 0 { ERR_clear_error() }
    }

    // MARK: Handshake

    func handshake() -> TLSSession.Handshake {
        firstSealed = serverSecret == nil ? nil : transport.output.end
        HandshakeOfThread.current = self
        let result = SSL_do_handshake(session)
        HandshakeOfThread.current = nil
        countSealed()
        if result == 1 { return .done }
        let reason = SSL_get_error(session, result)
        if reason == SSL_ERROR_WANT_READ { return .needsInput }
        ERR_clear_error()
        return .failed
    }

    /// What derives this session's secrets.
    func schedule(with hash: HandshakeHash) throws(OpenSSLError) -> KeySchedule {
        try transport.schedule(with: hash)
    }

    /// Takes a secret that was just derived, if it is one of those that seal data.
    func note(_ secret: UnsafeRawBufferPointer, label: UnsafeRawBufferPointer) {
        if label.elementsEqual("c ap traffic".utf8) {
            clientSecret = SecretBytes(copying: secret)
        } else if label.elementsEqual("s ap traffic".utf8) {
            serverSecret = SecretBytes(copying: secret)
            firstSealed = transport.output.end
        }
    }

    /// Counts the records of this step that the server's secret has sealed.
    private func countSealed() {
        guard let firstSealed else { return }
        let output = UnsafeRawBufferPointer(
            start: transport.output.base + firstSealed,
            count: transport.output.end - firstSealed
        )
        var place = 0
        while place < output.count {
            guard output.count - place >= RecordCipher.headerSize, output[place] == ContentType.applicationData else {
                sealed = nil
                return
            }
            sealed? += 1
            place += RecordCipher.headerSize + (Int(output[place + 3]) << 8 | Int(output[place + 4]))
        }
        if place != output.count { sealed = nil }
    }

    /// What goes on in place of this session, once its handshake is done; `nil` where OpenSSL has to: with TLS 1.2, where
    /// the client can't take records of full size (RFC 6066 section 4), and where anything is not as expected.
    func takeOver() -> RecordLayer? {
        guard SSL_version(session) == TLS1_3_VERSION, !hasPending, let sealed,
            contentLimit == RecordCipher.contentLimit, let suite = RecordSuite(of: session),
            let clientSecret = clientSecret.take(), let serverSecret = serverSecret.take(),
            clientSecret.count == suite.hash.size, serverSecret.count == suite.hash.size
        else { return nil }
        do throws(OpenSSLError) {
            let cipher = try transport.cipher(of: suite)
            return RecordLayer(
                cipher: cipher,
                transport: transport,
                receiving: try TrafficKeys(suite: suite, secret: clientSecret, schedule: cipher.schedule),
                sending: try TrafficKeys(
                    suite: suite,
                    secret: serverSecret,
                    schedule: cipher.schedule,
                    sequence: sealed
                )
            )
        } catch {
            return nil
        }
    }
}
