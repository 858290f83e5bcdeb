import Content
import Curl
import Daemon
import Foundation
import Registry
import TestSupport
import Testing

/// The mounted registry Secret, in the contract's and Palette's words.
@Suite struct SecretDirectoryTests {
    /// A CA's certificate (PEM).
    private static let authority = Result {
        let authority = try CertificateAuthority()
        return try withExtendedLifetime(authority) { try String(contentsOfFile: authority.caFile, encoding: .utf8) }
    }

    private func settings(
        _ values: [String: String],
        yaml: String = "source:\n",
        environment: [String: String] = [:],
        flags: [Settings.Flag] = []
    ) throws -> (settings: Settings, secret: MountedSecret) {
        let secret = try MountedSecret(values)
        let directory = try TemporaryDirectory()
        let file = directory.appending("specman.yaml")
        try (yaml + "  secretDirectory: \(secret.path)\n").write(toFile: file, atomically: false, encoding: .utf8)
        let settings = try Settings(flags: flags, environment: environment, file: file, standardFileExists: false)
        return (settings, secret)
    }

    private func complaint(_ values: [String: String], yaml: String = "source:\n") -> String {
        do {
            let (settings, secret) = try settings(values, yaml: yaml)
            var source = try Configuration(settings).source
            try source.readFiles(settings)
            withExtendedLifetime(secret) {}
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test(arguments: [
        ("registry.example", "spectro-packs", "registry.example/spectro-packs/spectro-manifests/manifest"),
        ("https://registry.example/", "/spectro-packs/", "registry.example/spectro-packs/spectro-manifests/manifest"),
        ("https://registry.example/v2", "a/b", "registry.example/a/b/spectro-manifests/manifest"),
        ("http://registry.example:5000/v2/\n", " a \n", "registry.example:5000/a/spectro-manifests/manifest"),
        ("registry.example", "", "registry.example/spectro-manifests/manifest"),
        ("registry.example/jfrog/path", "a", "registry.example/jfrog/path/a/spectro-manifests/manifest"),
        ("registry.example/packs", "", "registry.example/packs/spectro-manifests/manifest"),
        ("registry.example", "a/spectro-manifests/manifest", "registry.example/a/spectro-manifests/manifest"),
        ("registry.example/a/spectro-manifests/manifest/", "", "registry.example/a/spectro-manifests/manifest"),
        ("[2001:db8::1]:5000", "a", "[2001:db8::1]:5000/a/spectro-manifests/manifest"),
    ])
    func endpointAndBaseContentPathAreTheRepository(endpoint: String, base: String, repository: String) throws {
        let (settings, _) = try settings(["endpoint": endpoint, "baseContentPath": base])
        #expect(try Configuration(settings).source.location?.description == repository)
    }

    @Test func everyWordHasItsKey() throws {
        let pem = try Self.authority.get()
        let (settings, secret) = try settings([
            "endpoint": "registry.example", "username": "robot\n", "password": " ge heim \r\n", "caCert": pem,
            "credentialType": "Basic", "insecureSkipVerify": "True\n", "unknown": "x",
        ])
        let source = try Configuration(settings).source
        #expect(source.credentials == .basic(username: "robot", password: " ge heim "))
        #expect(source.insecureSkipVerify)
        #expect(source.material.authorities == Array(pem.utf8))
        let shown = Dictionary(uniqueKeysWithValues: settings.all.map { ($0.key.name, $0) })
        for (key, word, value) in [
            ("source.repository", "endpoint", "registry.example/spectro-manifests/manifest"),
            ("source.username", "username", "robot"), ("source.password", "password", Settings.mask),
            ("source.tls.caFile", "caCert", secret.file("caCert")),
            ("source.credentialType", "credentialType", "basic"),
        ] {
            #expect(shown[key]?.shownValue == value)
            #expect(shown[key].map { "\($0.origin)" } == "Secret \(secret.file(word))")
        }
    }

    @Test func base64IsDecodedWithAndWithoutLineBreaks() throws {
        let pem = try Self.authority.get()
        for options in [[], [.lineLength76Characters, .endLineWithLineFeed]] as [Data.Base64EncodingOptions] {
            let (settings, _) = try settings(["caCert": Data(pem.utf8).base64EncodedString(options: options) + "\n"])
            #expect(try Configuration(settings).source.material.authorities == Array(pem.utf8))
        }
    }

    @Test func dockersConfigurationIsTaken() throws {
        let (settings, secret) = try settings([".dockerconfigjson": #"{"auths":{}}"#], yaml: "source:\n  username: u\n")
        guard case .automatic(let file?, _) = try Configuration(settings).source.credentials else {
            Issue.record("docker's configuration is not used")
            return
        }
        #expect(file == DockerConfigurationFile(secret.file(".dockerconfigjson"), isRequired: true))
    }

    @Test func flagBeatsEnvironmentBeatsSecretBeatsFile() throws {
        let yaml = "source:\n  repository: file.example/a\n  username: file\n  passwordFile: /nowhere\n"
        let values = ["endpoint": "secret.example", "username": "secret", "password": "p"]
        let (plain, _) = try settings(values, yaml: yaml)
        let source = try Configuration(plain).source
        #expect(source.location?.description == "secret.example/spectro-manifests/manifest")
        #expect(source.credentials == .basic(username: "secret", password: "p"))
        let (above, _) = try settings(
            values,
            yaml: yaml,
            environment: [
                "SPECMAN_SOURCE_USERNAME": "environment", "SPECMAN_SOURCE_REPOSITORY": "environment.example/a",
            ],
            flags: [Settings.Flag("--username", "source.username", "flag")]
        )
        #expect(try Configuration(above).source.location?.description == "environment.example/a")
        #expect(try Configuration(above).source.credentials == .basic(username: "flag", password: "p"))
    }

    /// Half of the Secret's credentials with half of the file's would be neither's.
    @Test func theFilesCredentialsDontMixWithTheSecrets() throws {
        let yaml = "source:\n  credentialType: basic\n  username: file\n  password: file\n"
        let (none, _) = try settings(["credentialType": "noAuth"], yaml: yaml)
        #expect(try Configuration(none).source.credentials == .anonymous)
        #expect(complaint(["username": "secret"], yaml: yaml).contains("source.password is not set"))
        // Nor does what the environment has for another user take the place of half of them.
        let (pair, _) = try settings(
            ["username": "secret", "password": "p"],
            environment: ["SPECMAN_SOURCE_PASSWORD_FILE": "/nowhere"]
        )
        #expect(try Configuration(pair).source.credentials == .basic(username: "secret", password: "p"))
    }

    @Test func absentIsFine() throws {
        let yaml = "source:\n  repository: file.example/a\n  secretDirectory: /nonexistent/registry\n"
        let directory = try TemporaryDirectory()
        let file = directory.appending("specman.yaml")
        try yaml.write(toFile: file, atomically: false, encoding: .utf8)
        let settings = try Settings(environment: [:], file: file, standardFileExists: false)
        #expect(try Configuration(settings).source.location?.description == "file.example/a")
    }

    @Test(arguments: [
        (["caCert": "no certificate"], "caCert: caCert is \"14 bytes\"; it must be the CA's certificate (PEM)"),
        (["endpoint": "a b"], "endpoint: source.repository is \"a b/spectro-manifests/manifest\"; it must be HOST"),
        (["baseContentPath": "a"], "baseContentPath: baseContentPath is \"a\"; it must be accompanied by endpoint"),
        (["username": "a\nb"], "username: username is \"********\"; it must be one line"),
        (["username": "u"], "source.password is not set"),
        (["password": "p"], "source.username is not set; the Secret has a password, and one in the file doesn't count"),
        (["insecureSkipVerify": "maybe"], "insecureSkipVerify: source.tls.insecureSkipVerify is \"maybe\""),
        (["credentialType": "kerberos"], "credentialType: source.credentialType is \"kerberos\"; it must be one of"),
        ([".dockerconfigjson": "{"], ".dockerconfigjson: source.dockerConfig is"),
        (["password": String(repeating: "x", count: 2 << 20)], "password: "),
    ])
    func aBadOneIsNamedInOneLine(values: [String: String], text: String) {
        let line = complaint(values)
        #expect(line.contains(text), "\(line)")
        #expect(!line.contains("\n"))
    }
}
