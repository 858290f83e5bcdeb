import Foundation
import TestSupport
import Testing

/// What the commands print, and what they do beside a running daemon and without one.
@Suite struct CommandTests {
    @Test func tablesAsJSONHaveTheContractsFields() throws {
        let specman = try Specman()
        let tree = try specman.tree("tree", ["a": "12345"])
        for (tag, seconds) in [("1.0.0", "1700000000"), ("2.0.0", "1600000000")] {
            try specman.run("push", tree, specman.reference(tag), environment: ["SOURCE_DATE_EPOCH": seconds])
        }
        let tags = try specman.json("tags", "--output", "json")
        #expect(tags.map { $0["tag"] as? String } == ["2.0.0", "1.0.0"])
        #expect(tags.map { $0["chosen"] as? Bool } == [false, true])
        #expect(tags.last?["created"] as? String == "2023-11-14T22:13:20Z")
        for row in tags {
            #expect(Set(row.keys) == ["tag", "digest", "created", "chosen", "reason"])
        }
        #expect(try specman.run("sync").hasPrefix("published 1.0.0 sha256:"))
        let releases = try specman.json("releases", "--output", "json")
        #expect(releases.count == 1)
        let release = try #require(releases.first)
        #expect(Set(release.keys) == ["tag", "digest", "files", "bytes", "publishedAt", "active"])
        #expect(release["digest"] as? String == tags.last?["digest"] as? String)
        #expect(release["bytes"] as? Int == 5)
        #expect(release["active"] as? Bool == true)
    }

    @Test func syncGoesThroughTheDaemonThatHasTheVolume() throws {
        let specman = try Specman()
        let tree = try specman.tree("tree", ["a": "1"])
        try specman.run("push", tree, specman.reference("1.0.0"))
        let daemon = try specman.serve()
        try daemon.wait(forLine: "Serving 1.0.0")
        #expect(try specman.run("sync").hasPrefix("unchanged 1.0.0 sha256:"))
        try specman.run("push", try specman.tree("tree", ["a": "2"]), specman.reference("1.0.0"))
        #expect(try specman.run("sync").hasPrefix("published 1.0.0 sha256:"))
        #expect(try specman.json("releases", "-o", "json").count == 2)
        #expect(daemon.stop() == 0)
    }

    /// A failure is one line on standard error and nothing else.
    @Test func failedSyncIsToldOnce() throws {
        let specman = try Specman()
        let output = try specman.output("sync")
        #expect(output.status == 1)
        #expect(output.text.isEmpty, "\(output.text)")
        #expect(output.err.split(separator: "\n").count == 1, "\(output.err)")
    }

    /// Listings off or on: what counts is that there is a release.
    @Test(arguments: ["true", "false"])
    func healthcheckWithoutManagementPort(listing: String) throws {
        let specman = try Specman(["SPECMAN_LISTENER_LISTING": listing])
        #expect(try specman.output("healthcheck").err.contains("nobody answers there"))
        let daemon = try specman.serve()
        _ = try daemon.port()
        let output = try specman.output("healthcheck")
        #expect(output.status == 1)
        #expect(output.err.contains("not ready"), "\(output.err)")
        try specman.run("push", try specman.tree("tree", ["a": "1"]), specman.reference("1.0.0"))
        try specman.run("sync")
        #expect(try specman.run("healthcheck") == "ready\n")
        #expect(daemon.stop() == 0)
    }

    @Test(arguments: ["127.0.0.1", "[::]", "localhost", ""])
    func healthcheckAsksTheManagementPort(host: String) throws {
        let specman = try Specman(["SPECMAN_MANAGEMENT_ADDRESS": "\(host):0"])
        try specman.run("push", try specman.tree("tree", ["a": "1"]), specman.reference("1.0.0"))
        let daemon = try specman.serve()
        let address = ["SPECMAN_MANAGEMENT_ADDRESS": "\(host):\(try daemon.port(of: "http"))"]
        try daemon.wait(forLine: "Serving 1.0.0")
        #expect(try specman.run("healthcheck", environment: address) == "ready\n")
        #expect(daemon.stop() == 0)
        #expect(try specman.output("healthcheck", environment: address).status == 1)
    }

    @Test func versionIsANumber() throws {
        #expect(try Specman().run("--version").wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
    }

    /// Each is wrong where the operator can see it: the key is named, and the status is the configuration's.
    @Test(arguments: [
        ("SPECMAN_SOURCE_TLS_CA_FILE", "/nowhere/ca.crt", "source.tls.caFile"),
        ("SPECMAN_LISTENER_ADDRESS", "registry.example.com:8443", "listener.address"),
        ("SPECMAN_LISTENER_NAMES", "a b", "listener.names"),
        ("SPECMAN_LISTENER_NAMES", ",", "listener.names"),
    ])
    func configCheckTriesWhatIsNamed(variable: String, value: String, key: String) throws {
        let specman = try Specman([variable: value])
        for command in [["config", "check"], ["serve"]] {
            let output = try Command.output(
                DaemonProcess.executable.path,
                command,
                environment: specman.environment
            )
            #expect(output.status == 78, "\(output.text)")
            #expect(output.err.contains(variable))
            #expect(output.err.contains(key), "\(output.err)")
        }
    }

    @Test func userNamedOnTheCommandLineIsUsed() throws {
        let specman = try Specman(["SPECMAN_SOURCE_CREDENTIAL_TYPE": "noAuth", "SPECMAN_SOURCE_REPOSITORY": ""])
        let server = try ScriptedServer { request in
            request["Authorization"] == nil
                ? .http(401, ["WWW-Authenticate: Basic realm=\"r\""]) : .http(200, text: #"{"tags":[]}"#)
        }
        let file = specman.directory.appending("specman.yaml")
        try "source: {repository: \"\(server.host)/a\"}".write(toFile: file, atomically: true, encoding: .utf8)
        _ = try Command.output(
            DaemonProcess.executable.path,
            ["tags", "--config", file, "--plain-http", "--username", "u", "--password-stdin"],
            input: Array("secret\n".utf8),
            environment: specman.environment
        )
        #expect(server.requests.last?["Authorization"] == "Basic dTpzZWNyZXQ=")
    }
}
