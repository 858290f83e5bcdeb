/// A tag of a repository, checked against the specification's grammar before it becomes part of a path, a log line
/// or a header: `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
///
/// Specification: OCI distribution-spec, "Pulling manifests".
package struct Tag: Hashable, Sendable, CustomStringConvertible {
    /// The longest tag the specification allows, in bytes.
    package static let longest = 128

    private let text: String

    /// `nil` where `text` is no tag.
    package init?(_ text: some StringProtocol) {
        let bytes = text.utf8
        guard let first = bytes.first, bytes.count <= Self.longest, Self.isWord(first) else { return nil }
        for byte in bytes where !(Self.isWord(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")) {
            return nil
        }
        self.text = String(text)
    }

    package var description: String { text }

    /// Whether this is a tag that tools leave to attach one artifact to another (`sha256-…`), never a release.
    ///
    /// Specification: OCI distribution-spec, "Referrers Tag Schema".
    package var isReferrer: Bool {
        text.hasPrefix("sha256-") || text.hasPrefix("sha512-")
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
