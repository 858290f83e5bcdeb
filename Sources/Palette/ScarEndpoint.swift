internal import Content
internal import Curl

/// Where Palette is to read its manifests from.
package struct ScarEndpoint: Hashable, Sendable, CustomStringConvertible {
    /// specman's own Service in Palette's cluster.
    package static let standard = ScarEndpoint(
        checked: "https://specman-service.hubble-system.svc.cluster.local:8443"
    )

    /// The longest URL taken, in bytes: that of the Service has 68.
    static let longest = 2 << 10

    /// The URL, without a `/` at its end: Palette appends paths that begin with one.
    package let description: String

    /// Takes an `https` URL, or the `http` one of a server that is gone back to.
    ///
    /// - Throws: `PaletteError.badEndpoint`.
    package init(_ text: String) throws(PaletteError) {
        guard !text.contains("@") else {
            throw .badEndpoint("it holds a user; Palette is given none, as specman serves without")
        }
        let url = Self.withoutSlashes(text)
        guard url.utf8.count <= Self.longest, url.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            !url.utf8.contains(UInt8(ascii: "?")), !url.utf8.contains(UInt8(ascii: "#")), url.hasStrictAuthority,
            TransferURL(url) != nil
        else {
            throw .badEndpoint("\"\(text.printable.prefix(200))\" is no URL of a server; write https://HOST[:PORT]")
        }
        self.init(checked: url)
    }

    private init(checked url: String) {
        description = url
    }

    static func withoutSlashes(_ text: String) -> String {
        var rest = Substring(text)
        while rest.hasSuffix("/") { rest.removeLast() }
        return String(rest)
    }
}
