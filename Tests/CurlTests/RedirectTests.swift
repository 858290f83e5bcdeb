import TestSupport
import Testing

@testable import Curl

/// Where redirects are followed, and what goes along.
struct RedirectTests {
    private let secret: [(name: String, value: String)] = [("Authorization", "Basic eDp5"), ("Accept", "a/b")]

    private func url(_ server: ScriptedServer, _ path: String = "/") throws -> TransferURL {
        try #require(TransferURL("http://\(server.host)\(path)"))
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func credentialsStayWithinTheirOrigin(status: Int) throws {
        let storage = try ScriptedServer([.http(200, text: "blob")])
        let registry = try ScriptedServer([
            .http(status, ["Location: /second"], text: "moved"),
            .http(status, ["Location: http://\(storage.host)/third?signature=1"]),
        ])
        let request = TransferRequest(.get, try url(registry), fields: secret)
        let (response, body) = try TransferClient().collect(request, limit: 100)
        #expect(body == Array("blob".utf8))
        #expect(response.url.origin.description == storage.host)
        #expect(registry.requests.map { $0["Authorization"] } == ["Basic eDp5", "Basic eDp5"])
        #expect(registry.requests.map(\.target) == ["/", "/second"])
        // Another port of the same host is another origin (GHSA-vh4v-2xq2-g5cg).
        #expect(storage.requests.map { $0["Authorization"] } == [nil])
        #expect(storage.requests.map { $0["Accept"] } == ["a/b"])
    }

    /// Each part of an origin counts alone (GHSA-vh4v-2xq2-g5cg), which one server on one port can't show.
    @Test(arguments: [
        ("/b", true), ("http://registry.example:80/b", true), ("http://REGISTRY.example/b", true),
        ("https://registry.example:80/b", false), ("https://registry.example/b", false),
        ("http://registry.example:8080/b", false), ("http://storage.example/b", false),
        ("http://a.registry.example/b", false), ("http://example/b", false),
    ])
    func credentialsAreForOneSchemeHostAndPort(location: String, areKept: Bool) throws {
        let url = try #require(TransferURL("http://registry.example/a"))
        var request = TransferRequest(.get, url, fields: secret + [("Cookie", "a=b")])
        try request.redirect(to: location, remaining: 0)
        #expect(request.url.description != url.description)
        #expect(request.fields.map(\.name) == (areKept ? ["Authorization", "Accept", "Cookie"] : ["Accept"]))
    }

    @Test func credentialsDontComeBackWithTheWayBack() throws {
        let far = try ScriptedServer { request in .http(307, ["Location: \(request["X-Back"] ?? "")"]) }
        let near = try ScriptedServer { request in
            request.target == "/end"
                ? .http(200, text: "x") : .http(307, ["Location: http://\(far.host)/"])
        }
        let request = TransferRequest(.get, try url(near), fields: secret + [("X-Back", "http://\(near.host)/end")])
        _ = try TransferClient().collect(request, limit: 10)
        #expect(near.requests.map { $0["Authorization"] } == ["Basic eDp5", nil])
    }

    @Test func aLoopEnds() throws {
        let server = try ScriptedServer { _ in .http(302, ["Location: /again"]) }
        #expect(throws: TransferError.self) {
            _ = try TransferClient().collect(
                TransferRequest(.get, try url(server), redirects: .follow(most: 3)),
                limit: 9
            )
        }
        #expect(server.requests.count == 4)
    }

    @Test(arguments: ["ftp://127.0.0.1/", "file:///etc/passwd", "http://user:secret@127.0.0.1/", "http://"])
    func othersAreNotFollowed(location: String) throws {
        let server = try ScriptedServer([.http(302, ["Location: \(location)"])])
        #expect(throws: TransferError.self) {
            _ = try TransferClient().collect(TransferRequest(.get, try url(server)), limit: 9)
        }
        #expect(server.requests.count == 1)
    }

    @Test func uploadsAndWhoeverWantsToSeeThemAreHandedRedirects() throws {
        let server = try ScriptedServer { _ in .http(307, ["Location: /x"], text: "body") }
        let client = TransferClient()
        let put = try client.collect(TransferRequest(.put, try url(server), body: .bytes([1])), limit: 9)
        #expect(put.response.status == 307)
        let get = try client.collect(TransferRequest(.get, try url(server), redirects: .handOver), limit: 9)
        #expect(get.response.status == 307)
        #expect(get.body == Array("body".utf8))
    }

    @Test func urlsAreReadAsTheyAreConnectedTo() throws {
        let url = try #require(TransferURL("HTTPS://Example.COM/a/b?c#d"))
        #expect(url.origin == TransferURL.Origin(scheme: "https", host: "example.com", port: 443))
        #expect(url.resolving("../e")?.origin == url.origin)
        #expect(url.resolving("//other/")?.origin.host == "other")
        #expect(url.resolving("https://example.com:443/x")?.origin == url.origin)
        #expect(url.resolving("https://example.com:8443/x")?.origin != url.origin)
        #expect(TransferURL("example.com/a") == nil)
        #expect(TransferURL("https://a:b@example.com/") == nil)
        #expect(TransferURL("https://example.com/" + String(repeating: "a", count: 16 << 10)) == nil)
        #expect(TransferURL("https://[::1]:5000/")?.hostName == "::1")
    }
}
