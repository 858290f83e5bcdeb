import Foundation
import Synchronization
import TestSupport

@testable import Registry

/// AWS in few words, on loopback: ECR, STS, the container's agent and the instance's metadata, each of which gives out
/// keys of its own, so that a test can tell by the password whose were used.
final class ScriptedAWS: Sendable {
    struct Plan: Sendable {
        /// When ECR's passwords are over, in seconds since 1970.
        var expires = 1_420_070_400
        /// Whether a further password is another one than the one before.
        var renews = true
        /// What is answered instead, to whatever request.
        var override: @Sendable (ScriptedServer.Request) -> ScriptedServer.Answer? = { _ in nil }
    }

    let server: ScriptedServer
    private let state: Shared

    private final class Shared: Sendable {
        let plan: Mutex<Plan>
        let passwords = Mutex(0)

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

    var url: String { "http://\(server.host)" }

    /// An environment in which everything is here, and nothing else of this machine's.
    func environment(_ more: [String: String] = [:]) -> AWSEnvironment {
        AWSEnvironment(
            ["AWS_ENDPOINT_URL": url, "AWS_EC2_METADATA_SERVICE_ENDPOINT": url, "AWS_EC2_METADATA_DISABLED": "true"]
                .merging(more) { $1 }
        )
    }

    /// The requests for a password, and for a role.
    var passwordRequests: [ScriptedServer.Request] { server.requests.filter { $0["X-Amz-Target"] != nil } }
    var roleRequests: [ScriptedServer.Request] { server.requests.filter { Self.action($0) != nil } }

    /// A parameter of a request to STS.
    static func parameter(_ name: String, _ request: ScriptedServer.Request) -> String? {
        URLComponents(string: "http://x?" + String(decoding: request.body, as: UTF8.self))?
            .queryItems?.first { $0.name == name }?.value
    }

    static func action(_ request: ScriptedServer.Request) -> String? { parameter("Action", request) }

    /// The access key that a request is signed with.
    static func signer(_ request: ScriptedServer.Request) -> String? {
        request["Authorization"]?.firstMatch(of: /Credential=([^\/]+)\//).map { String($0.1) }
    }

    private static func answer(_ request: ScriptedServer.Request, _ shared: Shared) -> ScriptedServer.Answer {
        let plan = shared.plan.withLock { $0 }
        if let answer = plan.override(request) { return answer }
        if request["X-Amz-Target"] != nil {
            let number = shared.passwords.withLock { number in
                if plan.renews || number == 0 { number += 1 }
                return number
            }
            let token = Data("AWS:\(signer(request) ?? "nobody")-\(number)".utf8).base64EncodedString()
            let entry = #"{"authorizationToken":"\#(token)","expiresAt":\#(plan.expires)}"#
            let isPublic = request["X-Amz-Target"]?.hasPrefix("Spencer") ?? false
            return .http(200, text: #"{"authorizationData":\#(isPublic ? entry : "[\(entry)]")}"#)
        }
        if let action = action(request) {
            return .http(
                200,
                text: """
                    <\(action)Response><\(action)Result><Credentials><AccessKeyId>\(action)</AccessKeyId>
                    <SecretAccessKey>s</SecretAccessKey><SessionToken>t&amp;t</SessionToken>
                    <Expiration>2015-01-01T00:00:00Z</Expiration></Credentials></\(action)Result></\(action)Response>
                    """
            )
        }
        func document(_ id: String) -> ScriptedServer.Answer {
            .http(
                200,
                text: #"{"Code":"Success","AccessKeyId":"\#(id)","SecretAccessKey":"s","Token":"t","#
                    + #""Expiration":"2015-01-01T00:00:00Z"}"#
            )
        }
        switch (request.line.split(separator: " ").first, request.target) {
        case ("GET", "/container"): return document("Container")
        case ("PUT", "/latest/api/token") where request["X-aws-ec2-metadata-token-ttl-seconds"] != nil:
            return .http(200, text: "session")
        case ("GET", "/latest/meta-data/iam/security-credentials/")
        where request["X-aws-ec2-metadata-token"] == "session":
            return .http(200, text: "node-role")
        case ("GET", "/latest/meta-data/iam/security-credentials/node-role")
        where request["X-aws-ec2-metadata-token"] == "session":
            return document("Instance")
        default: return .http(404)
        }
    }
}
