import Content
import Daemon
import Foundation
import Registry
import TestSupport
import Testing

/// `source.aws`, the region in the repository's host, and what can't go together.
struct AWSConfigurationTests {
    private static let host = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
    private static let template = "123456789012.dkr.ecr.{{.spectro.system.aws.region}}.amazonaws.com"
    private static let key = "  aws:\n    accessKeyID: A\n    secretAccessKey: S\n"
    private static let role = "arn:aws:iam::123456789012:role/specman"

    private func configuration(_ yaml: String, _ environment: [String: String] = [:]) throws -> Configuration {
        let directory = try TemporaryDirectory()
        let file = directory.appending("specman.yaml")
        try yaml.write(toFile: file, atomically: false, encoding: .utf8)
        return try Configuration(try Settings(environment: environment, file: file, standardFileExists: false))
    }

    private func source(_ lines: String, _ host: String = host) -> String {
        "source:\n  repository: \"\(host)/a/b\"\n" + lines
    }

    private func complaint(_ yaml: String, _ environment: [String: String] = [:]) -> String {
        do {
            _ = try configuration(yaml, environment)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test func kindsOfCredentials() throws {
        func aws(_ yaml: String, _ environment: [String: String] = [:]) throws -> AWSConfiguration? {
            switch try configuration(yaml, environment).source.credentials {
            case .aws(let aws), .automatic(_, let aws): aws
            default: nil
            }
        }
        let secret = try #require(try aws(source("  credentialType: secret\n" + Self.key)))
        #expect(secret.kind == .secret)
        #expect(secret.accessKeyID == "A")
        #expect(secret.secretAccessKey == "S")
        let environment = ["AWS_ACCESS_KEY_ID": "E", "AWS_SECRET_ACCESS_KEY": "S", "AWS_REGION": "eu-west-3"]
        let ambient = try #require(try aws(source("  credentialType: secret\n"), environment))
        #expect(ambient.environment.accessKey?.id == "E")
        #expect(ambient.region?.name == "eu-west-3")
        let sts = try #require(
            try aws(source("  credentialType: sts\n  aws:\n    roleARN: \(Self.role)\n    externalID: x\n"))
        )
        #expect(sts.kind == .sts)
        #expect(sts.roleARN == Self.role)
        #expect(sts.externalID == "x")
        let web = ["AWS_ROLE_ARN": Self.role, "AWS_WEB_IDENTITY_TOKEN_FILE": "/t"]
        #expect(try aws(source("  credentialType: sts\n"), web)?.environment.webIdentity?.tokenFile == "/t")
        #expect(try aws(source("  credentialType: sts\n"), web)?.roleARN == nil, "it is the token's")
        let named = try aws(source("  credentialType: sts\n  aws:\n    externalID: x\n"), ["AWS_ROLE_ARN": Self.role])
        #expect(named?.roleARN == Self.role)
        let both = ["AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/other"]
        let own = try aws(source("  credentialType: sts\n  aws:\n    roleARN: \(Self.role)\n"), both)
        #expect(own?.roleARN == Self.role)
        let pod = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials"]
        #expect(try aws(source("  credentialType: pod-identity\n"), pod)?.kind == .podIdentity)
        #expect(try aws(source(Self.key))?.kind == .automatic)
    }

    @Test func whatCantBe() {
        let cases: [(lines: String, expected: String)] = [
            ("  credentialType: secret\n", "source.aws.accessKeyID is not set"),
            ("  aws:\n    accessKeyID: A\n", "source.aws.secretAccessKey is not set"),
            ("  aws:\n    secretAccessKey: S\n", "source.aws.accessKeyID is not set"),
            ("  credentialType: sts\n", "source.aws.roleARN is not set"),
            ("  credentialType: sts\n  aws:\n    externalID: x\n", "source.aws.roleARN is not set"),
            ("  credentialType: sts\n  aws:\n    roleARN: role/x\n", "the ARN of a role"),
            ("  credentialType: pod-identity\n", "AWS_CONTAINER_CREDENTIALS_FULL_URI is not set"),
            ("  credentialType: pod-identity\n" + Self.key, "unset with source.credentialType pod-identity"),
            ("  credentialType: secret\n" + Self.key + "    roleARN: \(Self.role)\n", "sts assumes a role"),
            ("  credentialType: noAuth\n" + Self.key, "unset with source.credentialType noAuth"),
            ("  username: u\n  password: p\n" + Self.key, "unset with source.credentialType auto with source.username"),
            ("  username: u\n  credentialType: secret\n" + Self.key, "source.username is \"u\""),
            ("  aws:\n    region: Frankfurt\n", "the name of a region"),
            ("  aws:\n    defaultRegion: us-east-1\n", "{{.spectro.system.aws.region}}"),
        ]
        for (lines, expected) in cases {
            let text = complaint(source(lines))
            #expect(text.contains(expected), "\(lines): \(text)")
            #expect(!text.contains("S\""), "\(text)")
        }
        #expect(complaint(source(""), ["AWS_REGION": "a b"]).contains("environment AWS_REGION"))
        let role = complaint(source("  credentialType: sts\n"), ["AWS_ROLE_ARN": "role/x"])
        #expect(role.contains("environment AWS_ROLE_ARN: the role is \"role/x\"; it must be the ARN"), "\(role)")
        #expect(complaint(source(Self.key, "registry.example.com")).contains("none of Amazon ECR's"))
        #expect(
            complaint(source("  credentialType: secret\n" + Self.key, "registry.example.com"))
                .contains("source.aws.region is not set")
        )
        #expect(complaint(source("", Self.template)).contains("source.aws.region is not set"))
    }

    @Test func aUserOnTheCommandLineWinsForOnce() throws {
        let directory = try TemporaryDirectory()
        let file = directory.appending("specman.yaml")
        try source("  credentialType: secret\n" + Self.key).write(toFile: file, atomically: false, encoding: .utf8)
        let flags = [
            Settings.Flag("--username", "source.username", "u"),
            Settings.Flag("--password-stdin", "source.password", "p"),
            Settings.Flag("--username", "source.credentialType", "basic"),
        ]
        let settings = try Settings(flags: flags, environment: [:], file: file, standardFileExists: false)
        #expect(try Configuration(settings).source.credentials == .basic(username: "u", password: "p"))
    }

    @Test func theRegionOfTheDeployment() throws {
        let regions = "  aws:\n    region: ap-south-1\n    defaultRegion: us-east-1\n"
        let both = try configuration(source(regions, Self.template)).source
        #expect("\(try #require(both.location))" == "123456789012.dkr.ecr.ap-south-1.amazonaws.com/a/b")
        let fallback = try #require(both.fallback)
        #expect("\(fallback.repository)" == "123456789012.dkr.ecr.us-east-1.amazonaws.com/a/b")
        #expect(fallback.region.name == "ap-south-1")
        #expect(fallback.standardRegion.name == "us-east-1")
        let ambient = try configuration(source("", Self.template), ["AWS_REGION": "eu-north-1"]).source
        #expect("\(try #require(ambient.location))" == "123456789012.dkr.ecr.eu-north-1.amazonaws.com/a/b")
        #expect(ambient.fallback == nil)
        // Where nobody says where this is, the default region is as good as any.
        let standard = try configuration(source("  aws:\n    defaultRegion: us-east-1\n", Self.template)).source
        #expect("\(try #require(standard.location))" == "123456789012.dkr.ecr.us-east-1.amazonaws.com/a/b")
        #expect(standard.fallback == nil)
    }
}
