internal import COpenSSL

/// Keyed sums by SHA-256 (RFC 2104).
package enum HMACSHA256 {
    /// The sum of `message` under `key`, 32 bytes.
    ///
    /// - Throws: ``OpenSSLError`` where memory is short or the build has no SHA-256.
    package static func sum(of message: [UInt8], key: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        var length: UInt32 = 0
        let sum = [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            let done = HMAC(
                EVP_sha256(),
                key,
                Int32(clamping: key.count),
                message,
                message.count,
                buffer.baseAddress,
                &length
            )
            count = done != nil && length == 32 ? 32 : 0
        }
        guard sum.count == 32 else { throw OpenSSLError(doing: "HMAC") }
        return sum
    }
}
