internal import Content
internal import Curl

/// Where Palette is, as somebody typed it: `palette.example.com`, `palette.example.com:8443`, or the URL of its console as
/// a browser shows it, of which only the host counts.
///
/// Always `https`: a password goes there.
package struct PaletteAddress: Hashable, Sendable {
    /// `https://HOST[:PORT]/`.
    let base: TransferURL

    /// - Throws: `PaletteError.badAddress`, without the text where that may hold a password.
    package init(_ text: String) throws(PaletteError) {
        guard !text.contains("@") else {
            throw .badAddress("it holds a user; give the name with --username and the password with --password-stdin")
        }
        let shown = text.printable
        let scheme = text.firstRange(of: "://").map { text[..<$0.lowerBound].lowercased() }
        switch scheme {
        case nil, "https": break
        case "http":
            throw .badAddress(
                "\(shown) would show the password to everybody on the way; write https:// or the host alone"
            )
        default: throw .badAddress("\(shown) is no address of Palette; write HOST[:PORT] or https://HOST[:PORT]")
        }
        var rest = Substring(scheme == nil ? "https://\(text)" : text)
        while rest.hasSuffix("/") { rest.removeLast() }
        guard String(rest).hasStrictAuthority, let url = TransferURL(String(rest)), let base = url.resolving("/") else {
            throw .badAddress("\"\(shown)\" is no host; write HOST[:PORT] or https://HOST[:PORT]")
        }
        self.init(base: base)
    }

    /// - Parameter base: whose path is `/`.
    init(base: TransferURL) {
        self.base = base
    }

    /// `HOST:PORT`.
    package var host: String { base.origin.description }
}

extension String {
    /// Whether the host of an `http` or `https` URL stands where RFC 3986 section 3 has it, and no port is empty: libcurl
    /// forgives what Palette's client may not, and what somebody mistyped.
    var hasStrictAuthority: Bool {
        guard let prefix = ["https://", "http://"].first(where: { lowercased().hasPrefix($0) }) else { return false }
        let authority = dropFirst(prefix.count).prefix { !"/?#".contains($0) }
        return !authority.isEmpty && authority.first != ":" && authority.last != ":"
    }
}
