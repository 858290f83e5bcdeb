internal import COpenSSL

/// Where the sessions of one event loop read their ciphertext from and gather it to be sent.
///
/// A BIO of our own instead of OpenSSL's socket BIO: all records of a turn leave in one `send`, and no session has
/// buffers of its own while it waits. One connection is served at a time, so one pair of buffers is enough.
package final class TLSTransport {
    /// Ciphertext that was received for the connection being served.
    package let input: TransportBuffer
    /// Ciphertext to be sent to it.
    package let output: TransportBuffer

    /// By the order of ``HandshakeHash``: made when first needed.
    private var schedules: [KeySchedule?] = Array(repeating: nil, count: HandshakeHash.allCases.count)
    /// By the order of ``RecordSuite``: made when first needed.
    private var ciphers: [RecordCipher?] = Array(repeating: nil, count: RecordSuite.allCases.count)

    /// - Parameters:
    ///   - input: Capacity in bytes.
    ///   - output: Capacity in bytes.
    package init(input: Int, output: Int) {
        self.input = TransportBuffer(capacity: input)
        self.output = TransportBuffer(capacity: output)
    }

    /// What seals and opens this loop's records.
    func cipher(of suite: RecordSuite) throws(OpenSSLError) -> RecordCipher {
        let place = Int(suite.rawValue - RecordSuite.aes128.rawValue)
        if let known = ciphers[place] { return known }
        let cipher = try RecordCipher(suite, schedule: schedule(with: suite.hash))
        ciphers[place] = cipher
        return cipher
    }

    /// What derives the keys of this loop's handshakes and records.
    func schedule(with hash: HandshakeHash) throws(OpenSSLError) -> KeySchedule {
        if let known = schedules[hash.rawValue] { return known }
        let schedule = try KeySchedule(hash)
        schedules[hash.rawValue] = schedule
        return schedule
    }

    /// A BIO that reads and writes here; it does not keep this transport alive, the loop does.
    func makeBIO() -> OpaquePointer? {
        guard let method = Self.method, let bio = BIO_new(method.pointer) else { return nil }
        BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
        BIO_set_init(bio, 1)
        return bio
    }

    /// The table of functions, made once for the process and never changed.
    private struct Method: @unchecked Sendable {
        let pointer: OpaquePointer
    }

    private static let method: Method? = {
        guard let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "event loop") else { return nil }
        BIO_meth_set_write(method) { bio, data, length in
            guard let bio, let data, let context = BIO_get_data(bio) else { return -1 }
            specman_clear_retry(bio)
            let bytes = UnsafeRawBufferPointer(start: data, count: Int(length))
            let fits = Unmanaged<TLSTransport>.fromOpaque(context)._withUnsafeGuaranteedRef { transport in
                transport.output.append(bytes)
            }
            if fits { return length }
            specman_retry_write(bio)
            return -1
        }
        BIO_meth_set_read(method) { bio, data, length in
            guard let bio, let data, let context = BIO_get_data(bio) else { return -1 }
            specman_clear_retry(bio)
            let count = Unmanaged<TLSTransport>.fromOpaque(context)._withUnsafeGuaranteedRef { transport in
                let available = transport.input.readable
                let count = min(available.count, Int(length))
                guard count > 0, let source = available.baseAddress else { return 0 }
                UnsafeMutableRawPointer(data).copyMemory(from: source, byteCount: count)
                transport.input.take(count)
                return count
            }
            if count > 0 { return Int32(count) }
            specman_retry_read(bio)
            return -1
        }
        BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
        return Method(pointer: method)
    }()
}
