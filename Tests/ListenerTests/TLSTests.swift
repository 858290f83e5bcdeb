import Foundation
import HTTP
import Listener
import OpenSSL
import Platform
import TestSupport
import Testing

@Suite struct TLSTests {
    private let responder = TestResponder(TestResponder.echo)

    @Test(arguments: ["--tlsv1.2", "--tlsv1.3"])
    func speaksBothVersions(_ version: String) throws {
        let server = try TestServer(responder)
        let maximum = version == "--tlsv1.2" ? "1.2" : "1.3"
        let (status, output) = try server.curl("/", [version, "--tls-max", maximum, "-w", " %{http_version}"])
        #expect(status == 0)
        #expect(String(decoding: output, as: UTF8.self) == "get / 0 1.1")
    }

    @Test func refusesOlderVersions() throws {
        let server = try TestServer(responder)
        let (status, _) = try server.curl("/", ["--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0"])
        #expect(status != 0)
        #expect(server.server.statistics.handshakesFailed == 1)
        #expect(server.server.statistics.handshakesSucceeded == 0)
    }

    @Test(arguments: ["-tls1_2", "-tls1_3"])
    func resumesSessionsOnEveryLoop(_ version: String) throws {
        let server = try TestServer(responder)
        let ticket = server.directory.appending("ticket")
        let request = Data("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".utf8)
        let arguments = ["s_client", version, "-ign_eof", "-connect", "127.0.0.1:\(server.port)"]
        let first = try run("openssl", arguments + ["-sess_out", ticket], input: request)
        #expect(String(decoding: first.output, as: UTF8.self).contains("New, "))
        // One after the other goes to each of the loops.
        for _ in 0..<2 {
            let next = try run("openssl", arguments + ["-sess_in", ticket], input: request)
            let text = String(decoding: next.output, as: UTF8.self)
            #expect(text.contains("Reused, "))
            // With TLS 1.3 each is shown once only; and the client's last message waits for an answer.
            #expect(text.contains("New Session Ticket arrived") == (version == "-tls1_3"))
        }
    }

    /// A client may ask for another handshake within a connection, as often as it likes; each would cost the server more
    /// than the client (CVE-2011-1473).
    @Test func refusesToRenegotiate() throws {
        let server = try TestServer(responder)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["timeout", "60", "openssl", "s_client", "-tls1_2", "-msg", "-connect"]
        process.arguments?.append("127.0.0.1:\(server.port)")
        let (feed, output) = (Pipe(), Pipe())
        process.standardInput = feed
        process.standardOutput = output
        process.standardError = output
        try process.run()
        // Has the client ask; it gives up where it is refused, while its input stays open.
        try feed.fileHandleForWriting.write(contentsOf: Data("R\n".utf8))
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(text.contains("RENEGOTIATING"))
        #expect(text.contains("no_renegotiation"))
        #expect(server.server.statistics.handshakesSucceeded == 1)
    }

    @Test func endsGarbageAndGoesOn() throws {
        let server = try TestServer(responder)
        for garbage in [
            "GET / HTTP/1.1\r\nHost: h\r\n\r\n", "\u{16}\u{3}\u{1}\u{0}\u{1}x", String(repeating: "z", count: 9000),
        ] {
            var client = try RawClient(port: server.port)
            try client.send(garbage)
            client.finishSending()
            _ = try? client.rest()  // It may end with a reset.
        }
        #expect(try server.curl("/").status == 0)
        #expect(server.server.statistics.handshakesSucceeded == 1)
    }

    @Test func endsGarbageBehindAHandshake() throws {
        let server = try TestServer(responder)
        // Not sealed, too long, sealed with nothing.
        let garbage: [[UInt8]] = [
            [21, 3, 3, 0, 2, 1, 0], [23, 3, 3, 255, 255], [23, 3, 3, 0, 17] + Array(repeating: 0, count: 17),
        ]
        for garbage in garbage {
            let client = try RawConnection(port: Int(server.port))
            try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
            #expect(try client.answer().status == 200)
            try client.sendUnsealed(garbage)
            #expect(client.rest().isEmpty)
        }
        while server.server.statistics.connections > 0 { Thread.sleep(forTimeInterval: 0.01) }
        #expect(try server.curl("/").status == 0)
    }

    @Test func saysGoodbye() throws {
        let server = try TestServer(responder)
        let request = Data("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".utf8)
        let arguments = ["s_client", "-quiet", "-msg", "-ign_eof", "-connect", "127.0.0.1:\(server.port)"]
        let text = String(decoding: try run("openssl", arguments, input: request).output, as: UTF8.self)
        #expect(text.contains("<<< TLS 1.3, Alert [length 0002], warning close_notify"))
    }

    @Test func takesAnotherCertificateForNewConnections() throws {
        let server = try TestServer(responder)
        let old = server.authority
        #expect(try server.curl("/").status == 0)
        let other = try TemporaryDirectory()
        let context = try TestServer.makeContext(in: other)
        server.server.replaceTLS(of: 0, with: context)
        for _ in 0..<2 {
            let arguments = ["-sS", "--cacert", other.appending("certificate.pem")]
            #expect(try run("curl", arguments + ["https://localhost:\(server.port)/"]).status == 0)
            #expect(try run("curl", ["-sS", "--cacert", old, "https://localhost:\(server.port)/"]).status != 0)
        }
    }

    @Test func countsWhatItDoes() throws {
        let server = try TestServer(responder)
        _ = try server.curl("/a")
        _ = try server.curl("/b", ["-I"])
        var client = try server.connect()
        try client.send("nonsense\r\n")
        client.finishSending()
        _ = try client.rest()
        let statistics = server.server.statistics
        #expect(statistics.handshakesSucceeded == 2)
        #expect(
            statistics.requests == [
                .init(method: "GET", code: 200, count: 1), .init(method: "HEAD", code: 200, count: 1),
                .init(method: "none", code: 400, count: 1),
            ]
        )
        #expect(statistics.durationCounts.reduce(0, +) == 3)
        #expect(statistics.durationCounts.count == statistics.durationBounds.count + 1)
        #expect(statistics.responseBytes > 200)
    }
}
