import Foundation
import TestSupport
import Testing

/// ECR's credentials of each kind, from the key to the served file: moto judges signatures and policies as AWS does, and
/// Debian's docker-registry takes the password that its ECR gives. Their expiry was in 2015.
///
/// Whoever may pull in these tests has the policy that `specman registry policy` prints, and nothing else.
@Suite struct ECRTests {
    private static let moto = Result { try MotoServer(policy: try policy()) }

    private static func policy() throws -> String {
        try Command.run(
            DaemonProcess.executable.path,
            ["registry", "policy", "123456789012.dkr.ecr.us-east-1.amazonaws.com/manifests"],
            environment: ["SPECMAN_CONFIG": "/dev/null"]
        ).text
    }

    private let directory: TemporaryDirectory
    private let registry: DockerRegistry

    init() throws {
        directory = try TemporaryDirectory()
        registry = try DockerRegistry(password: MotoServer.password, user: "AWS")
        try Tree.write(["a": "served"], to: directory.appending("tree"))
    }

    /// What every process is told of AWS, and nothing of this machine's.
    private func environment(_ moto: MotoServer, _ more: [String: String] = [:]) -> [String: String] {
        ["AWS_ENDPOINT_URL": moto.url, "AWS_EC2_METADATA_DISABLED": "true", "HOME": directory.path].merging(more) { $1 }
    }

    private func push(_ name: String, _ tag: String = "1.0.0") throws {
        try Pushing.withSpecman(directory.appending("tree"), to: "\(registry.host)/\(name):\(tag)", registry: registry)
    }

    private func source(_ name: String, _ lines: String...) -> [String] {
        ["repository: \(registry.host)/\(name)", "plainHTTP: true", "interval: 100ms"] + lines
    }

    private func flow(_ key: MotoServer.Key, _ more: String = "") -> String {
        "aws: {region: us-east-1, accessKeyID: \(key.id), secretAccessKey: \"\(key.secret)\"\(more)}"
    }

    private func site(_ source: [String], _ environment: [String: String]) throws -> RunningSite {
        try RunningSite(source: source, log: ["level: debug"], environment: environment, in: directory)
    }

    /// The release is served, and some polls later the password is still the first one.
    private func expectServed(_ site: RunningSite, requestsToAWS: Int, of moto: MotoServer) throws {
        try site.daemon.wait(forLine: "Serving 1.0.0")
        #expect(try site.get("/a").text == "served")
        try site.daemon.wait(for: "ten polls") { lines in
            lines.filter { $0.contains("msg=\"nothing new\"") }.count >= 10 ? true : nil
        }
        let metrics = try Command.run("curl", ["-sSf", "http://127.0.0.1:\(try site.daemon.port(of: "http"))/metrics"])
            .text
        let host = moto.url.dropFirst("http://".count)
        let counts = metrics.split(separator: "\n").filter {
            $0.hasPrefix("specman_registry_requests_total{host=\"\(host)\"")
        }
        #expect(counts.compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +) == requestsToAWS)
        #expect(site.daemon.stop() == 0)
    }

    @Test func anAccessKey() throws {
        let moto = try Self.moto.get()
        try push("manifests")
        let site = try site(source("manifests", "credentialType: secret", flow(moto.puller)), environment(moto))
        try expectServed(site, requestsToAWS: 1, of: moto)
    }

    @Test func commandsUseTheSameCredentials() throws {
        let moto = try Self.moto.get()
        let file = directory.appending("credentials")
        let profile =
            "[else]\naws_access_key_id = x\naws_secret_access_key = y\n[mine]\n"
            + "aws_access_key_id = \(moto.puller.id)\naws_secret_access_key = \(moto.puller.secret)\n"
        try profile.write(toFile: file, atomically: true, encoding: .utf8)
        let variables = environment(
            moto,
            [
                "SPECMAN_CONFIG": "/dev/null", "SPECMAN_SOURCE_REPOSITORY": "\(registry.host)/manifests",
                "SPECMAN_SOURCE_CREDENTIAL_TYPE": "secret", "SPECMAN_STORAGE_DIRECTORY": directory.appending("volume"),
                "AWS_SHARED_CREDENTIALS_FILE": file, "AWS_PROFILE": "mine", "AWS_REGION": "us-east-1",
            ]
        )
        func specman(_ arguments: String..., profile: String = "mine") throws -> Command.Output {
            try Command.output(
                DaemonProcess.executable.path,
                arguments + ["--plain-http"],
                environment: variables.merging(["AWS_PROFILE": profile]) { $1 }
            )
        }
        let pushed = try specman("push", directory.appending("tree"), "\(registry.host)/manifests:1.0.0")
        #expect(pushed.status == 0, "\(pushed.err)")
        #expect(try specman("tags").text.contains("1.0.0"))
        #expect(try specman("sync").text.hasPrefix("published 1.0.0"))
        // AWS doesn't know that one, and says so; another user has no right to ECR.
        let unknown = try specman("tags", profile: "else")
        #expect(unknown.status == 1)
        #expect(unknown.err.contains("the access key is unknown there"), "\(unknown.err)")
        #expect(unknown.err.split(separator: "\n").count == 1)
        let none = try specman("tags", profile: "nobody's")
        #expect(none.err.contains("no profile nobody's in \(file)"), "\(none.err)")
    }

