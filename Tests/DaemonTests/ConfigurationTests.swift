import Checks
import Content
import Daemon
import Foundation
import Registry
import TestSupport
import Testing

@Suite struct ConfigurationTests {
    private func settings(
        _ yaml: String? = nil,
        environment: [String: String] = [:],
        flags: [Settings.Flag] = []
    ) throws -> Settings {
        let directory = try TemporaryDirectory()
        var file: String?
        if let yaml {
            file = directory.appending("specman.yaml")
            try yaml.write(toFile: directory.appending("specman.yaml"), atomically: false, encoding: .utf8)
        }
        return try Settings(flags: flags, environment: environment, file: file, standardFileExists: false)
    }

    /// The one line that the operator sees.
    private func complaint(_ yaml: String?, environment: [String: String] = [:]) -> String {
        do {
            _ = try Configuration(try settings(yaml, environment: environment))
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test func defaultsAreTheContracts() throws {
        let configuration = try Configuration(try settings())
        #expect(configuration.source.location == nil)
        #expect(configuration.source.interval == .seconds(60))
        #expect(configuration.source.timeout == .seconds(900))
        #expect(configuration.storage.directory == "/var/lib/specman")
        #expect(configuration.storage.maxFileSize == 4 << 30)
        #expect(configuration.storage.reserve == 256 << 20)
        #expect(configuration.listener.address == Address(host: "::", port: 8443))
        #expect(configuration.management == Address(host: "127.0.0.1", port: 9090))
        #expect(configuration.listener.names == nil)
    }

    @Test func everyKeyOfTheSampleExistsAndItIsValid() throws {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let sample = try String(contentsOf: root.appendingPathComponent("config/specman.yaml"), encoding: .utf8)
        let configuration = try Configuration(try settings(sample))
        #expect(configuration.source.location != nil)
        // Every key is there, at least as a comment.
        for key in ConfigurationKey.all {
            let last = try #require(key.name.split(separator: ".").last)
            #expect(sample.contains("\(last):"), "config/specman.yaml doesn't mention \(key.name)")
        }
    }

    @Test func flagBeatsEnvironmentBeatsFileBeatsDefault() throws {
        let yaml = "source:\n  interval: 5m\n  timeout: 2m\nstorage:\n  retain: 7\n"
        let merged = try settings(
            yaml,
            environment: ["SPECMAN_SOURCE_INTERVAL": "10s", "SPECMAN_SOURCE_TIMEOUT": "3m"],
            flags: [Settings.Flag("--interval", "source.interval", "1s")]
        )
        let configuration = try Configuration(merged)
        #expect(configuration.source.interval == .seconds(1))
        #expect(configuration.source.timeout == .seconds(180))
        #expect(configuration.storage.retain == 7)
        let origins = Dictionary(uniqueKeysWithValues: merged.all.map { ($0.key.name, "\($0.origin)") })
        #expect(origins["source.interval"] == "flag --interval")
        #expect(origins["source.timeout"] == "environment SPECMAN_SOURCE_TIMEOUT")
        #expect(origins["storage.retain"]?.hasSuffix("specman.yaml:5") == true)
        #expect(origins["log.level"] == "default")
    }

    @Test func environmentNames() {
        let names = Dictionary(uniqueKeysWithValues: ConfigurationKey.all.map { ($0.name, $0.environmentName) })
        #expect(names["source.tls.caFile"] == "SPECMAN_SOURCE_TLS_CA_FILE")
        #expect(names["listener.clientCAFile"] == "SPECMAN_LISTENER_CLIENT_CA_FILE")
        #expect(names["source.plainHTTP"] == "SPECMAN_SOURCE_PLAIN_HTTP")
        #expect(names["source.aws.accessKeyID"] == "SPECMAN_SOURCE_AWS_ACCESS_KEY_ID")
        #expect(names["source.aws.roleARN"] == "SPECMAN_SOURCE_AWS_ROLE_ARN")
        #expect(Set(names.values).count == ConfigurationKey.all.count)
    }

    @Test func customPackRegistrysVariablesStandBelowOurs() throws {
        let registry = ["REGISTRY_HTTP_ADDR": ":5000", "REGISTRY_LOG_LEVEL": "debug"]
        #expect(try Configuration(try settings(environment: registry)).listener.address.port == 5000)
        let both = registry.merging(["SPECMAN_LISTENER_ADDRESS": ":6000"]) { $1 }
        let configuration = try Configuration(try settings(environment: both))
        #expect(configuration.listener.address.port == 6000)
        #expect(configuration.log.level == .debug)
    }

    @Test func kubernetesServiceVariablesAreNotOurs() throws {
        _ = try settings(environment: [
            "SPECMAN_SERVICE_SERVICE_HOST": "10.0.0.1", "SPECMAN_SERVICE_PORT_8443_TCP": "tcp://10.0.0.1:8443",
        ])
    }

    @Test(arguments: [
        (
            "source:\n  repositry: h/n\n",
            "specman.yaml:2: unknown key source.repositry; did you mean source.repository?"
        ),
        ("sources:\n  repository: h/n\n", "specman.yaml:1: unknown key sources;"),
        ("source:\n  caFile: /x\n", "did you mean source.tls.caFile?"),
        (
            "storage: 5\n",
            "specman.yaml:1: storage has a value; it is a section, whose keys stand below it, such as storage.directory"
        ),
        ("source:\n  tls: /ca.pem\n", "source.tls has a value; it is a section"),
        ("source:\n  repository: h/Upper\n", "NAME in small letters"),
        ("source:\n  interval: 60\n", "specman.yaml:2: source.interval is \"60\"; it must be a duration"),
        ("storage:\n  maxFileSize: 4 gigs\n", "it must be a size from 1 B"),
        ("source:\n  repository: h/n:1.0\n", "it must be HOST[:PORT]/NAME without a tag"),
        ("source:\n  repository: [a, b]\n", "it must be one value, not a list"),
        ("listener:\n  address: 8443\n", "it must be ADDRESS:PORT"),
        ("management:\n  address: some.host:9090\n", "it must be ADDRESS:PORT"),
        ("listener:\n  certificateFile: /x\n", "listener.keyFile is not set; "),
        ("source:\n  checks:\n    yaml: maybe\n", "it must be one of off, warn, refuse"),
        ("source:\n  checks:\n    requiredPaths: [a/../b]\n", "it must be paths within the release"),
        ("log:\n  level: loud\n", "it must be one of trace, debug, info, warn, warning, error"),
        ("source:\n  tags:\n    policy: semver\n", "source.tags.range is not set; it must be a range of versions"),
        ("source:\n  tags:\n    exclude: ['(']\n", "\"(\" is none"),
        ("source:\n  tags:\n    range: x.y\n", "specman.yaml:3: source.tags.range is \"x.y\"; it must be a range"),
        ("source:\n  tags:\n    pin: a b\n", "specman.yaml:3: source.tags.pin is \"a b\"; it must be a tag, or"),
        ("source:\n  username: u\n", "source.password is not set"),
        ("source:\n  password: p\n", "source.username is not set; source.password needs the user"),
        ("source:\n  passwordFile: /p\n", "source.username is not set; source.passwordFile needs the user"),
        (
            "source:\n  username: u\n  password: p\n  passwordFile: /p\n",
            "source.passwordFile is \"/p\"; it must be unset where source.password is set in the same place"
        ),
        (
            "listener:\n  address: ':8443'\nmanagement:\n  address: ':8443'\n",
            "management.address is \":8443\"; it must be another address or port than listener.address"
        ),
        ("source: [\n", "specman.yaml:2: "),
        ("a: 1\na: 2\n", "given twice: a"),
        ("- a\n", "the document is no mapping"),
    ])
    func complaintsNameFileKeyValueAndRemedy(_ yaml: String, _ expected: String) {
        let text = complaint(yaml)
        #expect(text.contains(expected), "\(text)")
        #expect(!text.contains("\n"))
    }

    @Test func noComplaintShowsASecret() {
        for key in ["password: [hunter2]", "password:\n    - hunter2", "aws:\n    secretAccessKey: [hunter2]"] {
            let text = complaint("source:\n  repository: h/n\n  \(key)\n")
            #expect(text.contains("it must be one value, not a list"), "\(text)")
            #expect(!text.contains("hunter2"), "\(text)")
        }
    }

    /// A secret may stand where none belongs.
    @Test(arguments: [
        ("source.verify.keys", "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----", "[********]"),
        ("source.verify.keys", "a.pub, -----BEGIN EC PRIVATE KEY-----\nhunter2", "[a.pub, ********]"),
        ("source.verify.keys", "-----BEGIN PGP PRIVATE KEY BLOCK-----\nhunter2", "[********]"),
        ("source.repository", "https://user:hunter2@h/n", "https://********@h/n"),
        ("source.repository", "https://hunter2/==@h/n@sha256:0", "https://********@h/n@sha256:0"),
        ("source.repository", "user:hunter2/x@h:5000/n", "********@h:5000/n"),
        ("source.repository", "user:hunter2@@h/n", "********@h/n"),
        ("source.repository", "h:5000/n@sha256:0", "h:5000/n@sha256:0"),
        ("source.repository", "oci-layout:a@b:c@d", "oci-layout:a@b:c@d"),
        ("source.repository", "user:hunter2@https://h/n", "********@https://h/n"),
        ("source.repository", "https://u:hunter2@sha256:5000/n", "https://********@sha256:5000/n"),
        ("source.mirrors", "h/n, https://u:hunter2@m/n", "[h/n, https://********@m/n]"),
        ("source.tags.exclude", "(a:b@c", "[(a:b@c]"),
        ("log.level", "a\u{1b}b\nc", "a\u{1b}b\nc"),
    ])
    func isMasked(key: String, value: String, shown: String) throws {
        let environment = try #require(ConfigurationKey.named(key)).environmentName
        let base = key == "source.repository" ? "" : "source:\n  repository: h/n\n"
        let settings = try settings(base, environment: [environment: value])
        #expect(settings.all.first { $0.key.name == key }?.shownValue == shown)
        #expect(!settings.json.contains("hunter2"))
        let text = complaint(base, environment: [environment: value])
        #expect(!text.contains("hunter2") && !text.contains("\n") && !text.contains("\u{1b}"), "\(text)")
    }

    /// As comes of a template such as `${KEY1},${KEY2}`.
    @Test func aListOfNothingIsNoList() throws {
        for value in [",", " ", " , "] {
            let text = complaint(
                nil,
                environment: ["SPECMAN_SOURCE_REPOSITORY": "h/n", "SPECMAN_SOURCE_VERIFY_KEYS": value]
            )
            #expect(text.contains("source.verify.keys is \"\(value)\"; it must be values with commas"), "\(text)")
        }
        let include = try settings(environment: ["SPECMAN_SOURCE_TAGS_INCLUDE": "a , ,b"])
        #expect(include.all.first { $0.key.name == "source.tags.include" }?.value == .list(["a", "b"]))
    }

    @Test func misspeltVariableOfOurSectionsIsRefused() {
        let text = complaint(nil, environment: ["SPECMAN_SOURCE_REPOSITRY": "h/n"])
        #expect(text.contains("did you mean SPECMAN_SOURCE_REPOSITORY?"), "\(text)")
    }

    @Test func verificationMayBeSwitchedOff() throws {
        #expect(try Configuration(settings("storage:\n  verifyInterval: 0s\n")).storage.verifyInterval == .zero)
        #expect(try Configuration(settings(nil)).storage.verifyInterval == .seconds(86_400))
    }

    @Test func checksWarnUnlessToldOtherwise() throws {
        #expect(try Configuration(try settings("")).source.checks == CheckPolicy(yaml: .warn, references: .warn))
        let path = try #require(ReleasePath("a/b.yaml"))
        #expect(
            try Configuration(
                try settings(
                    "source:\n  checks:\n    requiredPaths: [/a/b.yaml]\n    yaml: refuse\n    references: \"off\"\n"
                )
            ).source.checks == CheckPolicy(requiredPaths: [path], yaml: .refuse, references: .off)
        )
    }

    @Test func emptyValuesLeaveTheDefault() throws {
        let configuration = try Configuration(try settings("source:\n  interval:\n  tags: ~\nstorage:\n"))
        #expect(configuration.source.interval == .seconds(60))
    }

    @Test func missingFileIsNamed() {
        #expect(throws: ConfigurationError.unreadable(file: "/nowhere/x.yaml", reason: "No such file or directory")) {
            try Settings(environment: ["SPECMAN_CONFIG": "/nowhere/x.yaml"], file: nil, standardFileExists: false)
        }
    }

