import Foundation
import TestSupport
import Testing

/// Passwords, client certificates and the access log, as curl and htpasswd know them.
@Suite struct AccessTests {
    private struct Site {
        let directory: TemporaryDirectory
        let passwords: String
        let running: RunningSite

        init(listener: [String] = [], log: [String] = [], environment: [String: String] = [:]) throws {
            directory = try TemporaryDirectory()
            passwords = directory.appending("htpasswd")
            try Command.run("htpasswd", ["-cbB", "-C", "4", passwords, "admin", "secret"])
            try Command.run("htpasswd", ["-bB", "-C", "5", passwords, "reader", "pw:1"])
            let tree = directory.appending("tree")
            try Tree.write(["roar/nickfury/versions.yaml": "versions: []\n"], to: tree)
            let layout = "oci-layout:\(directory.appending("layout"))"
            try Command.run(DaemonProcess.executable.path, ["push", tree, layout + ":1.0.0"])
            running = try RunningSite(
                source: ["repository: \(layout)", "interval: 1h"],
                listener: ["htpasswdFile: \(passwords)"] + listener,
                log: log,
                in: directory
            )
            try running.daemon.wait(forLine: "Serving 1.0.0")
        }

        func status(_ path: String, _ user: String? = nil, _ arguments: [String] = []) throws -> Int {
            try running.status(path, (user.map { ["-u", $0] } ?? []) + arguments)
        }
    }

    private static let file = "/roar/nickfury/versions.yaml"

