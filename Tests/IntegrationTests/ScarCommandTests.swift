import Foundation
import TestSupport
import Testing

/// `specman scar get` and `set` against a server over TLS that plays Palette: what is printed and how it ends.
struct ScarCommandTests {
    private static let service = "https://specman-service.hubble-system.svc.cluster.local:8443"
    private static let old = "https://scar.example.com:8443"
    private static let password = PaletteServer.Policy().user.password

    private let authority: CertificateAuthority
    private let directory: TemporaryDirectory

    init() throws {
        authority = try CertificateAuthority()
        directory = try TemporaryDirectory()
    }

    private func palette(
        _ names: [String] = ["IP:127.0.0.1"],
        _ change: (inout PaletteServer.Policy) -> Void = { _ in }
    ) throws -> PaletteServer {
        var policy = PaletteServer.Policy()
        change(&policy)
        return try PaletteServer(policy, pair: authority.issue(names))
    }

    /// Runs `specman scar`, which must never tell a secret.
    private func scar(_ arguments: String..., input: String = password + "\n") throws -> Command.Output {
        let output = try Command.output(
            DaemonProcess.executable.path,
            ["scar"] + arguments,
            input: Array(input.utf8),
            environment: ["SPECMAN_CONFIG": "/dev/null", "SWIFT_BACKTRACE": "enable=no"]
        )
        for secret in [Self.password, PaletteServer.Policy().token] {
            #expect(!output.text.contains(secret) && !output.err.contains(secret))
        }
        return output
    }

    /// A failure is one line on standard error, and nothing on the other.
    private func expectFailure(_ output: Command.Output, _ words: String, status: Int32 = 1) {
        #expect(output.status == status, "\(output.err)")
        #expect(output.err.hasPrefix("specman: ") && output.err.contains(words), "\(output.err)")
        #expect(output.err.split(separator: "\n").count == 1, "\(output.err)")
        #expect(output.text == "")
    }