    @Test func passwordFileLosesItsLineBreak() throws {
        let directory = try TemporaryDirectory()
        try "s3cret\n".write(toFile: directory.appending("p"), atomically: false, encoding: .utf8)
        let yaml = "source:\n  username: u\n  passwordFile: \(directory.appending("p"))\n"
        let configuration = try Configuration(try settings(yaml))
        #expect(configuration.source.credentials == .basic(username: "u", password: "s3cret"))
    }

    @Test func whatATemplateHasLeftBlankIsNotSet() throws {
        let blank = "source:\n  repository: h/n\n  username: ''\n  password: ''\n  passwordFile: ''\n"
        let tags = "  tags:\n    policy: newest\n    pin: ''\n    range: ''\n"
        let environment = AWSEnvironment([:])
        let automatic = Credentials.automatic(
            docker: nil,
            aws: AWSConfiguration(.automatic, environment: environment)
        )
        #expect(try Configuration(try settings(blank + tags)).source.credentials == automatic)
        let user = "source:\n  username: u\n  password: p\n  passwordFile: ''\n"
        #expect(try Configuration(try settings(user)).source.credentials == .basic(username: "u", password: "p"))
    }

    @Test func ofTwoPasswordsTheOneNearerToTheCommandLineCounts() throws {
        let directory = try TemporaryDirectory()
        try "filed".write(toFile: directory.appending("p"), atomically: false, encoding: .utf8)
        let file = ["SPECMAN_SOURCE_PASSWORD_FILE": directory.appending("p")]
        let above = try Configuration(
            try settings("source:\n  username: u\n  password: written\n", environment: file)
        )
        #expect(above.source.credentials == .basic(username: "u", password: "filed"))
        let below = try Configuration(
            try settings(
                "source:\n  username: u\n  passwordFile: \(directory.appending("p"))\n",
                environment: ["SPECMAN_SOURCE_PASSWORD": "said"]
            )
        )
        #expect(below.source.credentials == .basic(username: "u", password: "said"))
    }