    @Test func whatAWSRefusesIsSaidInItsWords() throws {
        let moto = try Self.moto.get()
        func complaint(_ key: MotoServer.Key, _ more: [String: String] = [:]) throws -> String {
            let variables = [
                "SPECMAN_CONFIG": "/dev/null", "SPECMAN_SOURCE_REPOSITORY": "\(registry.host)/manifests",
                "SPECMAN_SOURCE_CREDENTIAL_TYPE": "secret", "AWS_REGION": "us-east-1",
                "SPECMAN_SOURCE_AWS_ACCESS_KEY_ID": key.id, "SPECMAN_SOURCE_AWS_SECRET_ACCESS_KEY": key.secret,
            ].merging(more) { $1 }
            let output = try Command.output(
                DaemonProcess.executable.path,
                ["tags", "--plain-http"],
                environment: environment(moto, variables)
            )
            #expect(output.status == 1)
            #expect(output.err.split(separator: "\n").count == 1)
            return output.err
        }
        let wrong = try complaint(MotoServer.Key(id: moto.puller.id, secret: "wrong"))
        #expect(wrong.contains("SignatureDoesNotMatch") && wrong.contains("source.aws.secretAccessKey"), "\(wrong)")
        let denied = try complaint(moto.assumer)
        #expect(denied.contains("ecr:GetAuthorizationToken") && denied.contains("specman registry policy"), "\(denied)")
        let role = ["SPECMAN_SOURCE_CREDENTIAL_TYPE": "sts", "SPECMAN_SOURCE_AWS_ROLE_ARN": moto.role]
        let stranger = try complaint(moto.puller, role)
        #expect(stranger.contains("sts:AssumeRole") && stranger.contains(moto.role), "\(stranger)")
    }

    @Test func aRoleWithAnExternalID() throws {
        let moto = try Self.moto.get()
        try push("manifests")
        let role = ", roleARN: \"\(moto.role)\", externalID: \(MotoServer.externalID)"
        let site = try site(source("manifests", "credentialType: sts", flow(moto.assumer, role)), environment(moto))
        try expectServed(site, requestsToAWS: 2, of: moto)
    }

    @Test func aServiceAccountsToken() throws {
        // Moto can't judge the one request that goes unsigned; all behind it are judged.
        let moto = try MotoServer(policy: try Self.policy(), unchecked: 1)
        try push("manifests")
        let token = directory.appending("token")
        try "e30.e30.e30\n".write(toFile: token, atomically: true, encoding: .utf8)
        let variables = [
            "AWS_ROLE_ARN": moto.podRole, "AWS_WEB_IDENTITY_TOKEN_FILE": token, "AWS_REGION": "us-east-1",
        ]
        let site = try site(source("manifests", "credentialType: sts"), environment(moto, variables))
        try expectServed(site, requestsToAWS: 2, of: moto)
    }

