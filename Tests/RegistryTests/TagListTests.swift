import Content
import TestSupport
import Testing

@testable import Registry

/// Tag lists in pages, and those that never end.
struct TagListTests {
    private func page(_ tags: [String], next: String? = nil) -> ScriptedServer.Answer {
        let names = tags.map { "\"\($0)\"" }.joined(separator: ",")
        let link = next.map { ["Link: <\($0)>; rel=\"next\""] } ?? []
        return .http(200, link, text: "{\"name\":\"a/b\",\"tags\":[\(names)]}")
    }

    private func tags(_ answers: [ScriptedServer.Answer]) throws -> (tags: [String], targets: [String]) {
        let server = try ScriptedServer(answers)
        let tags = try Fixture.client(server).tags(before: Fixture.deadline)
        return (tags.map(\.description), server.requests.map(\.target))
    }

    private func error(_ answers: [ScriptedServer.Answer]) -> RegistryError? {
        #expect(throws: RegistryError.self) { _ = try tags(answers) }
    }

    @Test func pagesAreFollowed() throws {
        let (tags, targets) = try tags([
            page(["b", "a"], next: "/v2/a/b/tags/list?last=a&n=2"), page(["c"], next: "list?last=c"), page([]),
        ])
        #expect(tags == ["b", "a", "c"])
        #expect(targets == ["/v2/a/b/tags/list?n=1000", "/v2/a/b/tags/list?last=a&n=2", "/v2/a/b/tags/list?last=c"])
    }

    @Test func namesThatAreNoTagsAreLeftOut() throws {
        let bad = ["../x", "", "-a", "a/b", "a\\nb", "a b", String(repeating: "a", count: 129)]
        #expect(try tags([page(bad + ["good", "good"])]).tags == ["good"])
    }

    @Test func emptyLists() throws {
        #expect(try tags([.http(200, text: #"{"tags":null}"#)]).tags.isEmpty)
        #expect(try tags([.http(200, text: "{}")]).tags.isEmpty)
    }

    @Test(arguments: [
        "http://127.0.0.1:1/v2/x", "https://evil.example/x", "//evil.example/", "ftp://x/", "http://u:p@h/",
    ])
    func anotherHostIsNotAsked(next: String) {
        guard case .malformed = error([page(["a"], next: next)]) else {
            Issue.record("asked")
            return
        }
    }

    @Test func loopsEnd() throws {
        guard case .endlessTagList = error([page(["a"], next: "/x"), page(["b"], next: "/x")]) else {
            Issue.record("no loop seen")
            return
        }
        guard case .endlessTagList = error([page(["a"], next: "/x"), page(["a"], next: "/y")]) else {
            Issue.record("a page without news was followed")
            return
        }
        let server = try ScriptedServer { [self] request in
            page(["t\(request.target.count)"], next: request.target + "x")
        }
        #expect(throws: RegistryError.self) { try Fixture.client(server).tags(before: Fixture.deadline) }
        #expect(server.requests.count <= DistributionClient.mostPages)
    }

    @Test func aBrokenLinkOrListIsNotTakenForTheEnd() {
        guard case .malformed = error([.http(200, ["Link: </x; rel=next"], text: #"{"tags":["a"]}"#)]) else {
            Issue.record("taken")
            return
        }
        for text in ["", "[]", "{\"tags\":[1]}", "{\"tags\":[\"a\"", "<html>"] {
            guard case .malformed = error([.http(200, text: text)]) else {
                Issue.record("taken: \(text)")
                return
            }
        }
    }

    @Test func noSuchRepositorySaysWhatToDo() {
        let body = #"{"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known to registry"}]}"#
        let text = error([.http(404, text: body)])?.description ?? ""
        #expect(text.contains("/a/b"))
        #expect(text.contains("source.repository"))
    }

    @Test(arguments: [
        (401, ["WWW-Authenticate: Basic realm=\"a, b\""], false, "requires authentication; set source.username"),
        (401, ["WWW-Authenticate: Basic realm=\"a, b\""], true, "check source.username and source.password"),
        (401, ["WWW-Authenticate: Negotiate abc=="], true, "asks for negotiate authentication"),
        (401, ["WWW-Authenticate: Bearer realm=\"ftp://h/t\",service=\"s\""], true, "correct the registry's realm"),
        (401, [], false, "requires authentication"),
        (403, [], true, "give the user"),
        (400, [], false, "answers 400"),
    ])
    func refusalsSayWhatToDo(status: Int, fields: [String], authenticated: Bool, sentence: String) throws {
        let server = try ScriptedServer { _ in .http(status, fields, text: "line one\nline two") }
        let client = try Fixture.client(server) {
            if authenticated { $0.credentials = .basic(username: "u", password: "geheim") }
        }
        let error = #expect(throws: RegistryError.self) { try client.tags(before: Fixture.deadline) }
        let text = error?.description ?? ""
        #expect(text.contains(sentence), "\(text)")
        #expect(!text.contains("geheim") && !text.contains("\n"))
        #expect(server.requests.count == 1)
    }

    /// As Go's servers and nginx have it.
    @Test(arguments: [
        "Client sent an HTTP request to an HTTPS server.\n",
        "<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head>\r\n</html>\r\n",
    ])
    func plainHTTPWhereTLSIsSpokenSaysSo(body: String) {
        let text = error([.http(400, text: body)])?.description ?? ""
        #expect(text.contains("take away source.plainHTTP (--plain-http), it speaks TLS there"), "\(text)")
    }

    @Test func controlBytesOfAnErrorReachNoLog() {
        let body = #"{"errors":[{"code":"X","message":"a\nb\u001b[31m\u202e"}]}"#
        let text = error([.http(400, text: body)])?.description ?? ""
        #expect(text.contains("X: a"))
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202E })
    }

    /// Neither in the log line nor in memory, where no more than 16 KiB of it are kept, too little to be read then.
    @Test func theTextOfAnErrorHasAnEnd() {
        for (count, isShown) in [(8 << 10, true), (20 << 10, false)] {
            let message = String(repeating: "a", count: count)
            let body = #"{"errors":[{"code":"X","message":"\#(message)"}]}"#
            let text = error([.http(400, text: body)])?.description ?? ""
            #expect(text.contains("answers 400") && text.utf8.count < 1000)
            #expect(text.contains("X: aaa") == isShown)
        }
    }

    @Test func anAnswerIsObserved() throws {
        let server = try ScriptedServer([.http(503), .http(200, text: #"{"tags":[]}"#)])
        let log = Log()
        _ = try Fixture.client(server) { $0.observe = { log.add("\($0) \($1)") } }.tags(before: Fixture.deadline)
        #expect(log.lines == ["\(server.host) 503", "\(server.host) 200"])
    }
}
