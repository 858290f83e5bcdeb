import Content
import Foundation
import TestSupport
import Testing

@testable import Registry

/// ECR's passwords: when they are fetched, and when not.
struct ECRCredentialsTests {
    private let host = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
    private let clock = ManualClock()
    private let key = ["AWS_ACCESS_KEY_ID": "Key", "AWS_SECRET_ACCESS_KEY": "s"]
    /// What the tests' wall clock shows, in seconds since 1970.
    private let now: Int64 = 1_700_000_000

    private var options: RegistryOptions {
        var options = Fixture.options
        options.now = clock.now
        options.clock = { [now] in Timestamp(seconds: now) }
        return options
    }

    private func credentials(
        _ aws: ScriptedAWS,
        _ host: String? = nil,
        _ kind: AWSConfiguration.Kind = .secret,
        _ environment: [String: String]? = nil
    ) -> ECRCredentials {
        let configuration = AWSConfiguration(kind, environment: aws.environment(environment ?? key))
        return ECRCredentials(configuration, host: host ?? self.host, options: options)
    }

    private func ask(_ source: any CredentialSource, renewed: Bool = false) throws -> String? {
        switch try source.identity(renewed: renewed, before: Fixture.deadline) {
        case .password("AWS", let password): password
        case .password(let username, let password): "\(username):\(password)"
        default: nil
        }
    }

    @Test func whatIsAsked() throws {
        let aws = try ScriptedAWS()
        #expect(try ask(credentials(aws)) == "Key-1")
        let request = try #require(aws.passwordRequests.first)
        #expect(request["X-Amz-Target"] == "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken")
        #expect(request["Content-Type"] == "application/x-amz-json-1.1")
        #expect(request["Authorization"]?.contains("/eu-central-1/ecr/aws4_request") == true)
        #expect(String(decoding: request.body, as: UTF8.self) == "{}")
        #expect(try ask(credentials(aws, "public.ecr.aws")) == "Key-2")
        let second = try #require(aws.passwordRequests.last)
        #expect(second["X-Amz-Target"] == "SpencerFrontendService.GetAuthorizationToken")
        #expect(second["Authorization"]?.contains("/us-east-1/ecr-public/aws4_request") == true)
    }

