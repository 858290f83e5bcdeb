package import Content

/// The digest of a whole representation as fields carry it: `sha-256=:…:`.
///
/// Specification: RFC 9530 section 3; the bytes between colons are base64 (RFC 9651 section 3.3.5).
package enum ReprDigest {
    package static let fieldName = "Repr-Digest"

    /// The length of a value, in bytes.
    static let valueCount = opening.utf8.count + Base64.count(of: Digest.byteCount) + 1

    private static let opening = "sha-256=:"

    /// The value of `Repr-Digest` for a representation with that SHA-256 sum.
    package static func value(of digest: Digest) -> String {
        String(decoding: [UInt8](capacity: valueCount) { span in write(digest, to: &span) }, as: UTF8.self)
    }

    /// Writes ``value(of:)`` to `span`, which has room for ``valueCount`` bytes.
    static func write(_ digest: Digest, to span: inout OutputSpan<UInt8>) {
        for byte in opening.utf8 { span.append(byte) }
        Base64.write(digest.bytes, to: &span)
        span.append(UInt8(ascii: ":"))
    }
}

/// Base64 with the ordinary alphabet and padding (RFC 4648 section 4).
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    package static func encode(_ bytes: [UInt8]) -> String {
        String(decoding: [UInt8](capacity: count(of: bytes.count)) { span in write(bytes, to: &span) }, as: UTF8.self)
    }

    /// How many bytes those of so many become.
    static func count(of bytes: Int) -> Int { (bytes + 2) / 3 * 4 }

    /// Writes the form of `bytes` to `span`, which has room for ``count(of:)`` bytes.
    static func write(_ bytes: [UInt8], to span: inout OutputSpan<UInt8>) {
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var word: UInt32 = 0
            for place in 0..<3 { word = word << 8 | (place < count ? UInt32(bytes[start + place]) : 0) }
            for place in 0..<4 {
                let digit = Int(word >> (18 - 6 * UInt32(place)) & 63)
                span.append(place <= count ? alphabet[digit] : UInt8(ascii: "="))
            }
        }
    }
}
