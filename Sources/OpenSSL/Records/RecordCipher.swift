internal import COpenSSL

/// Seals and opens the records of a loop's connections (RFC 8446 section 5.2): libcrypto's AEAD, with one context for
/// each direction, into which a connection's key is put when it is another's turn. Belongs to one event loop.
///
/// A context of each connection's own would take a kilobyte and more of it, for less time than its cache misses cost.
final class RecordCipher {
    /// In bytes (RFC 8446 section 5.2).
    static let tagSize = 16
    /// In bytes: `opaque_type`, `legacy_record_version` and `length`.
    static let headerSize = 5
    /// In bytes: the most that a record has of content (RFC 8446 section 5.1).
    static let contentLimit = 1 << 14
    /// In bytes: the most that follows a header (RFC 8446 section 5.2).
    static let sealedLimit = contentLimit + 256
    /// In bytes: what sealing adds to the content: header, type and tag.
    static let overhead = headerSize + 1 + tagSize

    /// What the keys of its connections are derived by.
    let schedule: KeySchedule
    private let sealing: OpaquePointer
    private let opening: OpaquePointer
    private let nonce: UnsafeMutableRawPointer
    /// Whose keys are in the contexts.
    private var sealingSerial: UInt64 = 0
    private var openingSerial: UInt64 = 0

    /// - Throws: ``OpenSSLError`` where memory is short or the build has no such cipher.
    init(_ suite: RecordSuite, schedule: KeySchedule) throws(OpenSSLError) {
        let attempt = "make a cipher for \(suite.cipher)"
        self.schedule = schedule
        // The contexts keep what it is fetched from.
        let cipher = EVP_CIPHER_fetch(nil, suite.cipher, nil)
        defer { EVP_CIPHER_free(cipher) }
        let contexts = (EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_new())
        guard let cipher, let sealing = contexts.0, let opening = contexts.1,
            EVP_CIPHER_get_iv_length(cipher) == TrafficKeys.nonceSize,
            EVP_CIPHER_get_key_length(cipher) == suite.keySize,
            EVP_EncryptInit_ex(sealing, cipher, nil, nil, nil) == 1,
            EVP_DecryptInit_ex(opening, cipher, nil, nil, nil) == 1
        else {
            EVP_CIPHER_CTX_free(contexts.0)
            EVP_CIPHER_CTX_free(contexts.1)
            throw OpenSSLError(doing: attempt)
        }
        self.sealing = sealing
        self.opening = opening
        nonce = .allocate(byteCount: TrafficKeys.nonceSize, alignment: 8)
    }

    deinit {
        // Wiped by libcrypto.
        EVP_CIPHER_CTX_free(sealing)
        EVP_CIPHER_CTX_free(opening)
        nonce.deallocate()
    }

    /// Makes a record of `content` and its type at `target`: ``overhead`` bytes more than the content has, which is as much
    /// as ``sealedLimit`` allows.
    func seal(
        _ content: UnsafeRawBufferPointer,
        type: UInt8,
        with keys: inout TrafficKeys,
        into target: UnsafeMutableRawPointer
    ) -> Bool {
        guard content.count < Self.sealedLimit - Self.tagSize, keys.nextNonce(into: nonce) else { return false }
        let record = target.assumingMemoryBound(to: UInt8.self)
        let sealed = content.count + 1 + Self.tagSize
        record[0] = ContentType.applicationData
        // TLS 1.2, for the sake of what stands between (RFC 8446 section 5.2).
        record[1] = 3
        record[2] = 3
        record[3] = UInt8(truncatingIfNeeded: sealed >> 8)
        record[4] = UInt8(truncatingIfNeeded: sealed)
        let body = record + Self.headerSize
        var type = type
        var count: Int32 = 0
        guard EVP_EncryptInit_ex(sealing, nil, nil, key(of: keys, &sealingSerial), nonceBytes) == 1,
            EVP_EncryptUpdate(sealing, nil, &count, record, Int32(Self.headerSize)) == 1,
            EVP_EncryptUpdate(
                sealing,
                body,
                &count,
                content.baseAddress?.assumingMemoryBound(to: UInt8.self),
                Int32(content.count)
            ) == 1,
            EVP_EncryptUpdate(sealing, body + content.count, &count, &type, 1) == 1,
            EVP_EncryptFinal_ex(sealing, body + content.count + 1, &count) == 1,
            EVP_CIPHER_CTX_ctrl(sealing, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagSize), body + content.count + 1) == 1
        else {
            sealingSerial = 0
            // Nobody asks for the reasons, and what stays would be taken for the next session's fault (SSL_get_error(3)).
            ERR_clear_error()
            return false
        }
        return true
    }

    /// Opens a record into `target`: everything but the tag, padding and all, ``sealedLimit`` bytes at most. `false` where
    /// it was not sealed with these keys under this number, or was changed on its way.
    ///
    /// - Parameter record: Header and all, at least ``headerSize`` and ``tagSize`` bytes.
    func open(
        _ record: UnsafeRawBufferPointer,
        with keys: inout TrafficKeys,
        into target: UnsafeMutableRawPointer
    ) -> Bool {
        let count = record.count - Self.headerSize - Self.tagSize
        guard count >= 0, let bytes = record.baseAddress?.assumingMemoryBound(to: UInt8.self),
            keys.nextNonce(into: nonce)
        else { return false }
        let output = target.assumingMemoryBound(to: UInt8.self)
        let tag = UnsafeMutableRawPointer(mutating: bytes + Self.headerSize + count)
        var written: Int32 = 0
        guard EVP_DecryptInit_ex(opening, nil, nil, key(of: keys, &openingSerial), nonceBytes) == 1,
            // Read, not written.
            EVP_CIPHER_CTX_ctrl(opening, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagSize), tag) == 1,
            EVP_DecryptUpdate(opening, nil, &written, bytes, Int32(Self.headerSize)) == 1,
            EVP_DecryptUpdate(opening, output, &written, bytes + Self.headerSize, Int32(count)) == 1,
            EVP_DecryptFinal_ex(opening, output + count, &written) == 1
        else {
            openingSerial = 0
            ERR_clear_error()
            return false
        }
        return true
    }

    private var nonceBytes: UnsafeMutablePointer<UInt8> { nonce.assumingMemoryBound(to: UInt8.self) }

    /// The key to be put into a context; `nil` where it is there.
    private func key(of keys: borrowing TrafficKeys, _ serial: inout UInt64) -> UnsafePointer<UInt8>? {
        guard serial != keys.serial else { return nil }
        serial = keys.serial
        return keys.keyBytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    }
}
