/// One TLS connection's server side; its bytes pass through a ``TLSTransport``. Belongs to one event loop.
package final class TLSSession {
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
        /// An alert may wait in the transport's output.
        case failed
    }

    /// Who protects the records.
    enum Layer {
        case openSSL(OpenSSLSession)
        case records(RecordLayer)
    }

    private(set) var layer: Layer

    /// A session of `acceptor`, before its handshake.
    package init(acceptor: TLSAcceptor, transport: TLSTransport) throws(OpenSSLError) {
        layer = .openSSL(try OpenSSLSession(acceptor: acceptor, transport: transport))
    }

    /// The protocol version, such as `TLSv1.3` (`SSL_get_version(3)`).
    package func version() -> String {
        switch layer {
        case .openSSL(let session): session.version
        case .records: "TLSv1.3"
        }
    }

    /// Goes on with the handshake as far as the transport's input reaches.
    package func handshake() -> Handshake {
        guard case .openSSL(let session) = layer else { return .done }
        let result = session.handshake()
        if result == .done, let records = session.takeOver() { layer = .records(records) }
        return result
    }

    /// Decrypts up to `buffer.count` bytes.
    ///
    /// - Parameter buffer: Has room for a record, ``leastRoom`` bytes.
    package func read(into buffer: UnsafeMutableRawBufferPointer) -> Reading {
        switch layer {
        case .openSSL(let session): session.read(into: buffer)
        case .records(let records): records.read(into: buffer)
        }
    }

    /// In bytes: what a read needs.
    package static let leastRoom = RecordCipher.sealedLimit

    /// Whether it holds bytes that were received and not read yet, be it a part of a record. What is still in the
    /// transport's input is not counted.
    package func hasPending() -> Bool {
        switch layer {
        case .openSSL(let session): session.hasPending
        case .records: false
        }
    }

    /// Encrypts all of `bytes` into the transport's output, which must have room for them and their records.
    package func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        switch layer {
        case .openSSL(let session): session.write(bytes)
        case .records(let records): records.write(bytes)
        }
    }

    /// Puts `close_notify` into the output; without it clients don't resume the session.
    package func shutDown() {
        switch layer {
        case .openSSL(let session): session.shutDown()
        case .records(let records): records.shutDown()
        }
    }

    /// In bytes: the most that ``write(_:)`` makes of `count` bytes for this client.
    package func ciphertextBound(_ count: Int) -> Int {
        switch layer {
        case .openSSL(let session): Self.ciphertextBound(count, inRecordsOf: session.contentLimit)
        case .records: Self.ciphertextBound(count, inRecordsOf: RecordCipher.contentLimit)
        }
    }

    /// In bytes: the most that `count` bytes become for any client, be its records the smallest that there are (RFC 6066
    /// section 4).
    package static func ciphertextBound(_ count: Int) -> Int {
        ciphertextBound(count, inRecordsOf: 512)
    }

    private static func ciphertextBound(_ count: Int, inRecordsOf size: Int) -> Int {
        // Header, explicit nonce, tag, inner content type: 22 to 29 bytes; and once 27 for a KeyUpdate.
        count + (count / size + 1) * 29 + 27
    }
}
