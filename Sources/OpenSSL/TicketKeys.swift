internal import COpenSSL
internal import Synchronization

/// The keys that session tickets are sealed with: shared by all event loops and by the contexts that follow one
/// another, so that a client resumes on any connection and after a renewal of the certificate.
///
/// The newest key seals; it and the one before open. Whoever gets hold of the keys can read what was resumed with them,
/// so that none is kept for long (RFC 8446 appendix C.4, RFC 5077 section 5.5).
final class TicketKeys: Sendable {
    /// How long a key seals, in seconds. Twice the two hours for which OpenSSL lets a ticket live, so that no ticket
    /// outlives the key that opens it.
    static let lifetime: Int64 = 4 * 3600

    /// Where a context keeps the pointer: the place that OpenSSL leaves to applications (`SSL_CTX_set_app_data`).
    static let place: Int32 = 0

    private struct Key {
        static let nameSize = 16
        /// Both for AES-256-CBC and for HMAC with SHA-256.
        static let size = 32

        let name: [UInt8]
        let cipher: [UInt8]
        let mac: [UInt8]
        let madeAt: Int64

        init(now: Int64) throws(OpenSSLError) {
            var bytes = [UInt8](repeating: 0, count: Self.nameSize + 2 * Self.size)
            guard RAND_bytes(&bytes, Int32(bytes.count)) == 1 else {
                throw OpenSSLError(doing: "make session ticket keys")
            }
            name = Array(bytes[..<Self.nameSize])
            cipher = Array(bytes[Self.nameSize..<Self.nameSize + Self.size])
            mac = Array(bytes[(Self.nameSize + Self.size)...])
            madeAt = now
        }
    }

    /// The newest one first.
    private let keys: Mutex<[Key]>
    /// In seconds since 1970, as it was said last.
    private let now: Atomic<Int64>

    /// - Parameter now: In seconds since 1970.
    init(now: Int64) throws(OpenSSLError) {
        keys = Mutex([try Key(now: now)])
        self.now = Atomic(now)
    }

    /// Takes another key for new tickets where the one in use is old.
    ///
    /// - Parameter now: In seconds since 1970.
    func rotate(now: Int64) throws(OpenSSLError) {
        self.now.store(now, ordering: .relaxed)
        guard keys.withLock({ $0.first.map { now - $0.madeAt >= Self.lifetime } ?? true }) else { return }
        let key = try Key(now: now)
        keys.withLock { $0 = [key] + $0.prefix(1) }
    }

    /// Seals or opens a ticket (`SSL_CTX_set_tlsext_ticket_key_evp_cb(3)`).
    static let callback:
        @convention(c) (
            OpaquePointer?, UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<UInt8>?, OpaquePointer?, OpaquePointer?,
            Int32
        ) -> Int32 = { session, name, iv, cipher, mac, isSealing in
            guard let session, let name, let iv, let cipher, let mac,
                let place = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(session), TicketKeys.place)
            else { return -1 }
            return Unmanaged<TicketKeys>.fromOpaque(place)._withUnsafeGuaranteedRef { tickets in
                isSealing == 1
                    ? tickets.seal(name: name, iv: iv, cipher: cipher, mac: mac)
                    : tickets.open(name: name, iv: iv, cipher: cipher, mac: mac, version: SSL_version(session))
            }
        }

    /// Has no session resumed whose client's certificate has expired (`SSL_CTX_set_session_ticket_cb(3)`): with TLS 1.3, where
    /// each session gives the next ticket, it would be let in without end. Those above it in its chain are not in the ticket.
    static let gate:
        @convention(c) (
            OpaquePointer?, OpaquePointer?, UnsafePointer<UInt8>?, Int, SSL_TICKET_STATUS, UnsafeMutableRawPointer?
        ) -> SSL_TICKET_RETURN = { session, resumed, _, _, status, _ in
            guard status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW, let session, let resumed,
                let certificate = SSL_SESSION_get0_peer(resumed),
                let place = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(session), TicketKeys.place)
            else { return SSL_TICKET_RETURN_IGNORE_RENEW }
            let isOver = Unmanaged<TicketKeys>.fromOpaque(place)._withUnsafeGuaranteedRef { tickets in
                var now = time_t(tickets.now.load(ordering: .relaxed))
                // 1 where it ends later; 0 where its end can't be read.
                return X509_cmp_time(X509_get0_notAfter(certificate), &now) != 1
            }
            if isOver { return SSL_TICKET_RETURN_IGNORE_RENEW }
            return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW
        }

    private func seal(
        name: UnsafeMutablePointer<UInt8>,
        iv: UnsafeMutablePointer<UInt8>,
        cipher: OpaquePointer,
        mac: OpaquePointer
    ) -> Int32 {
        guard let key = keys.withLock({ $0.first }),
            RAND_bytes(iv, Int32(EVP_MAX_IV_LENGTH)) == 1,
            EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nil, key.cipher, iv) == 1
        else { return -1 }
        name.update(from: key.name, count: Key.nameSize)
        return Self.set(mac, key) ? 1 : -1
    }

    /// 0 where the key is gone: the client makes a full handshake; 2 where the ticket shall be renewed.
    ///
    /// With TLS 1.3 always: a client shows each ticket once (RFC 8446 appendix C.4), and would make a full handshake
    /// every other time. What is more, it waits for something to acknowledge its last message: without it a request in
    /// a packet of its own stays with the client for the 40 ms of a delayed acknowledgement (RFC 896, RFC 1122 section
    /// 4.2.3.2).
    private func open(
        name: UnsafeMutablePointer<UInt8>,
        iv: UnsafeMutablePointer<UInt8>,
        cipher: OpaquePointer,
        mac: OpaquePointer,
        version: Int32
    ) -> Int32 {
        let wanted = UnsafeBufferPointer(start: name, count: Key.nameSize)
        let known = keys.withLock { $0 }
        guard let index = known.firstIndex(where: { $0.name.elementsEqual(wanted) }) else { return 0 }
        guard EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nil, known[index].cipher, iv) == 1,
            Self.set(mac, known[index])
        else { return -1 }
        return index == 0 && version < TLS1_3_VERSION ? 1 : 2
    }

    private static func set(_ mac: OpaquePointer, _ key: Key) -> Bool {
        var bytes = key.mac
        return specman_ticket_mac(mac, &bytes, bytes.count) == 1
    }
}
