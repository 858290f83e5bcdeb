internal import CZlib

/// The checksum of RFC 1952, section 8: against what happens to bytes by chance, not against anybody.
package enum CRC32 {
    /// The sum of `bytes`.
    package static func sum(of bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBufferPointer { UInt32(truncatingIfNeeded: crc32_z(0, $0.baseAddress, $0.count)) }
    }
}