    /// Moto's passwords are over since 2015, and so is each one by a clock that goes wrong.
    @Test func anExpiryInThePastMakesNoCircle() throws {
        let aws = try ScriptedAWS()
        let source = credentials(aws)
        for _ in 0..<100 { #expect(try ask(source) == "Key-1") }
        #expect(aws.passwordRequests.count == 1)
        clock.advance(.seconds(301))
        for _ in 0..<100 { #expect(try ask(source) == "Key-2") }
        #expect(aws.passwordRequests.count == 2)
    }

    @Test func itIsRenewedBeforeItExpires() throws {
        let aws = try ScriptedAWS { $0.expires = Int(now) + 43_200 }
        let source = credentials(aws)
        #expect(try ask(source) == "Key-1")
        clock.advance(.seconds(42_000))
        #expect(try ask(source) == "Key-1")
        // In the last quarter of an hour AWS may be away for a while.
        clock.advance(.seconds(400))
        aws.change { $0.override = { _ in .reset } }
        #expect(try ask(source) == "Key-1")
        #expect(throws: RegistryError.self) { try ask(source, renewed: true) }
        aws.change { $0.override = { _ in nil } }
        #expect(try ask(source) == "Key-2")
        aws.change { $0.override = { _ in .reset } }
        clock.advance(.seconds(43_200))
        #expect(throws: RegistryError.self) { try ask(source) }
    }

    /// A refusal of AWS's is not papered over by an old password: it would only come later.
    @Test func aRefusalNamesWhatToDo() throws {
        let aws = try ScriptedAWS {
            $0.override = { request in
                request["X-Amz-Target"] == nil
                    ? nil : .http(400, text: #"{"__type":"AccessDeniedException","message":"no ecr for you"}"#)
            }
        }
        let error = #expect(throws: RegistryError.self) { try ask(credentials(aws)) }
        let text = "\(try #require(error))"
        for part in [
            host, "eu-central-1", "access key Key", aws.server.host, "400", "no ecr for you", "registry policy",
        ] {
            #expect(text.contains(part), "\(text)")
        }
        #expect(aws.passwordRequests.count == 1)
        #expect(error?.isTransient == false)
    }

    @Test func whatMayPassIsTriedAgain() throws {
        let aws = try ScriptedAWS {
            $0.override = { _ in .http(400, text: #"{"__type":"ThrottlingException"}"#) }
        }
        let error = #expect(throws: RegistryError.self) { try ask(credentials(aws)) }
        #expect(error?.isTransient == true)
        #expect(aws.passwordRequests.count == 3)
    }

    /// Each request may be sent once more with a new password, and no more often than that.
    @Test(arguments: [401, 400])
    func aRefusedPasswordIsRenewedOnce(status: Int) throws {
        let aws = try ScriptedAWS()
        let wanted = "Basic " + Data("AWS:Key-2".utf8).base64EncodedString()
        let registry = try ScriptedServer { request in
            if request["Authorization"] == wanted {
                return .http(200, text: #"{"tags":["1.0.0"]}"#)
            }
            let text = #"{"errors":[{"code":"DENIED","message":"Your authorization token has expired."}]}"#
            return .http(status, ["WWW-Authenticate: Basic realm=\"x\""], text: text)
        }
        var configuration = AWSConfiguration(.secret, environment: aws.environment(key))
        configuration.region = .virginia
        let client = try Fixture.client(registry) {
            $0.credentials = .aws(configuration)
            $0.now = clock.now
        }
        #expect(try client.tags(before: Fixture.deadline).map(\.description) == ["1.0.0"])
        #expect(aws.passwordRequests.count == 2)
        #expect(registry.requests.count == 2)
        #expect(try client.tags(before: Fixture.deadline).count == 1)
        #expect(aws.passwordRequests.count == 2)
    }

    @Test func aPasswordThatIsNeverTakenMakesNoCircle() throws {
        for renews in [true, false] {
            let aws = try ScriptedAWS { $0.renews = renews }
            let registry = try ScriptedServer { _ in .http(401, ["WWW-Authenticate: Basic realm=\"x\""]) }
            var configuration = AWSConfiguration(.secret, environment: aws.environment(key))
            configuration.region = .virginia
            let client = try Fixture.client(registry) { $0.credentials = .aws(configuration) }
            let error = #expect(throws: RegistryError.wrongCredentials(host: registry.host, username: "AWS")) {
                try client.tags(before: Fixture.deadline)
            }
            #expect(error.map { "\($0)" }?.contains("source.aws") == true)
            // The first, one after the first refusal, and one after the second, which is not sent any more.
            #expect(aws.passwordRequests.count <= 3)
            #expect(registry.requests.count == (renews ? 2 : 1))
        }
    }

    @Test func aHostWithoutARegionNeedsOne() throws {
        let aws = try ScriptedAWS()
        let error = #expect(throws: RegistryError.self) { try ask(credentials(aws, "registry.example.com")) }
        #expect(error.map { "\($0)" }?.contains("source.aws.region") == true)
        let environment = key.merging(["AWS_DEFAULT_REGION": "ap-south-1"]) { $1 }
        #expect(try ask(credentials(aws, "registry.example.com", .secret, environment)) == "Key-1")
        #expect(aws.passwordRequests.first?["Authorization"]?.contains("/ap-south-1/ecr/") == true)
        // The host's own region counts, wherever specman is.
        #expect(try ask(credentials(aws, host, .secret, environment)) == "Key-2")
        #expect(aws.passwordRequests.last?["Authorization"]?.contains("/eu-central-1/ecr/") == true)
    }

    /// Everyone may read the public gallery, a node whose role ECR doesn't know included.
    @Test func thePublicGalleryNeedsNobody() throws {
        let aws = try ScriptedAWS()
        let nobody = credentials(aws, "public.ecr.aws", .automatic, ["HOME": "/nowhere"])
        #expect(try nobody.identity(renewed: false, before: Fixture.deadline) == .anonymous)
        #expect(try ask(credentials(aws, "public.ecr.aws", .automatic)) == "Key-1")
        aws.change { $0.override = { _ in .http(400, text: #"{"__type":"AccessDeniedException"}"#) } }
        let refused = credentials(aws, "public.ecr.aws", .automatic)
        #expect(try refused.identity(renewed: false, before: Fixture.deadline) == .anonymous)
        #expect(throws: RegistryError.self) { try ask(credentials(aws, "public.ecr.aws", .secret)) }
    }

    /// By `auto`, what docker's configuration has comes first, as somebody has put it there; but it is over after hours.
    @Test func dockersPasswordAsLongAsItIsTaken() throws {
        let aws = try ScriptedAWS()
        let directory = try TemporaryDirectory()
        let path = directory.appending("config.json")
        func write(_ password: String) throws {
            let auth = Data("AWS:\(password)".utf8).base64EncodedString()
            try #"{"auths":{"\#(host)":{"auth":"\#(auth)"}}}"#.write(toFile: path, atomically: true, encoding: .utf8)
        }
        try write("docker")
        let configuration = AWSConfiguration(.automatic, environment: aws.environment(key))
        func source(_ host: String) -> any CredentialSource {
            let file = DockerConfigurationFile(path, isRequired: true)
            return Credentials.automatic(docker: file, aws: configuration)
                .source(host: host, repository: "a", options: options)
        }
        let mine = source(host)
        #expect(try ask(mine) == "docker")
        #expect(aws.server.requests.isEmpty)
        #expect(try ask(mine, renewed: true) == "Key-1")
        #expect(try ask(mine) == "Key-1")
        try write("newer")
        #expect(try ask(mine) == "newer")
        // Other registries get nothing of AWS's.
        let other = source("registry.example.com")
        #expect(try other.identity(renewed: false, before: Fixture.deadline) == .anonymous)
        #expect(try ask(source("210987654321.dkr.ecr.us-east-1.amazonaws.com")) == "Key-2")
    }
}
