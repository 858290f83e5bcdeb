import Foundation
import TestSupport
import Testing

@testable import Registry

/// As whom AWS is asked: which credentials are found, in which order.
struct AWSIdentityTests {
    private let aws: ScriptedAWS
    private let directory: TemporaryDirectory

    init() throws {
        aws = try ScriptedAWS()
        directory = try TemporaryDirectory()
    }

    private func write(_ text: String, to name: String) throws -> String {
        let path = directory.appending(name)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private func identity(
        _ kind: AWSConfiguration.Kind,
        _ environment: [String: String],
        _ change: (inout AWSConfiguration) -> Void = { _ in }
    ) -> AWSIdentity {
        var configuration = AWSConfiguration(kind, environment: aws.environment(environment))
        change(&configuration)
        let client = AWSClient(configuration.environment, options: Fixture.options)
        return AWSIdentity(configuration: configuration, client: client, options: Fixture.options, region: .virginia)
    }

    private func find(
        _ kind: AWSConfiguration.Kind = .automatic,
        _ environment: [String: String],
        _ change: (inout AWSConfiguration) -> Void = { _ in }
    ) throws -> String {
        try identity(kind, environment, change).require(before: Fixture.deadline).accessKeyID
    }

    @Test func theOrderOfPlaces() throws {
        let shared = try write("[default]\naws_access_key_id=File\naws_secret_access_key=s\n", to: "credentials")
        var environment = [
            "AWS_ACCESS_KEY_ID": "Environment", "AWS_SECRET_ACCESS_KEY": "s",
            "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/pod",
            "AWS_WEB_IDENTITY_TOKEN_FILE": try write("jwt\n", to: "token"),
            "AWS_SHARED_CREDENTIALS_FILE": shared,
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": aws.url + "/container",
            "AWS_EC2_METADATA_DISABLED": "false",
        ]
        func configured(_ configuration: inout AWSConfiguration) {
            configuration.accessKeyID = "Configuration"
            configuration.secretAccessKey = "s"
        }
        #expect(try find(.automatic, environment, configured) == "Configuration")
        #expect(try find(.automatic, environment) == "Environment")
        environment["AWS_ACCESS_KEY_ID"] = nil
        #expect(try find(.automatic, environment) == "AssumeRoleWithWebIdentity")
        // An access key is one that somebody has, not one that is made.
        #expect(try find(.secret, environment) == "File")
        environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = nil
        #expect(try find(.automatic, environment) == "File")
        environment["AWS_SHARED_CREDENTIALS_FILE"] = directory.appending("none")
        #expect(try find(.automatic, environment) == "Container")
        #expect(try find(.podIdentity, environment) == "Container")
        environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = nil
        #expect(try find(.automatic, environment) == "Instance")
        // Whose credentials can't be used is told of; another's are not used in their place.
        environment["AWS_SHARED_CREDENTIALS_FILE"] = try write("[default]\naws_access_key_id=half\n", to: "half")
        #expect(throws: RegistryError.self) { try find(.automatic, environment) }
    }

    @Test func nothingAnywhereSaysWhereItWasLookedFor() throws {
        let error = #expect(throws: RegistryError.self) {
            try find(.automatic, ["HOME": directory.path, "AWS_PROFILE": "p"])
        }
        let text = "\(try #require(error))"
        for part in ["source.aws.accessKeyID", "AWS_ACCESS_KEY_ID", directory.path, "AWS_EC2_METADATA_DISABLED is set"]
        {
            #expect(text.contains(part), "\(text)")
        }
        #expect(!text.contains("\n"))
        #expect(aws.server.requests.isEmpty)
    }

    @Test func aRoleIsAssumedWithWhatIsFound() throws {
        let key = ["AWS_ACCESS_KEY_ID": "Base", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "base/token"]
        let role = "arn:aws:iam::123456789012:role/a+b"
        let found = try identity(.sts, key) {
            $0.roleARN = role
            $0.externalID = "x & y=z"
        }.require(before: Fixture.deadline)
        #expect(found.accessKeyID == "AssumeRole")
        #expect(found.sessionToken == "t&t")
        let request = try #require(aws.roleRequests.first)
        #expect(ScriptedAWS.signer(request) == "Base")
        #expect(request["X-Amz-Security-Token"] == "base/token")
        #expect(ScriptedAWS.parameter("RoleArn", request) == role)
        #expect(ScriptedAWS.parameter("ExternalId", request) == "x & y=z")
        #expect(ScriptedAWS.parameter("RoleSessionName", request) == "specman")
        #expect(request["Authorization"]?.contains("/us-east-1/sts/aws4_request") == true)
    }