    @Test func setThenGet() throws {
        let palette = try palette()
        let host = palette.host
        let trust = authority.caFile
        #expect(try scar("get", host, "--password-stdin", "--ca-file", trust).text == Self.old + "\n")
        let set = try scar("set", "https://\(host)/", "--password-stdin", "--ca-file", trust, "--wait", "0s")
        #expect(set.status == 0, "\(set.err)")
        #expect(set.err == "")
        #expect(
            set.text == """
                the SCAR endpoint of \(host) was \(Self.old) and is now \(Self.service)
                started Palette's data job syncCloudInstanceTypesData
                started Palette's data job syncCloudStorageTypesData
                Palette reads its data anew, which takes about five minutes

                """
        )
        #expect(
            palette.lines.dropFirst(2) == [
                "POST \(PaletteServer.login)", "GET \(PaletteServer.scar)", "PUT \(PaletteServer.scar)",
                "GET \(PaletteServer.scar)", "GET \(PaletteServer.jobs[0])", "GET \(PaletteServer.jobs[1])",
            ]
        )
        let put = try #require(palette.requests.first { $0.line.hasPrefix("PUT ") })
        #expect(put["Cookie"] == "Authorization=\(PaletteServer.Policy().token)")
        #expect(
            String(decoding: put.body, as: UTF8.self)
                == #"{"endpoint":"\#(Self.service)","password":"","username":""}"#
        )

        let file = directory.appending("password")
        try (Self.password + "\r\n").write(toFile: file, atomically: true, encoding: .utf8)
        let json = try scar("get", host, "--password-file", file, "--insecure", "--output", "json", input: "")
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(json.text.utf8)) as? [String: Any],
            "\(json.err)"
        )
        #expect(object["endpoint"] as? String == Self.service)
        #expect(object["username"] is NSNull)

        let again = try scar("set", host, "--password-file", file, "--insecure", "--wait", "0s")
        #expect(again.text.hasPrefix("the SCAR endpoint of \(host) was \(Self.service) and stays so\n"), "\(again.err)")
        let back = try scar(
            "set",
            host,
            "--password-file",
            file,
            "--insecure",
            "--wait",
            "0s",
            "--endpoint",
            Self.old + "/"
        )
        #expect(back.text.hasPrefix("the SCAR endpoint of \(host) was \(Self.service) and is now \(Self.old)\n"))
    }

    @Test func onlyWhoIsTrustedIsShownThePassword() throws {
        let palette = try palette()
        let host = palette.host
        expectFailure(
            try scar("get", host, "--password-stdin"),
            "logging in to Palette: TLS with \(host) failed: its certificate is signed by an unknown authority"
        )
        let stranger = try CertificateAuthority()
        let output = try scar("set", host, "--password-stdin", "--ca-file", stranger.caFile, "--wait", "0s")
        expectFailure(output, "trust its CA with --ca-file, or take any certificate with --insecure")
        #expect(palette.requests.isEmpty)

        let other = try self.palette(["DNS:palette.example.com"])
        let mismatch = try scar("get", other.host, "--password-stdin", "--ca-file", authority.caFile)
        expectFailure(mismatch, "no IP SAN")
        let name = other.host.replacing("127.0.0.1", with: "localhost")
        expectFailure(
            try scar("get", name, "--password-stdin", "--ca-file", authority.caFile),
            "its certificate is for other host names"
        )
        #expect(other.requests.isEmpty)
    }

    @Test func whatIsNotPaletteIsSaid() throws {
        let trust = ["--insecure"]
        let palette = try palette { $0.answers[PaletteServer.login] = .http(404, text: "not here") }
        expectFailure(
            try scar("get", palette.host, "--password-stdin", trust[0]),
            "there is no Palette at \(palette.host)"
        )
        expectFailure(try scar("get", "127.0.0.1:1", "--password-stdin"), "127.0.0.1:1 refuses the connection")
        let plain = try DockerRegistry()
        expectFailure(
            try scar("get", plain.host, "--password-stdin", trust[0]),
            "it does not speak TLS on this port; give the port on which Palette speaks HTTPS"
        )
    }

    @Test func aWrongPasswordIsSaid() throws {
        let palette = try palette()
        let output = try scar(
            "set",
            palette.host,
            "--insecure",
            "--password-stdin",
            "--username",
            "sys",
            "--wait",
            "0s"
        )
        expectFailure(
            output,
            "\(palette.host) does not accept the password of user sys: it answers 401 "
                + #"(InvalidCredentials: wrong \u{1b}[31mpassword); check --username and the password"#
        )
        #expect(palette.lines == ["POST \(PaletteServer.login)"])
    }

    @Test func aJobThatFailsIsToldWithWhatIsDone() throws {
        let palette = try palette { $0.answers[PaletteServer.jobs[0]] = .http(500) }
        let output = try scar("set", palette.host, "--insecure", "--password-stdin", "--wait", "0s")
        #expect(output.status == 1)
        #expect(
            output.text == """
                the SCAR endpoint of \(palette.host) was \(Self.old) and is now \(Self.service)
                started Palette's data job syncCloudStorageTypesData

                """
        )
        #expect(
            output.err == "specman: the SCAR endpoint of \(palette.host) is set, but not all data jobs are started: "
                + "starting Palette's data job syncCloudInstanceTypesData: \(palette.host) answers 500; try again later, "
                + "and see the logs of Palette's pods if it goes on; then run it again, with --wait 0s\n"
        )
    }

    @Test func anEndpointThatATerminalWouldObeyIsEscaped() throws {
        let palette = try palette { $0.endpoint = #"https://a\u001b[2J\nb"# }
        let output = try scar("get", palette.host, "--insecure", "--password-stdin")
        #expect(output.text == #"https://a\u{1b}[2J\u{a}b"# + "\n")
        let none = try self.palette { $0.endpoint = nil }
        expectFailure(try scar("get", none.host, "--insecure", "--password-stdin"), "\(none.host) has none")
        #expect(try scar("get", none.host, "--insecure", "--password-stdin", "-o", "json").status == 0)
    }

    @Test func wrongUsage() throws {
        let host = "127.0.0.1:1"
        expectFailure(try scar("get", host), "use --password-stdin or --password-file", status: 64)
        expectFailure(
            try scar("get", "http://\(host)", "--password-stdin"),
            "http://\(host) would show the password to everybody on the way",
            status: 64
        )
        expectFailure(
            try scar("set", host, "--password-stdin", "--endpoint", "specman"),
            "\"specman\" is no URL of a server",
            status: 64
        )
        for arguments in [
            ["get"], ["get", host, "--password-stdin", "--password-file", "x"], ["get", host, "--wait", "0s"],
            ["set", host, "--password-stdin", "--wait", "2h"], ["set", host, "--password-stdin", "--wait", "60"],
        ] {
            let output = try Command.output(DaemonProcess.executable.path, ["scar"] + arguments)
            #expect(output.status == 64, "\(arguments): \(output.err)")
        }
        let unknown = directory.appending("none.yaml")
        #expect(try scar("get", host, "--password-stdin", "--config", unknown).status == 78)
    }

    @Test func filesThatCantBeUsed() throws {
        let host = "127.0.0.1:1"
        let missing = directory.appending("missing")
        expectFailure(
            try scar("get", host, "--password-file", missing),
            "reading the password from \(missing): No such file or directory; check --password-file"
        )
        let empty = directory.appending("empty")
        try "\n".write(toFile: empty, atomically: true, encoding: .utf8)
        expectFailure(try scar("get", host, "--password-file", empty), "\(empty): the file is empty")
        expectFailure(try scar("get", host, "--password-stdin", "--ca-file", missing), "check --ca-file")
        expectFailure(
            try scar("get", host, "--password-stdin", "--ca-file", empty),
            "\(empty) holds no PEM certificate"
        )
        expectFailure(try scar("get", host, "--password-stdin", input: "\n"), "it is empty; pipe it in")
    }

    /// On a terminal, which `script` makes: the password is asked for and not shown, and what is waited for is.
    @Test func onATerminalThePasswordIsAskedFor() throws {
        let palette = try palette { $0.user.password = "geheim" }
        let command = "\(DaemonProcess.executable.path) scar set \(palette.host) --insecure --wait 1ms"
        let output = try Command.output(
            "sh",
            // What is typed before the terminal is silent is lost, so that it is typed until the command has ended.
            [
                "-c",
                "trap '' PIPE; mkfifo typed; script -qefc '\(command)' /dev/null < typed > shown & exec 3> typed;"
                    + " until grep -q 'password of admin: ' shown || ! kill -0 $! 2> /dev/null; do sleep 0.05; done;"
                    + " while kill -0 $! 2> /dev/null; do printf 'geheim\\r' >&3; sleep 0.1; done 2> /dev/null;"
                    + " wait $!; echo status $?; cat shown",
            ],
            directory: directory.path
        )
        #expect(output.text.contains("status 0"), "\(output.text) \(output.err)")
        #expect(output.text.contains("waiting for the change to spread in Palette, 1 s left"), "\(output.text)")
        #expect(output.text.contains("was \(Self.old) and is now \(Self.service)"), "\(output.text)")
        #expect(palette.lines.count == 6)
    }

    @Test(arguments: [[], ["get"], ["set"]]) func helpHasAnExample(command: [String]) throws {
        let output = try Command.output(DaemonProcess.executable.path, ["scar"] + command + ["--help"])
        #expect(output.status == 0)
        #expect(output.text.contains("Example:\n") && output.text.contains("specman scar "))
        if command == ["set"] {
            // Long lines are broken at blanks.
            let text = output.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(text.contains("(default: \(Self.service))") && text.contains("(default: 1m)"), "\(text)")
        }
    }
}
