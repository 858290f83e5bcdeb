internal import CCurl

/// An absolute `http` or `https` URL without user information, as libcurl's own parser reads it: what is compared here
/// is what is connected to.
///
/// Specification: RFC 3986; C functions: `curl_url_set(3)`, `curl_url_get(3)`.
package struct TransferURL: Hashable, Sendable, CustomStringConvertible {
    /// The longest URL taken from anyone, in bytes: redirects to signed storage URLs reach about 2 KiB.
    package static let longest = 16 << 10

    /// What credentials are bound to (RFC 6454 section 4).
    package struct Origin: Hashable, Sendable, CustomStringConvertible {
        /// `http` or `https`.
        package let scheme: String
        /// In lower case; an IPv6 address keeps its brackets.
        package let host: String
        package let port: UInt16

        package var description: String { "\(host):\(port)" }
    }

    package let origin: Origin
    /// The whole URL, without its fragment.
    package let description: String

    /// `nil` where `text` is no absolute `http` or `https` URL, carries user information, or is too long.
    package init?(_ text: String) {
        self.init(base: nil, reference: text)
    }

    /// What `reference`, absolute or relative, means on this page (RFC 3986 section 5.2); `nil` as for ``init(_:)``.
    package func resolving(_ reference: String) -> TransferURL? {
        TransferURL(base: description, reference: reference)
    }

    /// The host alone, without port and brackets.
    package var hostName: String {
        origin.host.hasPrefix("[") ? String(origin.host.dropFirst().dropLast()) : origin.host
    }

    private init?(base: String?, reference: String) {
        guard reference.utf8.count <= Self.longest, !reference.utf8.contains(0), let handle = curl_url() else {
            return nil
        }
        defer { curl_url_cleanup(handle) }
        let flags = UInt32(CURLU_DISALLOW_USER)
        if let base {
            guard curl_url_set(handle, CURLUPART_URL, base, flags) == CURLUE_OK else { return nil }
        }
        guard curl_url_set(handle, CURLUPART_URL, reference, flags) == CURLUE_OK,
            curl_url_set(handle, CURLUPART_FRAGMENT, nil, 0) == CURLUE_OK,
            let scheme = Self.part(CURLUPART_SCHEME, of: handle)?.lowercased(),
            scheme == "https" || scheme == "http",
            let host = Self.part(CURLUPART_HOST, of: handle)?.lowercased(), !host.isEmpty,
            let port = Self.part(CURLUPART_PORT, of: handle).flatMap({ UInt16($0) }), port > 0,
            let text = Self.part(CURLUPART_URL, of: handle)
        else { return nil }
        origin = Origin(scheme: scheme, host: host, port: port)
        description = text
    }

    private static func part(_ part: CURLUPart, of handle: OpaquePointer) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        let flags = part == CURLUPART_PORT ? UInt32(CURLU_DEFAULT_PORT) : 0
        guard curl_url_get(handle, part, &text, flags) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
