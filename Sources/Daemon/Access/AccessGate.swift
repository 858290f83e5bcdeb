internal import HTTP
internal import Platform
internal import Serving

/// Who may ask on the TLS port: the users of the password file, by Basic authentication.
///
/// Specification: RFC 7617 (Basic), RFC 9110 section 11 (challenges).
final class AccessGate: Sendable {
    private let verifier: PasswordVerifier
    private let administrators: Set<[UInt8]>
    private let challenge: String

    init(_ htpasswd: Htpasswd, realm: String, administrators: [String]) {
        verifier = PasswordVerifier(htpasswd)
        self.administrators = Set(administrators.map { Array($0.utf8) })
        let quoted = realm.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined()
        challenge = "Basic realm=\"\(quoted)\", charset=\"UTF-8\""
    }

    /// From now on this file counts.
    func replace(_ htpasswd: Htpasswd) {
        verifier.replace(htpasswd)
    }

    /// Hands `admitted` the request with the user's name, or `refused` the answer; either is called once, at once or later.
    func admit(
        _ request: Request,
        admitted: @escaping @Sendable (Request) -> Void,
        refused: @escaping @Sendable (Answer<SharedFile>) -> Void
    ) {
        // Probes have no password.
        if request.path == Self.openPath { return admitted(request) }
        guard let field = request.fields["Authorization"] else {
            return refused(unauthorized(request, "A user name and a password are asked for here."))
        }
        guard let credentials = BasicCredentials(field) else {
            return refused(unauthorized(request, "Authorization has to be Basic with the base64 of USER:PASSWORD."))
        }
        let address =
            switch request.peer {
            case .local: ""
            case .network(let address): AddressGroup.name(of: address)
            }
        verifier.verify(credentials, from: address) { [self] verdict in
            switch verdict {
            case .right:
                var request = request
                request.user = String(decoding: credentials.user, as: UTF8.self)
                request.isAdministrator = administrators.contains(credentials.user)
                admitted(request)
            case .wrong:
                var answer = unauthorized(request, "The user name or the password is wrong.")
                answer.delay = PasswordVerifier.penalty
                refused(answer)
            case .busy:
                let fields = Fields([.init(name: "Retry-After", value: "2"), Self.unstored])
                let problem = ProblemDetails(.tooManyRequests, "Too many passwords are being tried; come again later.")
                refused(problem.answer(accept: request.fields["Accept"], fields: fields))
            }
        }
    }

    private static let openPath = Array("/health".utf8)
    private static let unstored = Fields.Line(name: "Cache-Control", value: "no-store")

    private func unauthorized(_ request: Request, _ detail: String) -> Answer<SharedFile> {
        let fields = Fields([.init(name: "WWW-Authenticate", value: challenge), Self.unstored])
        return ProblemDetails(.unauthorized, detail).answer(accept: request.fields["Accept"], fields: fields)
    }
}

/// Addresses that are most likely one client's.
enum AddressGroup {
    /// IPv4 addresses by themselves; IPv6 by their network of 64 bits, of which a client has all addresses.
    static func name(of address: String) -> String {
        guard let literal = SocketAddress(literal: address, port: 0), case .v6(let bytes, _) = literal else {
            return address
        }
        return bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ":")
    }
}