    @Test func aServiceAccountsTokenIsReadAnewAndGoesUnsigned() throws {
        let role = "arn:aws:iam::123456789012:role/pod"
        let file = try write("one\n", to: "token")
        let environment = [
            "AWS_ROLE_ARN": role, "AWS_WEB_IDENTITY_TOKEN_FILE": file, "AWS_ROLE_SESSION_NAME": "me",
        ]
        // The role of the token itself is not assumed a second time.
        #expect(try find(.sts, environment) { $0.roleARN = role } == "AssumeRoleWithWebIdentity")
        _ = try write("two\n", to: "token")
        #expect(try find(.sts, environment) == "AssumeRoleWithWebIdentity")
        let requests = aws.roleRequests
        #expect(requests.map { ScriptedAWS.parameter("WebIdentityToken", $0) } == ["one", "two"])
        #expect(requests.allSatisfy { $0["Authorization"] == nil })
        #expect(requests.map { ScriptedAWS.parameter("RoleSessionName", $0) } == ["me", "me"])
        // Another role is assumed by the one that the token is for.
        #expect(try find(.sts, environment) { $0.roleARN = role + "2" } == "AssumeRole")
        #expect(ScriptedAWS.signer(try #require(aws.roleRequests.last)) == "AssumeRoleWithWebIdentity")
        #expect(throws: RegistryError.self) {
            try find(.sts, environment.merging(["AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere/token"]) { $1 })
        }
    }

    @Test func theContainersAgentIsShownItsToken() throws {
        let file = try write("pod-token\n", to: "token")
        let environment = [
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": aws.url + "/container",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": file,
        ]
        #expect(try find(.podIdentity, environment) == "Container")
        _ = try write("renewed\n", to: "token")
        #expect(try find(.podIdentity, environment) == "Container")
        #expect(aws.server.requests.map { $0["Authorization"] } == ["pod-token", "renewed"])
        // A line break would let the token write a field of its own.
        _ = try write("a\nX: y", to: "token")
        #expect(throws: RegistryError.self) { try find(.podIdentity, environment) }
        aws.change { $0.override = { _ in .http(404, text: #"{"code":"NotFound","message":"no association"}"#) } }
        let error = #expect(throws: RegistryError.self) {
            try find(.podIdentity, ["AWS_CONTAINER_CREDENTIALS_FULL_URI": aws.url + "/container"])
        }
        #expect(error.map { "\($0)" }?.contains("no association") == true)
        #expect(error?.isTransient == false)
    }

    /// The token would go to whoever listens there.
    @Test(arguments: [
        "http://registry.example/x", "http://169.254.169.254/x", "http://10.0.0.1/x", "ftp://127.0.0.1/", "x",
    ])
    func agentsElsewhereAreNotAskedInTheClear(url: String) throws {
        let error = #expect(throws: RegistryError.self) {
            try find(.podIdentity, ["AWS_CONTAINER_CREDENTIALS_FULL_URI": url])
        }
        guard case .aws(_, let reason, mayPass: false)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.contains("AWS_CONTAINER_CREDENTIALS_FULL_URI"))
    }

    @Test func theInstanceIsAskedBySessionOnly() throws {
        let environment = ["AWS_EC2_METADATA_DISABLED": "false"]
        #expect(try find(.automatic, environment) == "Instance")
        #expect(aws.server.requests.map { String($0.line.prefix(4)) } == ["PUT ", "GET ", "GET "])
        // Where there is no session to be had, nothing is asked the old way.
        aws.change { $0.override = { $0.line.hasPrefix("PUT") ? .http(403) : nil } }
        #expect(throws: RegistryError.self) { try find(.automatic, environment) }
        #expect(aws.server.requests.count == 4)
        aws.change { $0.override = { _ in .hang([]) } }
        #expect(throws: RegistryError.self) { try find(.automatic, environment) }
    }
}
