import Foundation
import Synchronization

/// The token server of a test's own for docker-registry's `auth.token`: JSON web tokens signed by the openssl command.
///
/// Specification: distribution, "Token Authentication Implementation"; RFC 7515, RFC 7519.
package final class TokenServer: Sendable {
    /// Whom it lets in, and what its tokens are like.
    package struct Policy: Sendable {
        /// Name and password of the one user; anybody else gets a token that allows nothing.
        package var user = (name: "robot", password: "geheim")
        /// What `expires_in` says, in seconds.
        package var announced = 300
        /// For how long the registry takes the token, in seconds. Distribution grants one minute more, which is
        /// subtracted here.
        package var lifetime = 300
        /// Whether only the OAuth2 form is spoken.
        package var refusesGet = false
        /// A refresh token that is as good as the password.
        package var refreshToken: String?

        package init() {}
    }

    /// What docker-registry is told of us.
    package let service = "a registry, of a test"
    package let issuer = "test issuer"
    /// The certificate that the tokens are signed with (PEM).
    package let certificateFile: String
    private let directory: TemporaryDirectory
    private let key: Key
    private let policy: Mutex<Policy>
    private let server: Mutex<ScriptedServer?>

    private struct Key: Sendable {
        let file: String
        let certificate: String
    }

    package init(_ policy: Policy = Policy()) throws {
        directory = try TemporaryDirectory()
        certificateFile = directory.appending("token.pem")
        let file = directory.appending("token.key")
        try Command.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=token",
                "-keyout", file, "-out", certificateFile,
            ]
        )
        let text = try String(contentsOfFile: certificateFile, encoding: .utf8)
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("-----") }
        key = Key(file: file, certificate: lines.joined())
        self.policy = Mutex(policy)
        server = Mutex(nil)
        let made = try ScriptedServer { [weak self] request in
            // A server that can't sign answers so that its test fails with the reason.
            do {
                return try self?.answer(request) ?? .reset
            } catch {
                return .http(500, text: "\(error)")
            }
        }
        server.withLock { $0 = made }
    }

    /// `http://127.0.0.1:PORT/token`.
    package var realm: String { "http://\(host)/token" }
    package var host: String { server.withLock { $0?.host ?? "" } }
    package var requests: [ScriptedServer.Request] { server.withLock { $0?.requests ?? [] } }

    package func change(_ body: (inout Policy) -> Void) {
        policy.withLock { body(&$0) }
    }

    private func answer(_ request: ScriptedServer.Request) throws -> ScriptedServer.Answer {
        let policy = policy.withLock { $0 }
        let isPost = request.line.hasPrefix("POST ")
        if policy.refusesGet, !isPost { return .http(405) }
        let form =
            isPost
            ? String(decoding: request.body, as: UTF8.self)
            : request.target.split(separator: "?", maxSplits: 1).dropFirst().first.map(String.init) ?? ""
        var components = URLComponents()
        components.percentEncodedQuery = form
        let items = components.queryItems ?? []
        func value(_ name: String) -> String? { items.first { $0.name == name }?.value }
        var isKnown = false
        if let token = value("refresh_token") {
            guard token == policy.refreshToken else { return .http(401) }
            isKnown = true
        } else if let password = value("password") {
            guard value("username") == policy.user.name, password == policy.user.password else { return .http(401) }
            isKnown = true
        } else if let given = request["Authorization"] {
            let basic = Data("\(policy.user.name):\(policy.user.password)".utf8).base64EncodedString()
            guard given == "Basic \(basic)" else { return .http(401, text: #"{"errors":[{"code":"UNAUTHORIZED"}]}"#) }
            isKnown = true
        }
        let scopes = items.filter { $0.name == "scope" }.flatMap { ($0.value ?? "").split(separator: " ") }
        let access: [[String: Any]] = scopes.compactMap { scope in
            let parts = scope.split(separator: ":")
            guard parts.count == 3, isKnown else { return nil }
            return [
                "type": String(parts[0]), "name": String(parts[1]),
                "actions": parts[2].split(separator: ",").map(String.init),
            ]
        }
        let token = try sign(access, audience: value("service") ?? "", lifetime: policy.lifetime)
        let answer: [String: Any] = [isPost ? "access_token" : "token": token, "expires_in": policy.announced]
        return .http(200, body: Array(try JSONSerialization.data(withJSONObject: answer)))
    }

    /// How much longer than a token says distribution takes it, in seconds.
    private static let leeway = 60

    private func sign(_ access: [[String: Any]], audience: String, lifetime: Int) throws -> String {
        let now = Int(Date().timeIntervalSince1970)
        let header: [String: Any] = ["typ": "JWT", "alg": "RS256", "x5c": [key.certificate]]
        let claims: [String: Any] = [
            "iss": issuer, "sub": "robot", "aud": audience, "iat": now - 120, "nbf": now - 120,
            "exp": now + lifetime - Self.leeway, "jti": UUID().uuidString, "access": access,
        ]
        let text = try [header, claims]
            .map { Self.encode(try JSONSerialization.data(withJSONObject: $0)) }
            .joined(separator: ".")
        let signature = try Command.run("openssl", ["dgst", "-sha256", "-sign", key.file], input: Array(text.utf8)).out
        return text + "." + Self.encode(Data(signature))
    }

    /// Base64 for URLs, without padding (RFC 4648 section 5).
    private static func encode(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
