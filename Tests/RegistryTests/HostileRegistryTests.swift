import Content
import TestSupport
import Testing

@testable import Registry

/// What a registry that means harm, or an outage, may try, beside what the tests of each part have.
struct HostileRegistryTests {
    /// CVE-2020-15157: a descriptor that says where else its bytes are is asked for where it belongs, and nowhere else.
    @Test func urlsOfADescriptorAreNotAsked() throws {
        let foreign = try ScriptedServer { _ in .http(200, body: [1, 2, 3]) }
        let blob = try Fixture.descriptor([1, 2, 3])
        let text =
            #"{"layers":[{"mediaType":"\#(MediaType.layer)","digest":"\#(blob.digest)","size":3,"#
            + #""urls":["http://\#(foreign.host)/blob"]}]}"#
        let server = try ScriptedServer { request in
            request.target.contains("/manifests/") ? .http(200, text: text) : .http(404)
        }
        let client = try Fixture.client(server) { $0.credentials = .basic(username: "u", password: "p") }
        let layer = try #require(
            try client.manifest(.tag(Fixture.tag("1")), before: Fixture.deadline).layers.first
        )
        #expect(throws: RegistryError.noSuchBlob(blob.digest, location: "\(client.location)")) {
            try client.blob(layer, from: 0, before: Fixture.deadline) { _ in }
        }
        #expect(server.requests.last?.target == "/v2/a/b/blobs/\(blob.digest)")
        #expect(foreign.requests.isEmpty)
    }

    @Test func moreTagsThanAnyRepositoryHasAreRefused() throws {
        let most = DistributionClient.mostTags
        func error(_ count: Int) throws -> RegistryError? {
            let tags = (0..<count).map { "\"t\($0)\"" }.joined(separator: ",")
            let server = try ScriptedServer([.http(200, text: "{\"tags\":[\(tags)]}")])
            let client = try Fixture.client(server)
            do {
                _ = try client.tags(before: Fixture.deadline)
                return nil
            } catch {
                return error
            }
        }
        #expect(try error(most) == nil)
        guard case .endlessTagList = try error(most + 1) else {
            Issue.record("taken")
            return
        }
    }

    @Test func aPageWithoutEndIsRefused() throws {
        let head = Array("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".utf8)
        let page = [UInt8](repeating: UInt8(ascii: " "), count: DistributionClient.pageLimit + 1)
        let server = try ScriptedServer([.bytes(head + page)])
        let error = #expect(throws: RegistryError.self) {
            try Fixture.client(server).tags(before: Fixture.deadline)
        }
        guard case .tooLarge = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    /// 429, 408 and 5xx pass; others don't, and aren't asked for again.
    @Test(arguments: [408, 429, 500, 502, 503, 504]) func whatMayPassIsTriedAgain(status: Int) throws {
        let server = try ScriptedServer { _ in .http(status) }
        #expect(throws: RegistryError.self) { try Fixture.client(server).tags(before: Fixture.deadline) }
        #expect(server.requests.count == Fixture.options.retry.attempts)
    }

    @Test(arguments: [400, 403, 404, 410, 418]) func whatDoesNotIsAskedOnce(status: Int) throws {
        let server = try ScriptedServer { _ in .http(status) }
        #expect(throws: RegistryError.self) { try Fixture.client(server).tags(before: Fixture.deadline) }
        #expect(server.requests.count == 1)
    }
}
