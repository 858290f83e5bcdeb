import Foundation
import TestSupport
import Testing

@testable import Registry

/// Docker's `config.json`: what of it is for which repository, and when it is read.
struct DockerConfigurationTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func write(_ text: String) throws {
        try text.write(toFile: directory.appending("config.json"), atomically: true, encoding: .utf8)
    }

    private func source(
        _ host: String = "registry.example.com",
        _ repository: String? = "a/b",
        isRequired: Bool = true
    ) -> DockerCredentials {
        let file = DockerConfigurationFile(directory.appending("config.json"), isRequired: isRequired)
        return DockerCredentials(file, host: host, repository: repository)
    }

    private func identity(_ text: String, _ host: String = "registry.example.com", _ name: String? = "a/b") throws
        -> Identity
    {
        try write(text)
        return try source(host, name).identity(renewed: false, before: Fixture.deadline)
    }

    private func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

    @Test(arguments: [
        "registry.example.com", "https://registry.example.com", "https://registry.example.com/v1/",
        "http://registry.example.com/v2/", "REGISTRY.example.com/",
    ])
    func spellingsOfAHost(key: String) throws {
        let text = #"{"auths":{"other.example.com":{"auth":"eDp5"},"\#(key)":{"auth":"\#(base64("u:p:w"))"}}}"#
        #expect(try identity(text) == .password(username: "u", password: "p:w"))
        #expect(try identity(text, "registry.example.com:5000") == .anonymous)
        #expect(try identity(text, "example.com") == .anonymous)
    }

    @Test func formsOfAnEntry() throws {
        func entry(_ text: String) throws -> Identity { try identity(#"{"auths":{"registry.example.com":\#(text)}}"#) }
        let expected = Identity.password(username: "u", password: "p")
        #expect(try entry(#"{"auth":"\#(base64("u:p"))"}"#) == expected)
        #expect(try entry(#"{"auth":"\#(base64("u:p\0\0"))"}"#) == expected)
        #expect(try entry(#"{"username":"u","password":"p"}"#) == expected)
        #expect(try entry(#"{"username":"x","password":"y","auth":"\#(base64("u:p"))","email":7}"#) == expected)
        #expect(try entry(#"{"auth":"\#(base64("u:p"))","identitytoken":"t"}"#) == .refreshToken("t"))
        for nothing in ["{}", "null", #"{"auth":""}"#, #"{"username":"u"}"#, #"{"identitytoken":""}"#] {
            #expect(try entry(nothing) == .anonymous, "\(nothing)")
        }
        for bad in ["%%%", base64("nocolon"), base64(":p"), "/w=="] {
            let error = #expect(throws: RegistryError.self) { try entry(#"{"auth":"\#(bad)"}"#) }
            guard case .credentialFile = error else {
                Issue.record("\(bad): \(String(describing: error))")
                continue
            }
        }
    }

    @Test func theKeyThatNamesMostOfTheRepositoryCounts() throws {
        let text = """
            {"auths":{"h/a":{"auth":"\(base64("a:1"))"},"h":{"auth":"\(base64("h:1"))"},
            "h/a/b":{"auth":"\(base64("ab:1"))"},"h/a/bc":{"auth":"\(base64("abc:1"))"}}}
            """
        for (name, user) in [("a/b", "ab"), ("a/c", "a"), ("ab", "h"), ("a/b/c", "ab"), (nil, "h")] {
            #expect(try identity(text, "h", name).username == user, "\(name ?? "-")")
        }
    }

    @Test func dockersOwnRegistryHasOneEntry() throws {
        let text = #"{"auths":{"https://index.docker.io/v1/":{"auth":"\#(base64("u:p"))"}}}"#
        for host in ["docker.io", "registry-1.docker.io", "index.docker.io"] {
            #expect(try identity(text, host).username == "u")
            #expect(RegistryKey(host: host).server == "https://index.docker.io/v1/")
        }
    }

    @Test func isReadAgainWhenItChanges() throws {
        let source = source(isRequired: false)
        func name() throws -> String? { try source.identity(renewed: false, before: Fixture.deadline).username }
        #expect(try name() == nil)
        try write(#"{"auths":{"registry.example.com":{"auth":"\#(base64("one:1"))"}}}"#)
        #expect(try name() == "one")
        try write(#"{"auths":{"registry.example.com":{"auth":"\#(base64("two:1"))"}}}"#)
        #expect(try name() == "two")
        try FileManager.default.removeItem(atPath: directory.appending("config.json"))
        #expect(try name() == nil)
    }

    @Test func aChangedPasswordIsUsedAtTheNextRequestAndForANewToken() throws {
        let registry = try TokenRegistry()
        let host = registry.server.host
        func login(_ user: String) throws { try write(#"{"auths":{"\#(host)":{"auth":"\#(base64("\(user):1"))"}}}"#) }
        try login("one")
        let file = DockerConfigurationFile(directory.appending("config.json"), isRequired: true)
        let client = try Fixture.client(registry.server) { $0.credentials = .docker(file) }
        for _ in 0..<2 { _ = try client.tags(before: Fixture.deadline) }
        try login("two")
        for _ in 0..<2 { _ = try client.tags(before: Fixture.deadline) }
        let users = registry.tokenRequests.map { $0["Authorization"] }
        #expect(users == ["one:1", "two:1"].map { "Basic " + base64($0) })
    }

    @Test func filesThatCannotBeUsed() throws {
        func fails(_ isRequired: Bool = true) -> Bool {
            do throws(RegistryError) {
                _ = try source(isRequired: isRequired).identity(renewed: false, before: Fixture.deadline)
                return false
            } catch {
                guard case .credentialFile(directory.appending("config.json"), _, _) = error else { return false }
                return !error.description.contains("\n")
            }
        }
        #expect(fails())
        #expect(!fails(false))
        for text in ["{", "[]", #"{"auths":7}"#, String(repeating: " ", count: 1 << 20) + "{}"] {
            try write(text)
            #expect(fails() && fails(false), "\(text.prefix(20))")
        }
        try write("")
        #expect(!fails())
    }

    @Test(arguments: ["../../bin/sh", "a b", "", "x/y", ".;id", "ä", String(repeating: "x", count: 65)])
    func namesThatAreNoHelpers(name: String) throws {
        let error = #expect(throws: RegistryError.self) { try CredentialHelper(name) }
        guard case .credentialHelper = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
