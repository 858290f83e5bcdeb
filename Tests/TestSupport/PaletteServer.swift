import Foundation
import Synchronization

/// Plays Palette, as far as the guide's migration script knows it; it answers nothing but the requests of that script.
package final class PaletteServer: Sendable {
    /// What it has, and how it answers.
    package struct Policy: Sendable {
        package var user = (name: "admin", password: #"ge"heim\ü"#)
        package var token = "eyJhbGciOi.J9-_.sig+/="
        package var endpoint: String? = "https://scar.example.com:8443"
        /// How many times after a change the endpoint before is still told.
        package var lag = 0
        /// How many times after a change reading the endpoint fails, and with which status.
        package var failures = (count: 0, status: 503)
        /// What is answered to a target instead.
        package var answers: [String: ScriptedServer.Answer] = [:]

        package init() {}
    }

    private struct State: Sendable {
        var policy: Policy
        /// The endpoint before the last change, and how often it is still told.
        var old: (endpoint: String?, rest: Int) = (nil, 0)
        /// How often reading it fails from now on.
        var failures = 0
    }

    package static let login = "/v1/auth/syslogin?setCookie=true"
    package static let scar = "/v1/system/config/scar"
    package static let jobs = [
        "/v1/jobs/internal/syncCloudInstanceTypesData/run", "/v1/jobs/internal/syncCloudStorageTypesData/run",
    ]

    private let server: ScriptedServer
    private let front: TLSFront?

    /// - Parameter pair: the certificate to show; `nil` to speak plain HTTP.
    package init(_ policy: Policy = Policy(), pair: CertificateAuthority.Pair? = nil) throws {
        let state = Shared(State(policy: policy))
        server = try ScriptedServer { request in state.value.withLock { Self.answer(request, &$0) } }
        let plain = server.host
        front = try pair.map { try TLSFront($0, to: plain) }
    }

    private final class Shared: Sendable {
        let value: Mutex<State>

        init(_ state: State) { value = Mutex(state) }
    }

    /// `127.0.0.1:PORT`.
    package var host: String { front?.host ?? server.host }
    package var requests: [ScriptedServer.Request] { server.requests }
    /// Method and target of each request.
    package var lines: [String] { requests.map { $0.line.split(separator: " ").prefix(2).joined(separator: " ") } }

    private static func answer(_ request: ScriptedServer.Request, _ state: inout State) -> ScriptedServer.Answer {
        if let answer = state.policy.answers[request.target] { return answer }
        let method = String(request.line.prefix { $0 != " " })
        let members = (try? JSONDecoder().decode([String: String].self, from: Data(request.body))) ?? [:]
        if method == "POST", request.target == login {
            let user = state.policy.user
            guard members == ["username": user.name, "password": user.password] else {
                return .http(
                    401,
                    text: #"{"code":"InvalidCredentials","details":null,"message":"wrong \u001b[31mpassword"}"#
                )
            }
            return .http(200, text: #"{"Authorization":"\#(state.policy.token)"}"#)
        }
        guard request["Cookie"] == "Authorization=\(state.policy.token)" else { return .http(401) }
        switch (method, request.target) {
        case ("GET", scar):
            if state.failures > 0 {
                state.failures -= 1
                return .http(state.policy.failures.status)
            }
            var endpoint = state.policy.endpoint
            if state.old.rest > 0 {
                state.old.rest -= 1
                endpoint = state.old.endpoint
            }
            return .http(200, text: endpoint.map { #"{"endpoint":"\#($0)"}"# } ?? "{}")
        case ("PUT", scar):
            guard let endpoint = members["endpoint"], members == ["endpoint": endpoint, "username": "", "password": ""]
            else { return .http(400) }
            state.old = (state.policy.endpoint, state.policy.lag)
            state.failures = state.policy.failures.count
            state.policy.endpoint = endpoint
            return .http(204)
        case ("GET", let target) where jobs.contains(target): return .http(204)
        default: return .http(404)
        }
    }
}
