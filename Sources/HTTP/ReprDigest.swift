package import Content

/// The digest of a whole representation as fields carry it: `sha-256=:…:`.
///
/// Specification: RFC 9530 section 3; the bytes between colons are base64 (RFC 9651 section 3.3.5).
package enum ReprDigest {
    package static let fieldName = "Repr-Digest"

    /// The value of `Repr-Digest` for a representation with that SHA-256 sum.
    package static func value(of digest: Digest) -> String {
        "sha-256=:" + Base64.encode(digest.bytes) + ":"
    }
}

/// Base64 with the ordinary alphabet and padding (RFC 4648 section 4).
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    package static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var word: UInt32 = 0
            for place in 0..<3 { word = word << 8 | (place < count ? UInt32(bytes[start + place]) : 0) }
            for place in 0..<4 {
                let digit = Int(word >> (18 - 6 * UInt32(place)) & 63)
                text.append(place <= count ? alphabet[digit] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
