internal import CPlatform
internal import Glibc

/// Where a connection comes from, as far as clients are told apart: an IPv4 address, or the /64 of an IPv6 address,
/// within which one host may choose as it likes (RFC 8981). All Unix sockets are one.
package struct Origin: Hashable, Sendable {
    private let bits: UInt64
    private let family: UInt8

    /// A client on the same machine.
    package static let local = Origin(bits: 0, family: 0)

    private init(bits: UInt64, family: UInt8) {
        self.bits = bits
        self.family = family
    }

    init(_ storage: sockaddr_storage) {
        let kind = Int32(storage.ss_family)
        self = withUnsafeBytes(of: storage) { bytes in
            switch kind {
            case AF_INET:
                // The address is behind family and port (ip(7)).
                return Origin(bits: UInt64(bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)), family: 4)
            case AF_INET6:
                // Behind family, port and flow label (ipv6(7)).
                let high = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
                let low = bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
                // An IPv4 address mapped into IPv6 (RFC 4291 section 2.5.5.2) is that address.
                let isMapped = high == 0 && UInt64(bigEndian: low) >> 32 == 0xFFFF
                guard isMapped else { return Origin(bits: high, family: 6) }
                return Origin(bits: UInt64(bytes.loadUnaligned(fromByteOffset: 20, as: UInt32.self)), family: 4)
            default:
                return .local
            }
        }
    }
}
