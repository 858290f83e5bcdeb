/// How long a gzip member is, said in its own header: so that a whole one can be looked at before it is inflated.
///
/// A subfield of the header's extra field, as BGZF and dictzip have theirs; readers that don't know it skip it. What it
/// says is a claim like any other, and only the end of the deflated data tells whether it holds.
/// Specification: RFC 1952, sections 2.3 and 2.3.1.1. The subfield's ID is "SM", its data the member's length in bytes,
/// header and trailer included, as 4 bytes, the least significant first; 0 where that was not known.
package enum MemberLength {
    /// The longest member that says its length, in bytes: as much is held in memory on both sides.
    package static let most = 4 << 20
    /// The size of a header with the subfield and nothing else, in bytes.
    package static let headerSize = 20

    /// The extra field of a member whose length is not known yet.
    static let unknown: [UInt8] = [UInt8(ascii: "S"), UInt8(ascii: "M"), 4, 0, 0, 0, 0, 0]
    /// ID1, ID2, CM "deflate", FLG with nothing but FEXTRA.
    private static let beginning: [UInt8] = [0x1F, 0x8B, 8, 4]
    /// From the modification time to the operating system: what doesn't matter here.
    private static let facts = 4..<10
    private static let lengthOffset = 16

    /// The length that the member beginning with `header` says it has; `nil` where it says none that can be.
    package static func read(_ header: RawSpan) -> Int? {
        guard header.byteCount >= headerSize else { return nil }
        func byte(_ offset: Int) -> UInt8 {
            // Checked for bounds, and every bit pattern is a UInt8.
            header.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
        }
        for (offset, value) in beginning.enumerated() where byte(offset) != value { return nil }
        // XLEN, then the subfield's ID and the length of its data.
        guard byte(facts.upperBound) == UInt8(unknown.count), byte(facts.upperBound + 1) == 0 else { return nil }
        for (offset, value) in unknown.prefix(4).enumerated() where byte(facts.upperBound + 2 + offset) != value {
            return nil
        }
        let length = (0..<4).reduce(0) { $0 | Int(byte(lengthOffset + $1)) << (8 * $1) }
        return length > headerSize && length <= most ? length : nil
    }

    /// Has a complete member that ``Deflater`` made say its length, where it isn't longer than ``most``.
    package static func write(into member: inout [UInt8]) {
        guard member.count > headerSize, member.count <= most else { return }
        for index in 0..<4 { member[lengthOffset + index] = UInt8(truncatingIfNeeded: member.count >> (8 * index)) }
    }
}
