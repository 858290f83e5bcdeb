internal import COpenSSL

/// A running SHA-256 sum (`EVP_DigestUpdate`): SHA-NI where the processor has it.
///
/// A value that can't be copied, as the context behind it is one; freed when it goes out of scope.
package struct SHA256: ~Copyable, @unchecked Sendable {
    // Used by one owner at a time: the value can't be copied, only moved.
    private let context: OpaquePointer

    /// Begins a sum.
    ///
    /// - Throws: ``OpenSSLError`` where memory is short or the build has no SHA-256.
    package init() throws(OpenSSLError) {
        guard let context = EVP_MD_CTX_new() else { throw OpenSSLError(doing: "EVP_MD_CTX_new") }
        guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            EVP_MD_CTX_free(context)
            throw OpenSSLError(doing: "EVP_DigestInit_ex")
        }
        self.context = context
    }

    deinit {
        EVP_MD_CTX_free(context)
    }

    /// Adds `bytes` to the sum.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        // Fails only on a context that was not begun, which init rules out.
        EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }

    /// Adds `bytes` to the sum.
    package mutating func update(_ bytes: RawSpan) {
        _ = bytes.withUnsafeBytes { EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    }

    /// The sum of what was added, 32 bytes; the next update begins a new one.
    package mutating func finish() -> [UInt8] {
        let sum = [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            EVP_DigestFinal_ex(context, buffer.baseAddress, nil)
            count = 32
        }
        EVP_DigestInit_ex(context, nil, nil)
        return sum
    }

    /// The sum of `bytes`.
    package static func sum(of bytes: RawSpan) throws(OpenSSLError) -> [UInt8] {
        var hash = try SHA256()
        hash.update(bytes)
        return hash.finish()
    }
}
