import Testing

@testable import Palette

/// What Palette answers, and what it must not.
struct AnswerTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func aTokenIsTakenAsItIs() throws {
        let token = try PaletteToken(answer: bytes(#" {"Authorization":"eyJ.a-_.b+/=","Expiry":1,"x":{"y":[null]}} "#))
        #expect(token.cookie == "Authorization=eyJ.a-_.b+/=")
        // Neither by itself nor within what holds it.
        #expect("\(token) \([token])" == "… […]")
    }

    /// What could end the cookie or the field, and what is none.
    @Test(arguments: [
        "a;b", "a, b", "a b", #"a\"b"#, #"a\\b"#, #"a\r\nX: y"#, #"a\u0000"#, #"\u001b[2J"#, #"a\u007f"#, "ä", "a\\tb",
        "",
    ])
    func tokensThatCantStandInACookie(text: String) {
        #expect(throws: AnswerFault(reason: "its token can't stand in a cookie")) {
            try PaletteToken(answer: bytes(#"{"Authorization":"\#(text)"}"#))
        }
    }

    @Test func aTokenHasAnEnd() throws {
        let longest = String(repeating: "a", count: 16 << 10)
        #expect(try PaletteToken(answer: bytes(#"{"Authorization":"\#(longest)"}"#)).value == longest)
        #expect(throws: AnswerFault.self) { try PaletteToken(answer: bytes(#"{"Authorization":"\#(longest)a"}"#)) }
    }

    @Test(arguments: [
        ("", "it is no JSON"), ("<html>", "it is no JSON"), ("{", "it is no JSON"), ("null", "it is no object"),
        (#"{"Authorization":"a"}x"#, "it is no JSON"), (#"{"Authorization":"a"#, "it is no JSON"),
        ("[]", "it is no object"),
        (#"["Authorization","a"]"#, "it is no object"), (#""a""#, "it is no object"),
        ("{}", "Authorization is missing"),
        (#"{"authorization":"a"}"#, "Authorization is missing"), (#"{"Authorization":1}"#, "Authorization is no text"),
        (#"{"Authorization":null}"#, "Authorization is no text"),
        (#"{"Authorization":["a"]}"#, "Authorization is no text"),
        (#"{"Authorization":{"a":"b"}}"#, "Authorization is no text"),
    ])
    func answersThatHoldNoToken(text: String, reason: String) {
        #expect(throws: AnswerFault(reason: reason)) { try PaletteToken(answer: bytes(text)) }
    }

    @Test func everyTruncationIsNoticed() {
        let whole = bytes(#"{"endpoint":"https://a:8443","username":"x"}"#)
        for count in 0..<whole.count {
            #expect(throws: AnswerFault(reason: "it is no JSON")) { try ScarSettings(answer: Array(whole[..<count])) }
        }
    }

    @Test func bytesThatAreNoUTF8() {
        #expect(throws: AnswerFault.self) {
            try ScarSettings(answer: bytes(#"{"endpoint":""#) + [0xFF] + bytes(#""}"#))
        }
    }

    @Test func deepNestingHasAnEnd() {
        let deep = String(repeating: "[", count: 500_000)
        #expect(throws: AnswerFault.self) { try ScarSettings(answer: bytes(#"{"endpoint":"a","x":"# + deep)) }
    }

    @Test(arguments: [
        (#"{"endpoint":"https://a:8443"}"#, "https://a:8443", nil),
        (#"{"endpoint":"https://a:8443","username":"","password":""}"#, "https://a:8443", nil),
        (#"{"endpoint":"https://a:8443","username":"u","password":"p","more":[1]}"#, "https://a:8443", "u"),
        ("{}", nil, nil), (#"{"endpoint":""}"#, nil, nil), (#"{"endpoint":null,"username":null}"#, nil, nil),
    ])
    func settings(text: String, endpoint: String?, username: String?) throws {
        let settings = try ScarSettings(answer: bytes(text))
        #expect(settings.endpoint == endpoint)
        #expect(settings.username == username)
        #expect(!settings.json.contains("password"))
    }

    @Test(arguments: [
        (#"{"endpoint":1}"#, "endpoint is no text"), (#"{"endpoint":{}}"#, "endpoint is no text"),
        ("[]", "it is no object"),
        (#"{"endpoint":"a","username":[]}"#, "username is no text"),
        (#"{"endpoint":"\#(String(repeating: "a", count: 2049))"}"#, "endpoint is longer than 2048 bytes"),
    ])
    func answersThatAreNoSettings(text: String, reason: String) {
        #expect(throws: AnswerFault(reason: reason)) { try ScarSettings(answer: bytes(text)) }
    }

    @Test func aSlashAtTheEndMakesNoDifference() throws {
        let endpoint = try ScarEndpoint("https://a:8443")
        #expect(try ScarSettings(answer: bytes(#"{"endpoint":"https://a:8443/"}"#)).isAt(endpoint))
        #expect(try !ScarSettings(answer: bytes(#"{"endpoint":"https://a:844"}"#)).isAt(endpoint))
        #expect(try !ScarSettings(answer: bytes("{}")).isAt(endpoint))
    }

    /// A terminal obeys nothing of it, and a script reads the very text.
    @Test func whatATerminalWouldObeyIsEscaped() throws {
        let sent = #"{"endpoint":"https://a\u001b[2J\n\u009b1m\u202eb\/\udb40\udc01"}"#
        let settings = try ScarSettings(answer: bytes(sent))
        #expect(settings.shownEndpoint == #"https://a\u{1b}[2J\u{a}\u{9b}1m\u{202e}b/\u{e0001}"#)
        let json = settings.json
        #expect(json.unicodeScalars.allSatisfy { $0 == "\n" || !$0.properties.generalCategory.isControlOrFormat })
        #expect(json.contains(#""username" : null"#))
        #expect(try ScarSettings(answer: bytes(json)) == settings)
    }

    @Test func bodiesAreExactlyTheDocumentedOnes() {
        let login = Operation.login(username: "admin", password: "a\"b\\c\n/ü")
        #expect(String(decoding: login.body, as: UTF8.self) == #"{"password":"a\"b\\c\n/ü","username":"admin"}"#)
        #expect(
            String(decoding: Operation.set(.standard).body, as: UTF8.self)
                == #"{"endpoint":"https://specman-service.hubble-system.svc.cluster.local:8443","password":"","username":""}"#
        )
    }
}

extension Unicode.GeneralCategory {
    fileprivate var isControlOrFormat: Bool { self == .control || self == .format }
}
