internal import COpenSSL

/// The kinds of keys that signatures are made and checked with.
package enum KeyKind: Hashable, Sendable {
    case p256
    case p384
    case rsa(bits: Int)
    case ed25519

    /// Below 2048 bits RSA is no longer safe; beyond 16384 OpenSSL doesn't check signatures.
    private static let rsaBits = 2048...16384

    init(_ key: OpaquePointer) throws(KeyError) {
        if EVP_PKEY_is_a(key, "ED25519") == 1 {
            self = .ed25519
        } else if EVP_PKEY_is_a(key, "RSA") == 1 {
            let bits = Int(EVP_PKEY_get_bits(key))
            guard Self.rsaBits.contains(bits) else { throw .unsupported(kind: "RSA of \(bits) bits") }
            self = .rsa(bits: bits)
        } else if EVP_PKEY_is_a(key, "EC") == 1 {
            switch Self.curve(of: key) {
            case "prime256v1", "P-256": self = .p256
            case "secp384r1", "P-384": self = .p384
            case let name: throw .unsupported(kind: "ECDSA \(name)")
            }
        } else {
            throw .unsupported(kind: EVP_PKEY_get0_type_name(key).map { String(cString: $0) } ?? "unknown")
        }
    }

    /// The digest that goes before the signature; `nil` for Ed25519, which has its own (RFC 8032 section 5.1).
    var digest: OpaquePointer? { self == .ed25519 ? nil : EVP_sha256() }

    /// The longest name of a curve, in bytes; OpenSSL's own have two dozen.
    private static let longestName = 80

    private static func curve(of key: OpaquePointer) -> String {
        var name = [CChar](repeating: 0, count: longestName)
        var length = 0
        guard EVP_PKEY_get_group_name(key, &name, name.count, &length) == 1 else { return "without a named curve" }
        return String(decoding: name.prefix(while: { $0 != 0 }).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension KeyKind: CustomStringConvertible {
    package var description: String {
        switch self {
        case .p256: "ECDSA P-256"
        case .p384: "ECDSA P-384"
        case .rsa(let bits): "RSA \(bits)"
        case .ed25519: "Ed25519"
        }
    }
}
