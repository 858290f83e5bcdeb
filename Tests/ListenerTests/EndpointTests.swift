import Foundation
import HTTP
import Listener
import OpenSSL
import Platform
import TestSupport
import Testing

@Suite struct EndpointTests {
    private let responder = TestResponder(TestResponder.echo)

    private func failure(_ endpoints: [Endpoint]) -> ListenerError? {
        do throws(ListenerError) {
            _ = try Server(endpoints: endpoints, responders: endpoints.map { _ in responder })
            return nil
        } catch {
            return error
        }
    }

    @Test func namesThePortInUse() throws {
        let server = try TestServer(responder)
        let address = "127.0.0.1:\(server.plainPort)"
        #expect(failure([.plain(address)]) == .inUse(address))
        let text = "\(ListenerError.inUse(address))"
        #expect(text.contains(address))
        #expect(!text.contains("\n"))
    }

    @Test(arguments: ["", "8443", "host:1", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:80", "[::1]", "[x]:1"])
    func refusesWhatIsNoAddress(_ text: String) {
        #expect(failure([.plain(text)]) == .badAddress(text))
    }

    @Test func refusesForeignAddresses() {
        #expect(failure([.plain("192.0.2.1:0")]) == .notLocal("192.0.2.1:0"))
    }

    @Test func takesBothFamiliesOnOneSocket() throws {
        let server = try Server(endpoints: [.plain("[::]:0")], responders: [responder])
        server.start()
        defer { server.stop(drainTimeout: .zero) }
        var client = try RawClient(port: server.boundAddress(of: 0).port)
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try client.answer().head.hasPrefix("HTTP/1.1 200 "))
    }

    @Test func replacesAStaleUnixSocketOnly() throws {
        let directory = try TemporaryDirectory()
        let path = directory.appending("sock")
        // Bound and closed without removing the name: as a killed process leaves it.
        _ = try Socket.listen(on: .unix(path: path))
        let server = try Server(endpoints: [.unix(path)], responders: [responder])
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(failure([.unix(path)]) == .inUse(path))
        server.start()
        var client = try RawClient(path: path)
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try client.answer().head.hasPrefix("HTTP/1.1 200 "))
        server.stop(drainTimeout: .zero)
        try Data("not a socket".utf8).write(to: URL(fileURLWithPath: path))
        #expect(failure([.unix(path)]) == .inUse(path))
        #expect(FileManager.default.fileExists(atPath: path))
    }

    @Test func wantsAResponderForEachEndpoint() {
        #expect(throws: ListenerError.unmatchedResponders(endpoints: 1, responders: 0)) {
            _ = try Server(endpoints: [.plain("127.0.0.1:0")], responders: [])
        }
    }

    @Test func leavesFurtherConnectionsInTheQueue() throws {
        var limits = ServerLimits()
        limits.maxConnections = 2
        limits.maxConnectionsOfOneClient = 2
        let server = try TestServer(responder, limits: limits)
        var kept: RawClient? = try server.connect()
        try kept?.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n")
        _ = try kept?.answer()
        var second = try server.connect()
        try second.send("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n")
        _ = try second.answer()
        var third = try server.connect()
        try third.send("GET /3 HTTP/1.1\r\nHost: h\r\n\r\n")
        // Fewer where the machine is so slow that an idle one has given way already.
        #expect(server.server.statistics.connections <= 2)
        kept = nil
        #expect(String(decoding: try third.answer().body, as: UTF8.self) == "get /3 0")
    }
}
