import Foundation
import HTTP
import Listener
import OpenSSL
import Platform
import TestSupport
import Testing

/// Sessions that are resumed, and clients that have to show a certificate.
struct ClientCertificateTests {
    private struct Site {
        let authority: CertificateAuthority
        let directory: TemporaryDirectory
        let pair: CertificateAuthority.Pair
        let context: TLSContext
        let server: Server

        static var now: Int64 { Int64(Date().timeIntervalSince1970) }
        var port: UInt16 { server.boundAddress(of: 0).port }

        init(clientCAFile: String? = nil) throws {
            authority = try CertificateAuthority()
            directory = try TemporaryDirectory()
            pair = try authority.issue(["DNS:localhost", "IP:127.0.0.1"])
            context = try TLSContext(
                certificateFile: pair.certificateFile,
                keyFile: pair.keyFile,
                clientCAFile: clientCAFile,
                now: Self.now
            )
            server = try Server(
                endpoints: [.tls("127.0.0.1:0", context)],
                responders: [TestResponder(TestResponder.echo)],
                loops: 2
            )
            server.start()
        }

        func curl(_ arguments: [String]) throws -> Command.Output {
            try Command.output(
                "curl",
                ["-sS", "--max-time", "60", "--cacert", authority.caFile] + arguments
                    + ["https://localhost:\(port)/"]
            )
        }

        /// One connection that keeps its session in a file, or resumes that; whether it was resumed.
        func resumes(_ session: String, _ arguments: [String], keep: Bool) throws -> Bool {
            let file = directory.appending(session)
            let line =
                "printf 'GET / HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n' | openssl s_client -ign_eof -connect "
                + "127.0.0.1:\(port) -CAfile \(authority.caFile) \(arguments.joined(separator: " ")) "
                + "\(keep ? "-sess_out" : "-sess_in") \(file) 2>&1"
            let text = try Command.output("sh", ["-c", line]).text
            try #require(text.contains("200 OK"), "\(text)")
            return text.contains("\nReused, ")
        }

        func replace(_ context: TLSContext) { server.replaceTLS(of: 0, with: context) }
    }

    @Test func onlyClientsOfTheAuthorityGetIn() throws {
        let clients = try CertificateAuthority()
        let own = try clients.issue([])
        let other = try CertificateAuthority().issue([])
        let site = try Site(clientCAFile: clients.caFile)
        #expect(try site.curl(["--cert", own.certificateFile, "--key", own.keyFile]).text.hasPrefix("get /"))
        for arguments in [[], ["--cert", other.certificateFile, "--key", other.keyFile]] {
            for version in ["1.2", "1.3"] {
                let output = try site.curl(arguments + ["--tlsv\(version)", "--tls-max", version])
                #expect(output.status != 0)
                #expect(output.text.isEmpty)
            }
        }
        site.server.stop(drainTimeout: .zero)
    }

    /// Both versions: with 1.3 the ticket comes after the handshake, with 1.2 in it.
    @Test(arguments: ["-tls1_2", "-tls1_3"])
    func sessionsOutliveARenewalOfTheCertificate(version: String) throws {
        let site = try Site()
        #expect(try !site.resumes("a", [version], keep: true))
        #expect(try site.resumes("a", [version], keep: false))
        let renewed = try site.authority.issue(["DNS:localhost", "IP:127.0.0.1"])
        site.replace(
            try TLSContext(
                certificateFile: renewed.certificateFile,
                keyFile: renewed.keyFile,
                now: Site.now,
                replacing: site.context
            )
        )
        #expect(try site.resumes("a", [version], keep: false))
        // A context that follows on nothing knows none of the tickets.
        site.replace(
            try TLSContext(certificateFile: renewed.certificateFile, keyFile: renewed.keyFile, now: Site.now)
        )
        #expect(try !site.resumes("a", [version], keep: false))
        site.server.stop(drainTimeout: .zero)
    }

    @Test(arguments: ["-tls1_2", "-tls1_3"])
    func ticketsOutliveOneChangeOfKeysAndNoSecond(version: String) throws {
        let site = try Site()
        #expect(try !site.resumes("a", [version], keep: true))
        // Not due yet: nothing changes, however often it is asked for.
        for _ in 0..<3 { try site.context.rotateTicketKeys(now: Site.now + 3600) }
        #expect(try site.resumes("a", [version], keep: false))
        try site.context.rotateTicketKeys(now: Site.now + 5 * 3600)
        #expect(try site.resumes("a", [version], keep: false))
        #expect(try !site.resumes("b", [version], keep: true))
        try site.context.rotateTicketKeys(now: Site.now + 10 * 3600)
        #expect(try !site.resumes("a", [version], keep: false))
        #expect(try site.resumes("b", [version], keep: false))
        site.server.stop(drainTimeout: .zero)
    }

    /// A resumed session isn't checked again: it must not let anybody in whom the authority in force doesn't know.
    @Test func anotherAuthorityEndsAllSessions() throws {
        let clients = try CertificateAuthority()
        let own = try clients.issue([])
        let site = try Site(clientCAFile: clients.caFile)
        let shown = ["-tls1_3", "-cert", own.certificateFile, "-key", own.keyFile]
        #expect(try !site.resumes("a", shown, keep: true))
        #expect(try site.resumes("a", ["-tls1_3"], keep: false))
        func context(_ file: String) throws -> TLSContext {
            try TLSContext(
                certificateFile: site.pair.certificateFile,
                keyFile: site.pair.keyFile,
                clientCAFile: file,
                now: Site.now,
                replacing: site.context
            )
        }
        let both = site.directory.appending("both.pem")
        let other = try CertificateAuthority()
        try Command.run("sh", ["-c", "cat \(clients.caFile) \(other.caFile) > \(both)"])
        site.replace(try context(both))
        #expect(try !site.resumes("a", shown, keep: false))
        site.server.stop(drainTimeout: .zero)
    }

    /// Nor must a session outlive the certificate that was shown for it.
    @Test(arguments: ["-tls1_2", "-tls1_3"])
    func noSessionOutlivesTheClientsCertificate(version: String) throws {
        let clients = try CertificateAuthority()
        let own = try clients.issue([], days: 1)
        let site = try Site(clientCAFile: clients.caFile)
        let shown = [version, "-cert", own.certificateFile, "-key", own.keyFile]
        #expect(try !site.resumes("a", shown, keep: true))
        try site.context.rotateTicketKeys(now: Site.now + 3600)
        #expect(try site.resumes("a", [version], keep: false))
        // The key that opens the ticket is still there, as the clock goes on by this one step.
        try site.context.rotateTicketKeys(now: Site.now + 25 * 3600)
        #expect(try !site.resumes("a", shown, keep: false))
        site.server.stop(drainTimeout: .zero)
    }

    @Test func aFileWithoutAuthoritiesIsRefused() throws {
        let directory = try TemporaryDirectory()
        let authority = try CertificateAuthority()
        let pair = try authority.issue(["DNS:localhost"])
        let empty = directory.appending("empty.pem")
        try Data().write(to: URL(fileURLWithPath: empty))
        #expect(throws: CertificateError.notCertificate(file: empty)) {
            try TLSContext(
                certificateFile: pair.certificateFile,
                keyFile: pair.keyFile,
                clientCAFile: empty,
                now: Site.now
            )
        }
    }
}
