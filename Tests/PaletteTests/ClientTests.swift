import Curl
import TestSupport
import Testing

@testable import Palette

/// One request and its answer.
struct ClientTests {
    private let password = PaletteServer.Policy().user.password

    private func client(_ host: String, timeout: Duration = .seconds(60)) throws -> PaletteClient {
        try PaletteClient.plain(host, timeout: timeout)
    }

    private func policy(_ target: String, _ answer: ScriptedServer.Answer) -> PaletteServer.Policy {
        var policy = PaletteServer.Policy()
        policy.answers[target] = answer
        return policy
    }

    /// Cookie, body and fields as the guide's script has them.
    @Test func requestsAreExactlyTheDocumentedOnes() throws {
        let palette = try PaletteServer()
        let session = try client(palette.host).logIn(username: "admin", password: password)
        #expect(try session.settings().endpoint == "https://scar.example.com:8443")
        try session.set(.standard)
        for job in DataJob.allCases { try session.start(job) }
        #expect(try session.settings().isAt(.standard))
        let scar = PaletteServer.scar
        #expect(
            palette.lines == [
                "POST /v1/auth/syslogin?setCookie=true", "GET \(scar)", "PUT \(scar)",
                "GET /v1/jobs/internal/syncCloudInstanceTypesData/run",
                "GET /v1/jobs/internal/syncCloudStorageTypesData/run", "GET \(scar)",
            ]
        )
        let requests = palette.requests
        for request in requests {
            #expect(request["Content-Type"] == "application/json")
            #expect(request["Accept"] == "application/json")
            #expect(request["Authorization"] == nil)
        }
        #expect(
            requests.map { $0["Cookie"] } == [nil]
                + [String?](repeating: "Authorization=eyJhbGciOi.J9-_.sig+/=", count: 5)
        )
        #expect(requests.map { $0.body.isEmpty } == [false, true, false, true, true, true])
    }

    @Test(arguments: [400, 401, 403]) func aWrongPasswordIsSaid(status: Int) throws {
        let text = #"{"code":"InvalidCredentials","message":"no \u001b[2J\nthere"}"#
        let palette = try PaletteServer(policy(PaletteServer.login, .http(status, text: text)))
        let error = try #require(throws: PaletteError.self) {
            try client(palette.host).logIn(username: "admin", password: "falsch")
        }
        #expect(
            "\(error)"
                == "logging in to Palette: \(palette.host) does not accept the password of user admin: it answers "
                + #"\#(status) (InvalidCredentials: no \u{1b}[2J\u{a}there); check --username and the password, which are "#
                + "those of Palette's system console"
        )
    }

    /// Servers that repeat what they were sent don't bring it onto the terminal.
    @Test func secretsThatAreRepeatedAreNotTold() throws {
        for secret in [#"ge\"heim\\ü"#, #"ge\"heim\\ü\u0301"#, "eyJhbGciOi.J9-_.sig+/="] {
            let answer = ScriptedServer.Answer.http(500, text: #"{"code":"Failed","message":"got \#(secret)"}"#)
            let palette = try PaletteServer(policy(PaletteServer.scar, answer))
            let session = try client(palette.host).logIn(username: "admin", password: password)
            let error = try #require(throws: PaletteError.self) { try session.settings() }
            let reply = PaletteError.Reply(host: palette.host, status: 500, detail: "")
            #expect(error == .unavailable(reply, attempt: "reading Palette's SCAR endpoint"))
            #expect("\([session])" == "[admin at \(palette.host)]")
        }
        let answer = ScriptedServer.Answer.http(401, text: #"{"message":"no user with geheim"}"#)
        let palette = try PaletteServer(policy(PaletteServer.login, answer))
        let error = try #require(throws: PaletteError.self) {
            try client(palette.host).logIn(username: "admin", password: "geheim")
        }
        #expect("\(error)".contains("it answers 401; check"), "\(error)")
    }

    @Test(arguments: [
        (404, "there is no Palette at"), (405, "there is no Palette at"), (500, "try again later"),
        (503, "try again later"),
        (429, "try again later"), (204, "check that it is Palette's"), (201, "check that it is Palette's"),
        (418, "check that it is Palette's"), (302, "sends on to nowhere"),
    ])
    func otherAnswersToALogin(status: Int, words: String) throws {
        let palette = try PaletteServer(policy(PaletteServer.login, .http(status, text: "<html>\nno</html>")))
        let error = try #require(throws: PaletteError.self) {
            try client(palette.host).logIn(username: "admin", password: password)
        }
        let text = "\(error)"
        #expect(text.contains(words) && text.contains("\(status)") && text.contains(palette.host), "\(text)")
        #expect(!text.contains("html") && !text.contains { $0.isNewline })
        #expect(error.isTransient == (words == "try again later"))
    }

    @Test(arguments: [
        (400, "does not take it"), (401, "or use a system administrator"), (403, "use a system administrator"),
        (404, "it takes Palette 4.5.15 or later"),
        (502, "try again later"), (200, "check that it is Palette's"),
    ])
    func otherAnswersToAChange(status: Int, words: String) throws {
        let palette = try PaletteServer(policy(PaletteServer.scar, .http(status, text: "{}")))
        let session = try client(palette.host).logIn(username: "admin", password: password)
        let error = try #require(throws: PaletteError.self) { try session.set(.standard) }
        #expect("\(error)".hasPrefix("setting Palette's SCAR endpoint: \(palette.host) "), "\(error)")
        #expect("\(error)".contains(words), "\(error)")
    }

    /// Neither the password nor the token follows anyone, and no answer comes from elsewhere.
    @Test(arguments: [301, 302, 303, 307, 308]) func redirectsAreNotFollowed(status: Int) throws {
        let other = try PaletteServer()
        let moved = ScriptedServer.Answer.http(status, ["Location: http://\(other.host)\(PaletteServer.login)"])
        let first = try PaletteServer(policy(PaletteServer.login, moved))
        let error = try #require(throws: PaletteError.self) {
            try client(first.host).logIn(username: "admin", password: password)
        }
        #expect("\(error)".contains("sends on to \(other.host), which is not followed with a password"), "\(error)")
        let second = try PaletteServer(policy(PaletteServer.scar, moved))
        let session = try client(second.host).logIn(username: "admin", password: password)
        #expect(throws: PaletteError.self) { try session.settings() }
        #expect(throws: PaletteError.self) { try session.set(.standard) }
        #expect(other.requests.isEmpty)
    }

    @Test func answersHaveAnEnd() throws {
        let huge = String(repeating: "a", count: 1 << 20)
        let palette = try PaletteServer(policy(PaletteServer.login, .http(200, text: #"{"Authorization":"\#(huge)"}"#)))
        let error = try #require(throws: PaletteError.self) {
            try client(palette.host).logIn(username: "admin", password: password)
        }
        #expect(
            error
                == .transfer(.bodyTooLarge(host: palette.host, limit: 1 << 20), attempt: "logging in to Palette")
        )
        #expect("\(error)".contains("check that it is Palette's"))
    }

    @Test func anAnswerThatCantBeUnderstood() throws {
        let palette = try PaletteServer(policy(PaletteServer.login, .http(200, text: "<html>")))
        #expect(
            throws: PaletteError.malformed(
                host: palette.host,
                reason: "it is no JSON",
                attempt: "logging in to Palette"
            )
        ) {
            try client(palette.host).logIn(username: "admin", password: password)
        }
    }

    @Test func silenceAndCutsAreSaid() throws {
        let silent = try ScriptedServer { _ in .hang([]) }
        let late = try #require(throws: PaletteError.self) {
            try client(silent.host, timeout: .milliseconds(200)).logIn(username: "admin", password: password)
        }
        #expect(late == .transfer(.timeout(host: silent.host), attempt: "logging in to Palette"))
        #expect("\(late)".hasSuffix("; try again, and see whether Palette is overloaded"), "\(late)")
        let cut = try ScriptedServer { _ in .http(200, ["Content-Length: 100"], text: "{") }
        let error = try #require(throws: PaletteError.self) {
            try client(cut.host).logIn(username: "admin", password: password)
        }
        guard case .transfer(.interrupted, _) = error else {
            Issue.record("\(error)")
            return
        }
    }
}

extension PaletteClient {
    /// A client of a server without TLS, which no address that somebody types leads to.
    static func plain(_ host: String, timeout: Duration = .seconds(60)) throws -> PaletteClient {
        var options = PaletteOptions()
        options.timeout = timeout
        return PaletteClient(PaletteAddress(base: try #require(TransferURL("http://\(host)/"))), options: options)
    }
}