    @Test func whoAsksIsTheNamedUserElseWhatDockerHas() throws {
        func credentials(_ yaml: String, _ environment: [String: String] = [:]) throws -> Credentials {
            try Configuration(try settings(yaml, environment: environment)).source.credentials
        }
        let user = "source:\n  username: u\n  password: p\n"
        #expect(try credentials(user, ["HOME": "/h"]) == .basic(username: "u", password: "p"))
        #expect(try credentials(user + "  credentialType: noAuth\n") == .anonymous)
        #expect(try credentials("source:\n  credentialType: noAuth\n", ["HOME": "/h"]) == .anonymous)
        func automatic(_ file: DockerConfigurationFile?, _ environment: [String: String] = [:]) -> Credentials {
            .automatic(docker: file, aws: AWSConfiguration(.automatic, environment: AWSEnvironment(environment)))
        }
        #expect(try credentials("") == automatic(nil))
        let standard = DockerConfigurationFile("/h/.docker/config.json", isRequired: false)
        #expect(try credentials("", ["HOME": "/h"]) == automatic(standard, ["HOME": "/h"]))
        let own = DockerConfigurationFile("/d/config.json", isRequired: false)
        #expect(try credentials("", ["HOME": "/h", "DOCKER_CONFIG": "/d"]) == automatic(own, ["HOME": "/h"]))
        let named = DockerConfigurationFile("/x.json", isRequired: true)
        #expect(try credentials("source:\n  dockerConfig: /x.json\n", ["DOCKER_CONFIG": "/d"]) == automatic(named))
        #expect(try credentials("", ["SPECMAN_SOURCE_DOCKER_CONFIG": "/x.json"]) == automatic(named))
        #expect(complaint("source:\n  credentialType: basic\n").contains("source.username is not set"))
    }
}
