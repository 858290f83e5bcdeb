/// A repository in a registry: `HOST[:PORT]/NAME`.
package struct Repository: Hashable, Sendable {
    /// Host and port as they stand in a URL; an IPv6 address keeps its brackets.
    package let host: String
    /// The repository's name, as the specification's grammar has it.
    package let name: String

    /// `nil` where the host or the name is none.
    ///
    /// Specification: OCI distribution-spec, "Pulling manifests", `<name>`.
    package init?(host: String, name: String) {
        guard Self.isHost(host), Self.isName(name) else { return nil }
        self.host = host
        self.name = name
    }

    /// The longest name, with the host, that registries take (distribution-spec: "many clients impose a limit of 255").
    private static let longestName = 255

    /// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/…)*`
    private static func isName(_ name: String) -> Bool {
        guard name.utf8.count <= longestName, !name.isEmpty else { return false }
        return name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            guard let first = part.utf8.first, let last = part.utf8.last, isWord(first), isWord(last) else {
                return false
            }
            // What stands between two words is one dot, one or two underscores, or any number of hyphens.
            return part.utf8.split(whereSeparator: isWord).allSatisfy { separator in
                switch separator.first {
                case UInt8(ascii: "."): separator.count == 1
                case UInt8(ascii: "_"): separator.count <= 2 && separator.allSatisfy { $0 == UInt8(ascii: "_") }
                default: separator.allSatisfy { $0 == UInt8(ascii: "-") }
                }
            }
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isHost(_ host: String) -> Bool {
        var rest = Substring(host)
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { return false }
            let address = rest[rest.index(after: rest.startIndex)..<end]
            guard !address.isEmpty, address.utf8.allSatisfy({ isHexadecimal($0) || $0 == UInt8(ascii: ":") }) else {
                return false
            }
            rest = rest[rest.index(after: end)...]
            guard !rest.isEmpty else { return true }
            return rest.first == ":" && isPort(rest.dropFirst())
        }
        if let colon = rest.firstIndex(of: ":") {
            guard isPort(rest[rest.index(after: colon)...]) else { return false }
            rest = rest[..<colon]
        }
        return !rest.isEmpty && rest.utf8.count <= 253
            && rest.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                !label.isEmpty && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy { isWord($0 | 0x20) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
            }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        isWord(byte | 0x20) && byte | 0x20 <= UInt8(ascii: "f")
    }

    private static func isPort(_ text: Substring) -> Bool {
        guard let port = UInt16(text), port > 0 else { return false }
        return text.utf8.first.map { (UInt8(ascii: "1")...UInt8(ascii: "9")).contains($0) } ?? false
    }
}

extension Repository: CustomStringConvertible {
    package var description: String { "\(host)/\(name)" }
}

/// Where releases come from, as `source.repository` names it, and which one of them where a command names one.
package struct Reference: Hashable, Sendable {
    /// The place itself.
    package enum Location: Hashable, Sendable, CustomStringConvertible {
        /// A repository in a registry.
        case registry(Repository)
        /// A directory in OCI image layout.
        case layout(directory: String)

        package var description: String {
            switch self {
            case .registry(let repository): repository.description
            case .layout(let directory): Reference.layoutPrefix + directory
            }
        }
    }

    /// What a directory in OCI image layout is written with.
    package static let layoutPrefix = "oci-layout:"

    package let location: Location
    /// The tag after `:`.
    package let tag: Tag?
    /// The digest after `@`.
    package let digest: Digest?

    package init(location: Location, tag: Tag? = nil, digest: Digest? = nil) {
        self.location = location
        self.tag = tag
        self.digest = digest
    }

    /// Why a text is no reference.
    package enum Fault: Error, Hashable {
        case empty
        case noRepository
        case badHostOrName
        case badTag
        case badDigest
    }

    /// Takes `HOST[:PORT]/NAME[:TAG][@DIGEST]` or `oci-layout:DIR[:TAG]`.
    ///
    /// Palette's endpoints are often typed with a scheme, a trailing `/` and `/v2`: all of them are tolerated.
    package init(_ text: String) throws(Fault) {
        var rest = Substring(text)
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        rest = rest.drop(while: \.isWhitespace)
        guard !rest.isEmpty else { throw .empty }
        var digest: Digest?
        if let at = rest.lastIndex(of: "@") {
            guard let parsed = Digest(rest[rest.index(after: at)...]) else { throw .badDigest }
            digest = parsed
            rest = rest[..<at]
        }
        if rest.hasPrefix(Self.layoutPrefix) {
            rest = rest.dropFirst(Self.layoutPrefix.count)
            let tag = try Self.splitTag(from: &rest)
            guard !rest.isEmpty else { throw .noRepository }
            self.init(location: .layout(directory: String(rest)), tag: tag, digest: digest)
            return
        }
        for scheme in ["https://", "http://", "oci://"] where rest.lowercased().hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count)
            break
        }
        let tag = try Self.splitTag(from: &rest)
        var parts = rest.split(separator: "/")
        guard let host = parts.first else { throw .noRepository }
        parts.removeFirst()
        if parts.first == "v2" { parts.removeFirst() }
        if parts.last == "v2" { parts.removeLast() }
        guard !parts.isEmpty else { throw .noRepository }
        guard let repository = Repository(host: String(host), name: parts.joined(separator: "/")) else {
            throw .badHostOrName
        }
        self.init(location: .registry(repository), tag: tag, digest: digest)
    }

    /// Takes `:TAG` off the end: a colon before the last `/` belongs to the port.
    private static func splitTag(from rest: inout Substring) throws(Fault) -> Tag? {
        guard let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/") else { return nil }
        // `host:5000` without a name is a port, and falls out as a missing repository.
        guard rest.contains("/") || !rest[rest.index(after: colon)...].allSatisfy(\.isNumber) else { return nil }
        guard let tag = Tag(rest[rest.index(after: colon)...]) else { throw .badTag }
        rest = rest[..<colon]
        return tag
    }
}