    @Test func onlyUsersOfTheFileGetIn() throws {
        let site = try Site(listener: ["realm: 'a \"quoted\" realm'"])
        #expect(try site.status(Self.file) == 401)
        #expect(try site.status(Self.file, "admin:secret") == 200)
        // What was prepared for one who may is not given to one who has not proved anything.
        for _ in 0..<3 { #expect(try site.status(Self.file) == 401) }
        #expect(try site.status(Self.file, "reader:pw:1") == 200)
        #expect(try site.status(Self.file, "reader:wrong") == 401)
        #expect(try site.status(Self.file, "nobody:secret") == 401)
        #expect(try site.status("/", nil) == 401)
        #expect(try site.status("/-/status", nil) == 401)
        #expect(try site.status("/v1/_catalog", nil) == 401)
        #expect(try site.status("/v1/_catalog", "reader:pw:1") == 200)
        #expect(try site.status("/health") == 200)
        #expect(try site.status("/%68ealth") == 401)

        let head = try Command.run(
            "curl",
            ["-sS", "--cacert", site.running.certificateFile, "-D", "-", "-o", "/dev/null", site.running.url + "/"]
        ).text
        #expect(head.contains("WWW-Authenticate: Basic realm=\"a \\\"quoted\\\" realm\", charset=\"UTF-8\"\r\n"))
        for field in [
            "Strict-Transport-Security", "Content-Security-Policy", "X-Frame-Options: DENY", "Referrer-Policy",
        ] {
            #expect(head.contains(field), "\(head)")
        }
        #expect(site.running.daemon.stop() == 0)
    }

    @Test func administratorsAloneChangeThings() throws {
        let site = try Site()
        let post = ["-X", "POST"]
        #expect(try site.status("/-/sync", nil, post) == 401)
        #expect(try site.status("/-/sync", "reader:pw:1", post) == 403)
        #expect(try site.status("/-/sync", "admin:secret", post) == 200)
        // What another site's page has the administrator's browser send.
        #expect(try site.status("/-/sync", "admin:secret", post + ["-H", "Origin: https://evil.example"]) == 403)
        #expect(try site.status("/-/sync", "admin:secret", post + ["-H", "Sec-Fetch-Site: cross-site"]) == 403)
        let own = ["-H", "Origin: \(site.running.url)", "-H", "Sec-Fetch-Site: same-origin"]
        #expect(try site.status("/-/sync", "admin:secret", post + own) == 200)
        // Whoever may open the socket needs no password.
        // Its path from there is short enough for curl, too.
        func local(_ arguments: [String]) throws -> String {
            let socket = ["-sSf", "--unix-socket", "specman.sock"]
            return try Command.run("curl", socket + arguments, directory: site.running.volume).text
        }
        #expect(try local(post + ["http://localhost/-/sync"]).contains("\"result\":\"unchanged\""))
        let file = try local(["http://localhost" + Self.file])
        #expect(file == "versions: []\n")
        #expect(site.running.daemon.stop() == 0)
    }

    @Test func theFileIsReadAgainWhenItChanges() throws {
        let site = try Site()
        #expect(try site.status(Self.file, "reader:pw:1") == 200)
        try Command.run("htpasswd", ["-bB", "-C", "4", site.passwords, "reader", "other"])
        site.running.daemon.kill(SIGHUP)
        try site.running.daemon.wait(forLine: "Taking other passwords")
        #expect(try site.status(Self.file, "reader:pw:1") == 401)
        #expect(try site.status(Self.file, "reader:other") == 200)

        // A file that can't be used is told of by line, and the users known before stay.
        try Command.run("htpasswd", ["-bs", site.passwords, "quick", "x"])
        let line = try site.running.daemon.wait(forLine: "keeping the passwords that were known")
        #expect(line.contains("line 3: SHA-1 ({SHA}) is not accepted"), "\(line)")
        #expect(try site.status(Self.file, "reader:other") == 200)
        #expect(try site.status(Self.file, "quick:x") == 401)
        #expect(site.running.daemon.stop() == 0)
    }

    /// The container definition of the custom pack registry carries over.
    @Test func theVariablesOfThePackRegistryWork() throws {
        let directory = try TemporaryDirectory()
        let passwords = directory.appending("htpasswd")
        try Command.run("htpasswd", ["-cbB", "-C", "4", passwords, "admin", "secret"])
        let authority = try CertificateAuthority()
        let pair = try authority.issue(["IP:127.0.0.1"])
        let daemon = try DaemonProcess(
            configuration: RunningSite.configuration(
                source: ["repository: oci-layout:/nowhere"],
                storage: ["directory: \(directory.appending("volume"))"],
                listener: []
            ),
            in: directory,
            environment: [
                "REGISTRY_AUTH": "htpasswd", "REGISTRY_AUTH_HTPASSWD_REALM": "Registry Realm",
                "REGISTRY_AUTH_HTPASSWD_PATH": passwords, "REGISTRY_HTTP_TLS_CERTIFICATE": pair.certificateFile,
                "REGISTRY_HTTP_TLS_KEY": pair.keyFile, "REGISTRY_HTTP_ADDR": "127.0.0.1:0",
                "REGISTRY_LOG_LEVEL": "debug",
            ]
        )
        let url = "https://127.0.0.1:\(try daemon.port())"
        func head(_ arguments: [String]) throws -> String {
            try Command.run("curl", ["-sS", "-D", "-", "-o", "/dev/null", "--cacert", authority.caFile] + arguments)
                .text
        }
        #expect(try head([url + "/health"]).hasPrefix("HTTP/1.1 200"))
        #expect(try head([url + "/v1/_catalog"]).contains("realm=\"Registry Realm\""))
        // No release yet, but the password is right.
        #expect(try head(["-u", "admin:secret", url + "/v1/_catalog"]).hasPrefix("HTTP/1.1 503"))
        #expect(daemon.stop() == 0)
    }

    @Test func theAccessLogHasALineForEachRequest() throws {
        let site = try Site(log: ["access: true"])
        #expect(try site.status(Self.file, "reader:pw:1", ["-A", "probe \"1\""]) == 200)
        #expect(try site.status("/nothing%0Ahere?a=b") == 401)
        let daemon = site.running.daemon
        let line = try daemon.wait(forLine: "path=" + Self.file)
        for part in [
            "level=info msg=\"request\"", "method=GET", "status=200", "user=reader", "client=127.0.0.1", "tls=TLSv1.3",
            "agent=\"probe \\\"1\\\"\"", "release=\"1.0.0@sha256:",
        ] {
            #expect(line.contains(part), "\(line)")
        }
        #expect(line.firstMatch(of: /bytes=\d+\s/) != nil)
        #expect(line.firstMatch(of: /duration=\d+\.\d{6}s\s/) != nil)
        let other = try daemon.wait(forLine: "status=401")
        #expect(other.contains("path=\"/nothing%0Ahere?a=b\""), "\(other)")
        #expect(!daemon.log.contains { $0.contains("pw:1") || $0.contains("cHc6MQ") })
        #expect(daemon.stop() == 0)
    }

    /// Nobody reads the log: requests go on being answered, and the lines that are missing are counted.
    @Test func aLogThatNobodyReadsHoldsNothingUp() throws {
        let directory = try TemporaryDirectory()
        let configuration = RunningSite.configuration(
            source: ["repository: oci-layout:/nowhere", "interval: 1h"],
            storage: ["directory: \(directory.appending("volume"))"],
            listener: ["address: 127.0.0.1:0"],
            log: ["access: true"]
        )
        let file = directory.appending("specman.yaml")
        try configuration.write(toFile: file, atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = DaemonProcess.executable
        process.arguments = ["serve", "--config", file]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        // The first lines tell the port; after them nothing is read.
        var text = ""
        while !text.contains("Listening on https") || !text.hasSuffix("\n") {
            text += String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
        }
        let port = try #require(text.firstMatch(of: /https:\/\/127\.0\.0\.1:(\d+)/)).1
        // Three times what the pipe and the queue hold.
        let list = String(repeating: "url = \"https://127.0.0.1:\(port)/health\"\n", count: 30_000)
        let output = try Command.output("curl", ["-sS", "-k", "--max-time", "300", "-K", "-"], input: Array(list.utf8))
        #expect(output.status == 0, "\(output.err.prefix(300))")
        #expect(output.text.split(separator: "\n").count == 30_000)
        process.terminate()
        var rest = Data()
        while true {
            let data = pipe.fileHandleForReading.availableData
            if data.isEmpty { break }
            rest += data
        }
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(String(decoding: rest, as: UTF8.self).contains("the log is read too slowly"))
    }
}
