internal import COpenSSL

/// Derives TLS 1.3's secrets and keys from one another (RFC 8446 section 7.1), by HKDF (RFC 5869) and HMAC (RFC 2104) over
/// libcrypto's hashes. Belongs to one event loop.
///
/// A handshake needs two dozen HMACs. libcrypto's own derivations cost nearly as much again as the hashing in them, for
/// contexts that are made and given back.
final class KeySchedule {
    /// The most bytes that a label with its prefix, and a context, may have: their lengths are a byte each.
    private static let fieldLimit = 255

    private let hash: HandshakeHash
    private let digest: OpaquePointer
    private let context: OpaquePointer
    /// A key, filled up to a block and combined with HMAC's `ipad` or `opad`; zeros in between.
    private let pad: SecretBytes
    /// What HMAC hashes first, and what of a block is not asked for.
    private let sum: SecretBytes
    /// The hash of no messages, which the next secret is made with.
    private let noMessages: SecretBytes
    /// `HkdfLabel` and the number of the block, made in place.
    private var info: [UInt8] = []
    private var lastSerial: UInt64 = 0

    /// - Throws: ``OpenSSLError`` where memory is short or the build has no such hash.
    init(_ hash: HandshakeHash) throws(OpenSSLError) {
        let digest = EVP_MD_fetch(nil, hash.name, nil)
        guard let digest, let context = EVP_MD_CTX_new() else {
            EVP_MD_free(digest)
            throw OpenSSLError(doing: "make a key schedule with \(hash.name)")
        }
        self.hash = hash
        self.digest = digest
        self.context = context
        pad = SecretBytes(count: hash.blockSize)
        sum = SecretBytes(count: hash.size)
        noMessages = SecretBytes(count: hash.size)
        guard EVP_MD_get_size(digest) == hash.size, EVP_MD_get_block_size(digest) == hash.blockSize,
            EVP_DigestInit_ex2(context, digest, nil) == 1, finish(into: noMessages.bytes)
        else { throw OpenSSLError(doing: "make a key schedule with \(hash.name)") }
    }

    deinit {
        EVP_MD_CTX_free(context)
        EVP_MD_free(digest)
    }

    /// A number that no other key of this schedule has; never 0.
    func nextSerial() -> UInt64 {
        lastSerial &+= 1
        return lastSerial
    }

    // MARK: HKDF

    /// The secret that follows `secret` in the schedule, made of it and of `input`: `HKDF-Extract` with what
    /// `Derive-Secret` gives for the hash of no messages; the first one where `secret` is `nil`.
    ///
    /// - Parameters:
    ///   - label: `derived` after its prefix.
    ///   - input: Zeros where it is `nil`.
    ///   - output: As long as the hash.
    func extract(
        after secret: UnsafeRawBufferPointer?,
        prefix: UnsafeRawBufferPointer,
        label: UnsafeRawBufferPointer,
        input: UnsafeRawBufferPointer?,
        into output: UnsafeMutableRawBufferPointer
    ) throws(OpenSSLError) {
        let salt = SecretBytes(count: hash.size)
        if let secret {
            let messages = UnsafeRawBufferPointer(noMessages.bytes)
            try expand(secret, prefix: prefix, label: label, context: messages, into: salt.bytes)
        }
        let zeros = SecretBytes(count: hash.size)
        guard output.count == hash.size,
            mac(UnsafeRawBufferPointer(salt.bytes), of: input ?? UnsafeRawBufferPointer(zeros.bytes), into: output)
        else { throw OpenSSLError(doing: "derive a secret") }
    }

    /// `HKDF-Expand-Label` into all of `output`, which must not be longer than the hash, so that one block is enough (RFC 5869
    /// section 2.3). It may be where `secret` is.
    func expand(
        _ secret: UnsafeRawBufferPointer,
        prefix: UnsafeRawBufferPointer,
        label: UnsafeRawBufferPointer,
        context: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(OpenSSLError) {
        guard output.count <= hash.size, prefix.count + label.count <= Self.fieldLimit, context.count <= Self.fieldLimit
        else { throw OpenSSLError(doing: "derive a key", reason: "it or its label is too long") }
        info.removeAll(keepingCapacity: true)
        info.append(0)
        info.append(UInt8(output.count))
        info.append(UInt8(prefix.count + label.count))
        info.append(contentsOf: prefix)
        info.append(contentsOf: label)
        info.append(UInt8(context.count))
        info.append(contentsOf: context)
        info.append(1)
        let block = output.count == hash.size ? output : sum.bytes
        guard info.withUnsafeBytes({ mac(secret, of: $0, into: block) }) else {
            throw OpenSSLError(doing: "derive a key")
        }
        guard output.count < hash.size else { return }
        output.copyMemory(from: UnsafeRawBufferPointer(rebasing: block[..<output.count]))
        sum.wipe()
    }

    /// The same with the prefix of TLS 1.3 and without a context.
    func expand(_ secret: UnsafeRawBufferPointer, label: StaticString, into output: UnsafeMutableRawBufferPointer)
        throws(OpenSSLError)
    {
        try expand(
            secret,
            prefix: Self.bytes("tls13 "),
            label: Self.bytes(label),
            context: UnsafeRawBufferPointer(start: nil, count: 0),
            into: output
        )
    }

    private static func bytes(_ text: StaticString) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }

    // MARK: HMAC

    /// HMAC of `message` (RFC 2104 section 2); whether it worked.
    private func mac(
        _ key: UnsafeRawBufferPointer,
        of message: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) -> Bool {
        // Longer ones would have to be hashed first; TLS has none.
        guard key.count <= hash.blockSize else { return false }
        defer { pad.wipe() }
        pad.bytes.copyMemory(from: key)
        combinePad(with: 0x36)
        guard EVP_DigestInit_ex2(context, digest, nil) == 1, update(UnsafeRawBufferPointer(pad.bytes)), update(message),
            finish(into: sum.bytes)
        else { return false }
        combinePad(with: 0x36 ^ 0x5C)
        return EVP_DigestInit_ex2(context, digest, nil) == 1 && update(UnsafeRawBufferPointer(pad.bytes))
            && update(UnsafeRawBufferPointer(sum.bytes)) && finish(into: output)
    }

    /// Not by `^=` on the elements: the compiler (6.3.1) breaks at that under the thread sanitizer.
    private func combinePad(with byte: UInt8) {
        let block = pad.bytes
        for index in block.indices { block[index] = block[index] ^ byte }
    }

    private func update(_ bytes: UnsafeRawBufferPointer) -> Bool {
        EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1
    }

    private func finish(into output: UnsafeMutableRawBufferPointer) -> Bool {
        var count: UInt32 = 0
        return EVP_DigestFinal_ex(context, output.baseAddress?.assumingMemoryBound(to: UInt8.self), &count) == 1
            && Int(count) == hash.size
    }
}
