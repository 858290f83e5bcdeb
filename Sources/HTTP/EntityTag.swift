/// The validator of one representation: `"…"`, or `W/"…"` where equal tags mean no more than the same to a reader.
///
/// Specification: RFC 9110 section 8.8.3.
package struct EntityTag: Hashable, Sendable, CustomStringConvertible {
    /// What stands between the quotes.
    package let opaque: String
    /// Whether equality of the tags doesn't promise equality of the bytes.
    package let isWeak: Bool

    /// Takes what is to stand between the quotes: hex digits and the like, that need no check.
    package init(opaque: String, isWeak: Bool = false) {
        self.opaque = opaque
        self.isWeak = isWeak
    }

    /// Takes a tag as a field has it; `nil` where it is none.
    package init?(_ text: some StringProtocol) {
        var bytes = Substring(text).utf8[...]
        // The mark is case-sensitive.
        isWeak = bytes.starts(with: "W/".utf8)
        if isWeak { bytes = bytes.dropFirst(2) }
        guard bytes.count >= 2, bytes.first == UInt8(ascii: "\""), bytes.last == UInt8(ascii: "\"") else { return nil }
        let content = bytes.dropFirst().dropLast()
        guard content.allSatisfy(Self.isTagByte) else { return nil }
        opaque = String(Substring(content))
    }

    package var description: String { (isWeak ? "W/\"" : "\"") + opaque + "\"" }

    /// Whether both promise the same bytes: neither is weak (RFC 9110 section 8.8.3.2).
    package func matchesStrongly(_ other: EntityTag) -> Bool {
        !isWeak && !other.isWeak && opaque == other.opaque
    }

    /// Whether both mean the same to a reader (RFC 9110 section 8.8.3.2).
    package func matchesWeakly(_ other: EntityTag) -> Bool {
        opaque == other.opaque
    }

    /// `etagc`: any visible byte but the quote, and everything above ASCII.
    private static func isTagByte(_ byte: UInt8) -> Bool {
        byte == 0x21 || (0x23...0x7E).contains(byte) || byte >= 0x80
    }
}

/// What `If-Match` and `If-None-Match` hold: `*`, or a list of tags.
///
/// Specification: RFC 9110 sections 13.1.1 and 13.1.2.
package enum EntityTagCondition: Hashable, Sendable {
    /// `*`: any representation there is.
    case any
    /// One of these.
    case tags([EntityTag])

    /// A list that is malformed anywhere matches nothing: `If-Match` then fails and changes nothing, `If-None-Match`
    /// lets the answer be sent in full. Both are safe.
    package init(_ value: String) {
        let elements = FieldList.elements(of: value)
        if elements == ["*"] {
            self = .any
            return
        }
        let tags = elements.compactMap { EntityTag($0) }
        self = .tags(tags.count == elements.count ? tags : [])
    }

    /// Whether a tag of the list is `tag`'s equal in the strong comparison; `*` whatever the tag.
    package func matchesStrongly(_ tag: EntityTag?) -> Bool {
        matches(tag) { $0.matchesStrongly($1) }
    }

    /// Whether a tag of the list is `tag`'s equal in the weak comparison; `*` whatever the tag.
    package func matchesWeakly(_ tag: EntityTag?) -> Bool {
        matches(tag) { $0.matchesWeakly($1) }
    }

    private func matches(_ tag: EntityTag?, by equal: (EntityTag, EntityTag) -> Bool) -> Bool {
        switch self {
        case .any: true
        case .tags(let tags): tag.map { tag in tags.contains { equal($0, tag) } } ?? false
        }
    }
}
