internal import Platform

/// Through which proxies requests go, by the variables that curl, wget and Go programs know.
///
/// For `https` URLs `https_proxy` or `HTTPS_PROXY`, for `http` ones `http_proxy` or `HTTP_PROXY`, for both else
/// `all_proxy` or `ALL_PROXY`; the small letters come first. `no_proxy` or `NO_PROXY` lists what is reached directly.
/// The variables are read here and not by libcurl, whose older versions know no CIDR, and which doesn't say which proxy
/// a failure concerns.
package struct ProxySettings: Hashable, Sendable {
    private let https: Proxy?
    private let http: Proxy?
    private let exceptions: [ProxyException]

    /// No proxy for anything.
    package static let none = ProxySettings([:])
    /// As this process's environment has it.
    package static var environment: ProxySettings { ProxySettings(ProcessFacts.environment) }

    package init(_ environment: [String: String]) {
        func proxy(_ names: String...) -> Proxy? {
            for variable in names.flatMap({ [$0, $0.uppercased()] }) {
                guard let text = environment[variable] else { continue }
                // An empty one says: none. Those behind it don't count then, either.
                return text.isEmpty ? nil : Proxy(text, variable: variable)
            }
            return nil
        }
        https = proxy("https_proxy", "all_proxy")
        http = proxy("http_proxy", "all_proxy")
        exceptions = (proxy("no_proxy")?.text ?? "").split { $0 == "," || $0.isWhitespace }.compactMap(
            ProxyException.init
        )
    }

    /// The proxy for requests to `origin`; `nil` where they go there directly.
    func proxy(for origin: TransferURL.Origin) -> Proxy? {
        guard let proxy = origin.scheme == "https" ? https : http else { return nil }
        let host = origin.host.hasPrefix("[") ? String(origin.host.dropFirst().dropLast()) : origin.host
        return exceptions.contains { $0.covers(host, port: origin.port) } ? nil : proxy
    }
}

/// A proxy, as its variable names it.
struct Proxy: Hashable, Sendable {
    /// As libcurl takes it: with a scheme or, for an HTTP proxy, without; with name and password.
    let text: String
    let variable: String

    init(_ text: String, variable: String) {
        self.text = text
        self.variable = variable
    }

    /// As its variable names it, without user and password.
    var url: String {
        guard let at = text.lastIndex(of: "@") else { return text }
        let scheme = text.firstRange(of: "://").map { text[..<$0.upperBound] } ?? ""
        return "\(scheme)\(text[text.index(after: at)...])"
    }

    /// The proxy without user, password and path, which have no place in a log.
    var name: String {
        var rest = text[...]
        if let scheme = rest.firstRange(of: "://") { rest = rest[scheme.upperBound...] }
        rest = rest.prefix { $0 != "/" }
        if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
        return String(String.UnicodeScalarView(rest.unicodeScalars.filter { $0.value > 0x20 && $0.value != 0x7F }))
    }
}

/// An entry of `NO_PROXY`.
enum ProxyException: Hashable, Sendable {
    case everything
    /// `example.com`, `.example.com`, `*.example.com`: the name and all below it; with a port, on this port.
    case name(String, port: UInt16?)
    /// `10.0.0.0/8`, `fd00::/8`, or one address. Only literal addresses are compared: names are not resolved.
    case network(bytes: [UInt8], bits: Int, port: UInt16?)

    /// `nil` for what is none of these.
    init?(_ entry: Substring) {
        if entry == "*" {
            self = .everything
            return
        }
        if let slash = entry.firstIndex(of: "/") {
            let bits = entry[entry.index(after: slash)...]
            guard let bytes = Self.address(Self.withoutBrackets(entry[..<slash])), let count = Int(bits),
                (0...bytes.count * 8).contains(count), bits.utf8.allSatisfy({ $0 & 0xF0 == 0x30 })
            else { return nil }
            self = .network(bytes: bytes, bits: count, port: nil)
            return
        }
        if let bytes = Self.address(Self.withoutBrackets(entry)) {
            self = .network(bytes: bytes, bits: bytes.count * 8, port: nil)
            return
        }
        var host = entry
        var port: UInt16?
        if let colon = entry.lastIndex(of: ":") {
            guard let number = UInt16(entry[entry.index(after: colon)...]) else { return nil }
            port = number
            host = entry[..<colon]
        }
        if let bytes = Self.address(Self.withoutBrackets(host)) {
            self = .network(bytes: bytes, bits: bytes.count * 8, port: port)
            return
        }
        if host.hasPrefix("*") { host = host.dropFirst() }
        let name = host.split(separator: ".").joined(separator: ".").lowercased()
        guard !name.isEmpty else { return nil }
        self = .name(name, port: port)
    }

    /// - Parameter host: in lower case, an IPv6 address without brackets.
    func covers(_ host: String, port: UInt16) -> Bool {
        switch self {
        case .everything: return true
        case .name(let name, let own):
            let host = host.hasSuffix(".") ? String(host.dropLast()) : host
            return (own == nil || own == port) && (host == name || host.hasSuffix("." + name))
        case .network(let bytes, let bits, let own):
            guard own == nil || own == port, let address = Self.address(host[...]), address.count == bytes.count else {
                return false
            }
            let whole = bits / 8
            guard address.prefix(whole) == bytes.prefix(whole) else { return false }
            guard bits % 8 > 0 else { return true }
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> (bits % 8))
            return address[whole] & mask == bytes[whole] & mask
        }
    }

    /// Four or sixteen bytes; an IPv4 address mapped into IPv6 is the IPv4 address (RFC 4291 section 2.5.5.2).
    private static func address(_ text: Substring) -> [UInt8]? {
        switch SocketAddress(literal: String(text), port: 0) {
        case .v4(let bytes, _): bytes
        case .v6(let bytes, _):
            bytes.prefix(12).elementsEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]) ? Array(bytes.suffix(4)) : bytes
        case .unix, nil: nil
        }
    }

    private static func withoutBrackets(_ text: Substring) -> Substring {
        text.hasPrefix("[") && text.hasSuffix("]") ? text.dropFirst().dropLast() : text
    }
}
