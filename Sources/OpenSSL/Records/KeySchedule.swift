internal import COpenSSL

/// Derives keys from traffic secrets (RFC 8446 section 7.1). Belongs to one event loop.
final class KeySchedule {
    private let mac: OpaquePointer
    /// In bytes: of the hash, and the most that can be derived.
    private let size: Int
    /// `HkdfLabel`, made in place.
    private var label: [UInt8] = []
    private var lastSerial: UInt64 = 0

    /// - Parameters:
    ///   - hash: As libcrypto calls it.
    ///   - size: The hash's, in bytes.
    /// - Throws: ``OpenSSLError`` where memory is short or the build has no such hash.
    init(hash: String, size: Int) throws(OpenSSLError) {
        self.size = size
        // The context keeps what it was fetched from.
        let algorithm = EVP_MAC_fetch(nil, "HMAC", nil)
        defer { EVP_MAC_free(algorithm) }
        guard let algorithm, let mac = EVP_MAC_CTX_new(algorithm) else { throw OpenSSLError(doing: "make an HMAC") }
        self.mac = mac
        guard specman_mac_digest(mac, hash) == 1 else { throw OpenSSLError(doing: "make an HMAC with \(hash)") }
    }

    deinit {
        EVP_MAC_CTX_free(mac)
    }

    /// A number that no other key of this schedule has; never 0.
    func nextSerial() -> UInt64 {
        lastSerial &+= 1
        return lastSerial
    }

    /// `HKDF-Expand-Label` with an empty context into all of `output`, which must not be longer than the hash, so that one
    /// block is enough (RFC 5869 section 2.3). It may be where `secret` is.
    func expand(_ secret: UnsafeRawBufferPointer, label name: StaticString, into output: UnsafeMutableRawBufferPointer)
        throws(OpenSSLError)
    {
        guard output.count <= size else { throw OpenSSLError(doing: "derive a key", reason: "it is too long") }
        label.removeAll(keepingCapacity: true)
        label.append(0)
        label.append(UInt8(output.count))
        label.append(UInt8("tls13 ".utf8.count + name.utf8CodeUnitCount))
        label.append(contentsOf: "tls13 ".utf8)
        label.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        label.append(0)
        // The number of the block.
        label.append(1)
        let block = SecretBytes(count: size)
        var count = 0
        guard EVP_MAC_init(mac, secret.baseAddress?.assumingMemoryBound(to: UInt8.self), secret.count, nil) == 1,
            EVP_MAC_update(mac, label, label.count) == 1,
            EVP_MAC_final(mac, block.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), &count, size) == 1,
            count == size
        else { throw OpenSSLError(doing: "derive a key") }
        output.copyMemory(from: UnsafeRawBufferPointer(rebasing: block.bytes[..<output.count]))
    }
}
