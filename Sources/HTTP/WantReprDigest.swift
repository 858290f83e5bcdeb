/// What `Want-Repr-Digest` says of the digests that a client would like (RFC 9530 section 4).
package enum WantReprDigest {
    /// The field's name.
    package static let fieldName = "Want-Repr-Digest"

    /// Whether an answer is to carry the SHA-256 sum of its representation.
    ///
    /// It does unless the client says that it has no use for it: with a preference of 0 (section 4), or by naming only
    /// other algorithms. The field is a hint, so that a malformed one counts as none (RFC 9651 section 4.2).
    package static func wantsSHA256(_ value: String?) -> Bool {
        guard let value, let preferences = preferences(value), !preferences.isEmpty else { return true }
        return (preferences["sha-256"] ?? 0) > 0
    }

    /// A dictionary whose members are integers from 0 to 10 (RFC 9651 section 3.2); the last of a name counts.
    private static func preferences(_ value: String) -> [String: Int]? {
        var preferences: [String: Int] = [:]
        for element in FieldList.elements(of: value) {
            let member = FieldList.parameters(of: element).value
            let sides = member.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, isKey(sides[0]), (1...2).contains(sides[1].utf8.count),
                sides[1].utf8.allSatisfy(ASCII.isDigit), let preference = Int(sides[1]), preference <= 10
            else { return nil }
            preferences[String(sides[0])] = preference
        }
        return preferences
    }

    /// RFC 9651 section 3.1.2: small letters, digits, `_`, `-`, `.`, `*`, and none but a letter or `*` first.
    private static func isKey(_ name: Substring) -> Bool {
        guard let first = name.utf8.first, isLetter(first) || first == UInt8(ascii: "*") else { return false }
        return name.utf8.allSatisfy { isLetter($0) || ASCII.isDigit($0) || "_-.*".utf8.contains($0) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
}
