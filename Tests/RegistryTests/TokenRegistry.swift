import Synchronization
import TestSupport

@testable import Registry

/// A registry of few words that is its own token server, told what to do by a test.
final class TokenRegistry: Sendable {
    struct Plan: Sendable {
        /// What the token server answers; `TOKEN` stands for the token, `t1`, `t2` and so on.
        var answer = #"{"token":"TOKEN","expires_in":60}"#
        var status = 200
        /// Whether the registry takes a token, by its number.
        var takes: @Sendable (Int) -> Bool = { _ in true }
        /// How it says no.
        var refusal = 401
        var refusalText = ""
        /// The rest of the challenge behind the realm.
        var challenge = #",service="s 1",scope="repository:a/b:pull""#
        /// Where tokens are had; `nil` for the registry itself.
        var realm: String?
        /// What is answered instead, to whatever request.
        var override: @Sendable (ScriptedServer.Request) -> ScriptedServer.Answer? = { _ in nil }
    }

    let server: ScriptedServer
    private let state: Shared

    private final class Shared: Sendable {
        let plan: Mutex<Plan>
        let issued = Mutex(0)

        init(_ plan: Plan) { self.plan = Mutex(plan) }
    }

    init(_ change: (inout Plan) -> Void = { _ in }) throws {
        var plan = Plan()
        change(&plan)
        let shared = Shared(plan)
        state = shared
        server = try ScriptedServer { Self.answer($0, shared) }
    }

    func change(_ body: (inout Plan) -> Void) { state.plan.withLock { body(&$0) } }

    /// The requests to the token server, and the others.
    var tokenRequests: [ScriptedServer.Request] { server.requests.filter { $0.target.hasPrefix("/token") } }
    var others: [ScriptedServer.Request] { server.requests.filter { !$0.target.hasPrefix("/token") } }

    private static func answer(_ request: ScriptedServer.Request, _ shared: Shared) -> ScriptedServer.Answer {
        let plan = shared.plan.withLock { $0 }
        if let answer = plan.override(request) { return answer }
        if request.target.hasPrefix("/token") {
            let number = shared.issued.withLock { issued in
                issued += 1
                return issued
            }
            return .http(plan.status, text: plan.answer.replacing("TOKEN", with: "t\(number)"))
        }
        let number = request["Authorization"].flatMap { value in
            value.hasPrefix("Bearer t") ? Int(value.dropFirst("Bearer t".count)) : nil
        }
        guard let number, plan.takes(number) else {
            let realm = plan.realm ?? "http://\(request["Host"] ?? "")/token"
            let status = number == nil ? 401 : plan.refusal
            let challenge = status == 401 ? ["WWW-Authenticate: Bearer realm=\"\(realm)\"\(plan.challenge)"] : []
            return .http(status, challenge, text: plan.refusalText)
        }
        return .http(200, ["Docker-Content-Digest: sha256:" + String(repeating: "0", count: 64)], text: #"{"tags":[]}"#)
    }
}

/// A clock that goes as a test tells it.
final class ManualClock: Sendable {
    private let state = Mutex(ContinuousClock.now)

    @Sendable func now() -> ContinuousClock.Instant { state.withLock { $0 } }

    func advance(_ duration: Duration) { state.withLock { $0 += duration } }
}
