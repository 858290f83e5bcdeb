import Foundation
import TestSupport
import Testing

/// `specman login` and `logout`, and what the other commands and other people's tools make of them.
struct LoginTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try FileManager.default.createDirectory(
            atPath: directory.appending("docker"),
            withIntermediateDirectories: true
        )
        try FileManager.default.createDirectory(atPath: directory.appending("bin"), withIntermediateDirectories: true)
        try Tree.write(["v": "1\n"], to: directory.appending("tree"))
    }

    private var file: String { directory.appending("docker/config.json") }
    private var text: String { get throws { try String(contentsOfFile: file, encoding: .utf8) } }

    private var environment: [String: String] {
        [
            "DOCKER_CONFIG": directory.appending("docker"), "SWIFT_BACKTRACE": "enable=no",
            "PATH": "\(directory.appending("bin")):/usr/sbin:/usr/bin:/sbin:/bin",
        ]
    }

    private func specman(_ arguments: [String], input: String = "") throws -> Command.Output {
        try Command.output(
            DaemonProcess.executable.path,
            arguments,
            input: Array(input.utf8),
            environment: environment
        )
    }

    private func login(_ host: String, _ password: String, _ more: [String] = ["--plain-http"]) throws -> Command.Output
    {
        try specman(["login", host, "--username", "reader", "--password-stdin"] + more, input: password + "\n")
    }

    /// Pushes, and lists what was pushed.
    private func pushAndList(_ registry: DockerRegistry) throws -> Command.Output {
        let repository = registry.host + "/a/b"
        let trust = registry.caFile.map { ["--ca-file", $0] } ?? ["--plain-http"]
        let pushed = try specman(["push", directory.appending("tree"), repository + ":1.0.0"] + trust)
        guard pushed.status == 0 else { return pushed }
        let configuration = directory.appending("specman.yaml")
        try "source:\n  repository: \(repository)\n".write(toFile: configuration, atomically: true, encoding: .utf8)
        return try specman(["tags", "--config", configuration] + trust)
    }

    private func helper(_ name: String, _ script: String) throws {
        let path = directory.appending("bin/docker-credential-\(name)")
        try "#!/bin/sh\n\(script)\n".write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }

    @Test func whatIsLoggedInIsUsedByAllUntilItIsLoggedOut() throws {
        let registry = try DockerRegistry(authority: CertificateAuthority(), password: "geheim")
        let trust = ["--ca-file", try #require(registry.caFile)]
        #expect(try pushAndList(registry).err.contains("run specman login \(registry.host)"))
        let before =
            #"{"HttpHeaders":{"X":"y"},"auths":{"other":{"auth":"eDp5","email":"e"}},"big":12345678901234567890.50}"#
        try before.write(toFile: file, atomically: true, encoding: .utf8)

        let loggedIn = try login("https://\(registry.host)/v2/", "geheim", trust)
        #expect(loggedIn.status == 0, "\(loggedIn.err)")
        #expect(loggedIn.text == "logged in to \(registry.host) as reader; the password is in \(file)\n")
        #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
        let squeezed = try text.filter { !" \t\n".contains($0) }
        let entry = #""\#(registry.host)":{"auth":"\#(Data("reader:geheim".utf8).base64EncodedString())"}"#
        #expect(squeezed == before.replacing(#""e"}}"#, with: #""e"},\#(entry)}"#))

        #expect(try pushAndList(registry).text.contains("1.0.0"))
        // The same file serves other people's tools.
        let skopeo = try Command.output(
            "skopeo",
            ["list-tags", "--authfile", file, "--tls-verify=false", "docker://\(registry.host)/a/b"]
        )
        #expect(skopeo.text.contains("1.0.0"), "\(skopeo.err)")

        #expect(try specman(["logout", registry.host]).text == "logged out of \(registry.host)\n")
        #expect(try text.filter { !" \t\n".contains($0) } == before)
        #expect(try specman(["logout", registry.host]).text == "\(file) has nothing for \(registry.host)\n")
        #expect(try pushAndList(registry).status == 1)
    }

    @Test func whatOtherToolsLoggedInIsUsed() throws {
        let registry = try DockerRegistry(password: "geheim")
        try Command.run(
            "skopeo",
            [
                "login", "--authfile", file, "--tls-verify=false", "-u", "reader", "--password-stdin", registry.host,
            ],
            input: Array("geheim".utf8)
        )
        #expect(try pushAndList(registry).text.contains("1.0.0"))
    }

    @Test func aTokenServerIsAskedWhetherThePasswordIsRight() throws {
        var policy = TokenServer.Policy()
        policy.user.name = "reader"
        let tokens = try TokenServer(policy)
        let registry = try DockerRegistry(tokens: tokens)
        let wrong = try login(registry.host, "no")
        #expect(wrong.status == 1)
        #expect(wrong.err.contains("the token server \(tokens.host) of \(registry.host) does not accept user reader"))
        #expect(!FileManager.default.fileExists(atPath: file))
        #expect(try login(registry.host, "geheim").status == 0)
        #expect(try pushAndList(registry).text.contains("1.0.0"))
    }

    @Test func whatIsNotAcceptedIsNotKept() throws {
        let registry = try DockerRegistry(password: "geheim")
        let host = registry.host
        for (arguments, reason) in [
            ([host, "--plain-http"], "does not accept the password of user reader"),
            ([host], "set source.plainHTTP (--plain-http)"), (["a/b"], "is no registry"),
            (["\(host)/a/b", "--plain-http"], "is no registry"),
            (["127.0.0.1:1", "--plain-http"], "127.0.0.1:1 refuses"),
        ] {
            let configuration = directory.appending("specman.yaml")
            try "source:\n  timeout: 1s\n".write(toFile: configuration, atomically: true, encoding: .utf8)
            let output = try specman(
                ["login"] + arguments + ["--config", configuration, "--username", "reader", "--password-stdin"],
                input: "no"
            )
            #expect(output.status == 1)
            #expect(output.err.contains(reason), "\(output.err)")
            #expect(output.err.split(separator: "\n").count == 1, "\(output.err)")
        }
        #expect(!FileManager.default.fileExists(atPath: file))
        // Nobody is asked where nobody can answer.
        #expect(try specman(["login", host, "--plain-http"]).status == 64)
        #expect(try specman(["login", host, "--password-stdin"]).status == 64)
        try "[]".write(toFile: file, atomically: true, encoding: .utf8)
        #expect(try login(host, "geheim").err.contains(file))
        #expect(try text == "[]")
    }

    /// On a terminal, which `script` makes: what is typed for a password is not shown.
    @Test func thePasswordIsAskedForWithoutEcho() throws {
        let registry = try DockerRegistry(password: "geheim")
        let command = "\(DaemonProcess.executable.path) login \(registry.host) --plain-http"
        let output = try Command.output(
            "sh",
            // A terminal that reaches the end of its input before it is asked gives an empty line.
            [
                "-c",
                "mkfifo typed; script -qefc '\(command)' /dev/null < typed > shown & exec 3> typed;"
                    + " until grep -q 'user name: ' shown; do sleep 0.05; done; printf 'reader\\r' >&3;"
                    + " until grep -q 'password: ' shown; do sleep 0.05; done; sleep 0.2;"
                    + " printf 'gehx\\177eim\\r' >&3; wait $!; echo status $?; exec 3>&-; cat shown",
            ],
            directory: directory.path,
            environment: environment
        )
        #expect(output.text.contains("status 0"), "\(output.text) \(output.err)")
        #expect(output.text.contains("logged in to \(registry.host) as reader"), "\(output.text)")
        #expect(!output.text.contains("eim"), "\(output.text)")
        #expect(try pushAndList(registry).text.contains("1.0.0"))
    }

    @Test(arguments: ["credHelpers", "credsStore"]) func helpersKeepAndGive(kind: String) throws {
        let registry = try DockerRegistry(password: "geheim")
        let host = registry.host
        let kept = directory.appending("kept")
        try helper(
            "test",
            """
            case $1 in
            get) read -r host; [ "$host" = "\(host)" ] && [ -s \(kept) ] && cat \(kept) && exit
                 echo "credentials not found in native keychain"; exit 1;;
            store) cat > \(kept);;
            erase) rm \(kept);;
            esac
            """
        )
        let value = kind == "credHelpers" ? "{\"https://\(host)/v2/\":\"test\"}" : "\"test\""
        try "{\"\(kind)\":\(value)}".write(toFile: file, atomically: true, encoding: .utf8)
        #expect(try pushAndList(registry).err.contains("requires authentication"))
        let loggedIn = try login(host, "geheim")
        #expect(loggedIn.text.contains("docker-credential-test keeps the password"), "\(loggedIn.err)")
        #expect(try !text.contains("auth\""))
        #expect(try text.contains("\"\(host)\": {}"))
        #expect(try pushAndList(registry).text.contains("1.0.0"))
        #expect(try specman(["logout", host]).text == "logged out of \(host)\n")
        #expect(!FileManager.default.fileExists(atPath: kept))
        #expect(try !text.contains("\"\(host)\": {}"))
    }

    @Test func helpersThatFailAreNamedWithTheRemedy() throws {
        let registry = try DockerRegistry(password: "geheim")
        try #"{"credsStore":"test"}"#.write(toFile: file, atomically: true, encoding: .utf8)
        #expect(try pushAndList(registry).err.contains("docker-credential-test: get: there is no such program"))
        for (script, reason) in [
            ("echo 'the vault is shut'; exit 1", #"ended with status 1 saying "the vault is shut"; run it by hand"#),
            ("echo 'no display' >&2; exit 2", #"ended with status 2 saying "no display""#),
            ("kill -KILL $$", "ended with status -9 without a word"),
            ("echo '{}'", "its answer is no credentials"), ("echo hunter2", "its answer is no credentials"),
            ("yes", "it writes more than credentials take"),
        ] {
            try helper("test", script)
            let output = try pushAndList(registry)
            #expect(output.status == 1)
            #expect(
                output.err.contains("docker-credential-test: get: ") && output.err.contains(reason),
                "\(output.err)"
            )
            #expect(output.err.split(separator: "\n").count == 1)
            #expect(!output.err.contains("hunter2"))
        }
    }

    /// Helpers of clouds give another password each time; the daemon asks again when the old one is refused.
    @Test func theDaemonAsksTheHelperAgainWhenAPasswordIsRefused() throws {
        var policy = TokenServer.Policy()
        policy.user = ("AWS", "first")
        policy.announced = 1
        let tokens = try TokenServer(policy)
        let registry = try DockerRegistry(tokens: tokens)
        let secret = directory.appending("secret")
        try "first".write(toFile: secret, atomically: true, encoding: .utf8)
        try helper("ecr", #"printf '{"Username":"AWS","Secret":"%s"}' "$(cat \#(secret))""#)
        try "{\"credHelpers\":{\"\(registry.host)\":\"ecr\"}}".write(toFile: file, atomically: true, encoding: .utf8)
        #expect(try pushAndList(registry).status == 0)
        let volume = directory.appending("volume")
        let daemon = try DaemonProcess(
            configuration: RunningSite.configuration(
                source: ["repository: \(registry.host)/a/b", "plainHTTP: true", "interval: 200ms"],
                storage: ["directory: \(volume)"],
                listener: ["address: 127.0.0.1:0"]
            ),
            in: directory,
            environment: environment
        )
        try daemon.wait(forLine: "msg=\"Serving 1.0.0\"")
        tokens.change { $0.user.password = "second" }
        try "second".write(toFile: secret, atomically: true, encoding: .utf8)
        let tree = directory.appending("tree")
        try Tree.write(["v": "2\n"], to: tree)
        let pushed = try specman(["push", tree, "\(registry.host)/a/b:2.0.0", "--plain-http"])
        #expect(pushed.status == 0, "\(pushed.err)")
        try daemon.wait(forLine: "msg=\"Serving 2.0.0\"")
        #expect(daemon.stop() == 0)
    }
}