    /// The agent is this test's own, as no real one can be had; it gives out a session that moto knows.
    @Test func aPodsIdentity() throws {
        let moto = try Self.moto.get()
        try push("manifests")
        let token = directory.appending("token")
        try "pod-token".write(toFile: token, atomically: true, encoding: .utf8)
        let session = moto.session
        let agent = try ScriptedServer { request in
            guard request["Authorization"] == "pod-token", request.target == "/v1/credentials" else {
                return .http(401)
            }
            return .http(
                200,
                text: #"{"AccessKeyId":"\#(session.id)","SecretAccessKey":"\#(session.secret)","#
                    + #""Token":"\#(session.token ?? "")","Expiration":"2015-01-01T00:00:00Z"}"#
            )
        }
        let variables = [
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://\(agent.host)/v1/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": token, "AWS_REGION": "us-east-1",
            // Nothing listens there; only the agent's own address is no exception, and it is asked all the same.
            "http_proxy": "http://127.0.0.1:1", "no_proxy": "localhost",
            "AWS_ENDPOINT_URL": moto.url.replacing("127.0.0.1", with: "localhost"),
        ]
        let port = registry.host.split(separator: ":")[1]
        let lines = [
            "repository: localhost:\(port)/manifests", "plainHTTP: true", "interval: 1h",
            "credentialType: pod-identity",
        ]
        let site = try site(lines, environment(moto, variables))
        try site.daemon.wait(forLine: "Serving 1.0.0")
        #expect(try site.get("/a").text == "served")
        #expect(agent.requests.count == 1)
        #expect(site.daemon.stop() == 0)
    }

    /// A role that is assumed by the instance's own, as its metadata service (the test's own) gives it out.
    @Test func anInstancesRole() throws {
        let moto = try Self.moto.get()
        try push("manifests")
        let key = moto.assumer
        let path = "/latest/meta-data/iam/security-credentials/"
        let metadata = try ScriptedServer { request in
            if request.line.hasPrefix("PUT /latest/api/token ") { return .http(200, text: "session==") }
            guard request["X-aws-ec2-metadata-token"] == "session==" else { return .http(401) }
            if request.target == path { return .http(200, text: "node") }
            return .http(200, text: #"{"AccessKeyId":"\#(key.id)","SecretAccessKey":"\#(key.secret)"}"#)
        }
        let variables = [
            "AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://\(metadata.host)",
            "AWS_REGION": "us-east-1",
        ]
        let role = "aws: {roleARN: \"\(moto.role)\", externalID: \(MotoServer.externalID)}"
        let site = try site(source("manifests", "credentialType: sts", role), environment(moto, variables))
        try expectServed(site, requestsToAWS: 2, of: moto)
        #expect(metadata.requests.map(\.target) == ["/latest/api/token", path, path + "node"])
    }

    /// Each region's repository has its own host and its own name, on the one registry there is.
    @Test func theDefaultRegionHasWhatTheDeploymentsLacks() throws {
        let moto = try Self.moto.get()
        let port = registry.host.split(separator: ":")[1]
        try push("us-east-1/manifests")
        let template = "{{.spectro.system.aws.region}}"
        let key = moto.puller
        let lines = [
            "repository: \"\(template).localhost:\(port)/\(template)/manifests\"", "plainHTTP: true", "interval: 100ms",
            "credentialType: secret",
            "aws: {region: eu-west-1, defaultRegion: us-east-1, accessKeyID: \(key.id), secretAccessKey: \"\(key.secret)\"}",
        ]
        let site = try site(lines, environment(moto))
        try site.daemon.wait(forLine: "Serving 1.0.0")
        #expect(try site.get("/a").text == "served")
        try site.daemon.wait(for: "polls") { lines in
            lines.filter { $0.contains("msg=\"nothing new\"") }.count >= 5 ? true : nil
        }
        let told = site.daemon.log.filter { $0.contains("lacks what is wanted") }
        #expect(told.count == 1)
        for part in ["level=warning", "eu-west-1.localhost:\(port)/eu-west-1/manifests", "us-east-1.localhost:\(port)"]
        {
            #expect(told.first?.contains(part) == true, "\(told)")
        }
        // Once the deployment's own region has it, it comes from there.
        try Tree.write(["a": "replicated"], to: directory.appending("tree"))
        try push("eu-west-1/manifests", "1.1.0")
        try site.daemon.wait(forLine: "Serving 1.1.0")
        #expect(try site.get("/a").text == "replicated")
        #expect(site.daemon.log.contains { $0.contains("again: taking it from there") })
        #expect(site.daemon.stop() == 0)
        // A tag that only the default region has, by name.
        let pinned = lines + ["tags: {policy: pinned, pin: 1.0.0}"]
        let second = try self.site(pinned, environment(moto))
        try second.daemon.wait(forLine: "Serving 1.0.0")
        #expect(try second.get("/a").text == "served")
        #expect(second.daemon.stop() == 0)
    }
}
