import TestSupport
import Testing

@testable import Curl

/// Whom a transfer trusts, and to whom it shows itself.
struct TLSTests {
    private let authority: CertificateAuthority

    init() throws {
        authority = try CertificateAuthority()
    }

    private func get(
        _ server: OpenSSLServer,
        _ path: String = "/file",
        _ change: (inout TransferOptions) -> Void = { _ in }
    ) throws -> [UInt8] {
        var options = TransferOptions()
        options.caFile = authority.caFile
        change(&options)
        let url = try #require(TransferURL("https://\(server.host)\(path)"))
        return try TransferClient(options).collect(TransferRequest(.get, url), limit: 100).body
    }

    private func answer(_ body: String) -> String {
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test func onlyTheGivenAuthorityIsTrusted() throws {
        let server = try OpenSSLServer(authority.issue(["IP:127.0.0.1"]), files: ["file": answer("text")])
        #expect(try get(server) == Array("text".utf8))
        let stranger = try CertificateAuthority()
        let error = #expect(throws: TransferError.self) { try get(server) { $0.caFile = stranger.caFile } }
        guard case .tls(_, .unknownAuthority) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        let got = try get(server) { options in
            options.caFile = stranger.caFile
            options.insecure = true
        }
        #expect(got == Array("text".utf8))
    }

    @Test func nothingFallsFromHTTPSToHTTP() throws {
        let plain = try ScriptedServer { _ in .http(200, text: "secret") }
        let moved =
            "HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: http://\(plain.host)/\r\nContent-Length: 0\r\n\r\n"
        let server = try OpenSSLServer(authority.issue(["IP:127.0.0.1"]), files: ["file": moved])
        let error = #expect(throws: TransferError.self) { try get(server) }
        guard case .badRedirect = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(plain.requests.isEmpty)
    }

    @Test func aClientCertificateIsShownWhereItBelongs() throws {
        let own = try authority.issue(["DNS:client"])
        let server = try OpenSSLServer(
            authority.issue(["IP:127.0.0.1"]),
            files: ["file": answer("text")],
            clientCAFile: authority.caFile
        )
        let with: (inout TransferOptions) -> Void = {
            $0.certificateFile = own.certificateFile
            $0.keyFile = own.keyFile
        }
        #expect(try get(server, "/file", with) == Array("text".utf8))
        let error = #expect(throws: TransferError.self) { try get(server) }
        guard case .tls(_, .clientCertificateRequired) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        // Another origin that is redirected to gets no certificate, though it would take it.
        let moved =
            "HTTP/1.1 307 Moved\r\nConnection: close\r\nLocation: https://\(server.host)/file\r\nContent-Length: 0\r\n\r\n"
        let other = try OpenSSLServer(authority.issue(["IP:127.0.0.1"]), files: ["file": moved])
        #expect(throws: TransferError.tls(host: server.host, .clientCertificateRequired)) {
            try get(other, "/file", with)
        }
    }

    @Test func namesAndAddresses() throws {
        let server = try OpenSSLServer(authority.issue(["DNS:localhost"]), files: ["file": answer("text")])
        #expect(throws: TransferError.tls(host: server.host, .addressMismatch)) { try get(server) }
        let other = try OpenSSLServer(authority.issue(["IP:127.0.0.1"]), files: ["file": answer("text")])
        let port = other.host.split(separator: ":").last.map(String.init) ?? ""
        var options = TransferOptions()
        options.caFile = authority.caFile
        let url = try #require(TransferURL("https://localhost:\(port)/file"))
        #expect(throws: TransferError.tls(host: "localhost:\(port)", .nameMismatch)) {
            try TransferClient(options).collect(TransferRequest(.get, url), limit: 100)
        }
    }
}
