internal import Curl
internal import Platform

/// Where a registry sends its clients for a token.
///
/// Specification: RFC 6750 section 3; distribution, "Token Authentication Specification".
struct BearerChallenge: Hashable, Sendable {
    let realm: TransferURL
    let service: String?
    /// Scopes with blanks between them; empty where none is named.
    let scope: String
    /// Why a token wasn't taken: `invalid_token`, `insufficient_scope`.
    let error: String?

    /// - Parameter registry: who sent the challenge.
    /// - Throws: `RegistryError.untrustedRealm` where credentials can't be sent to the realm.
    init(_ challenge: Challenge, from registry: TransferURL.Origin) throws(RegistryError) {
        let text = challenge.parameters["realm"] ?? ""
        func refuse(_ reason: String) -> RegistryError {
            .untrustedRealm(host: registry.description, realm: JSON.printable(text), reason: reason)
        }
        guard let realm = TransferURL(text) else { throw refuse("it is no http or https URL") }
        guard realm.origin.scheme == "https" || registry.scheme == "http" else {
            throw refuse("it is not https, so that everyone on the way could read the password")
        }
        if realm.origin.host != registry.host {
            switch HostKind(realm) {
            case .linkLocal: throw refuse("it is a link-local address, where machines keep their own secrets")
            case .loopback where HostKind(registry) != .loopback:
                throw refuse("it is this machine itself, and the registry is another one")
            default: break
            }
        }
        self.realm = realm
        service = challenge.parameters["service"]
        scope = challenge.parameters["scope"] ?? ""
        error = challenge.parameters["error"]
    }

    /// Whether tokens for the one are tokens for the other.
    func hasSameIssuer(as other: BearerChallenge) -> Bool {
        realm == other.realm && service == other.service
    }
}

/// What kind of place a literal host is; names are not resolved.
enum HostKind: Hashable {
    case loopback
    /// Link-local addresses, where clouds serve instances their metadata, and the one beyond them that AWS serves it on.
    case linkLocal
    case other

    init(_ url: TransferURL) {
        self.init(host: url.hostName)
    }

    init(_ origin: TransferURL.Origin) {
        self.init(host: origin.host.hasPrefix("[") ? String(origin.host.dropFirst().dropLast()) : origin.host)
    }

    private init(host: String) {
        let host = host.hasSuffix(".") ? String(host.dropLast()) : host
        if host == "localhost" || host.hasSuffix(".localhost") {
            self = .loopback
            return
        }
        switch SocketAddress(literal: host, port: 0) {
        case .v4(let bytes, _): self = Self.v4(bytes)
        case .v6(let bytes, _): self = Self.v6(bytes)
        case .unix, nil: self = .other
        }
    }

    /// RFC 1122 section 3.2.1.3 (0/8 reaches this machine on Linux), RFC 3927.
    private static func v4(_ bytes: [UInt8]) -> HostKind {
        if bytes.first == 127 || bytes.first == 0 { return .loopback }
        return bytes.starts(with: [169, 254]) ? .linkLocal : .other
    }

    /// RFC 4291 sections 2.5.2, 2.5.3, 2.5.5 and 2.5.6; RFC 6052 section 2.1 for addresses seen through NAT64.
    private static func v6(_ bytes: [UInt8]) -> HostKind {
        let zeros = [UInt8](repeating: 0, count: 12)
        if bytes.starts(with: zeros) {
            let rest = Array(bytes.suffix(4))
            return rest == [0, 0, 0, 0] || rest == [0, 0, 0, 1] ? .loopback : v4(rest)
        }
        if bytes.starts(with: zeros.prefix(10) + [0xFF, 0xFF]) { return v4(Array(bytes.suffix(4))) }
        if bytes.starts(with: [0, 0x64, 0xFF, 0x9B] + zeros.prefix(8)) { return v4(Array(bytes.suffix(4))) }
        if bytes.first == 0xFE, bytes.dropFirst().first.map({ $0 & 0xC0 == 0x80 }) ?? false { return .linkLocal }
        let awsMetadata: [UInt8] = [0xFD, 0, 0x0E, 0xC2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54]
        return bytes == awsMetadata ? .linkLocal : .other
    }
}
