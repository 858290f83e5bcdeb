/// The path of a target, decoded once and taken apart.
///
/// Dot segments are resolved and doubled slashes merged as nginx does it, never above the root, and before anything
/// looks at the components: what they reach is decided on the same names that are opened.
/// Specification: RFC 3986 sections 2.4 (decode once), 5.2.4 (dot segments), 6.2.2.2 (`%2e` is a dot).
package struct TargetPath: Hashable, Sendable {
    /// Why a path is none that could be answered.
    package enum Fault: Error, Hashable {
        /// Does not begin with `/`.
        case notAbsolute
        /// A `%` without two hex digits.
        case brokenEscape
        /// A NUL, which ends names in the C library.
        case containsNUL
        /// `%2F`: a `/` within a component. No file name holds one, and to take it for a separator would let two parts
        /// of a system disagree on what is asked for.
        case encodedSlash
        /// `..` above the root.
        case climbs
    }

    /// What stands between the slashes: never empty, `.`, `..`, and without `/` and NUL. Empty for the root.
    package let components: [[UInt8]]
    /// Whether a directory was asked for: the path ends in `/`, or in a dot segment.
    package let hasTrailingSlash: Bool

    /// Takes the path as it was sent.
    package init(_ path: [UInt8]) throws(Fault) {
        let slash = UInt8(ascii: "/")
        guard path.first == slash else { throw .notAbsolute }
        var components: [[UInt8]] = []
        var endsInDirectory = true
        for part in path.dropFirst().split(separator: slash, omittingEmptySubsequences: false) {
            guard let component = PercentCoding.decode(part) else { throw .brokenEscape }
            if component.contains(0) { throw .containsNUL }
            if component.contains(slash) { throw .encodedSlash }
            endsInDirectory = true
            if component.isEmpty || component.elementsEqual(".".utf8) { continue }
            if component.elementsEqual("..".utf8) {
                guard components.popLast() != nil else { throw .climbs }
                continue
            }
            components.append(component)
            endsInDirectory = false
        }
        self.components = components
        hasTrailingSlash = endsInDirectory
    }

    /// The path, encoded and beginning with exactly one `/`: safe as the value of `Location`, where a second slash
    /// would name another host (RFC 3986 section 4.2).
    package func encoded(asDirectory: Bool) -> String {
        let joined = components.map { PercentCoding.encode(component: $0) }.joined(separator: "/")
        return "/" + joined + (asDirectory && !components.isEmpty ? "/" : "")
    }
}
