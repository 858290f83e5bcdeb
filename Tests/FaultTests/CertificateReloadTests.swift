import Foundation
import TestSupport
import Testing

/// A certificate that is renewed under the daemon, as a mounted Secret is: a symbolic link that is swapped.
@Suite struct CertificateReloadTests {
    private func subject(_ site: RunningSite) throws -> String {
        try Command.run(
            "sh",
            [
                "-c",
                "openssl s_client -connect 127.0.0.1:\(site.port) </dev/null 2>/dev/null | openssl x509 -noout -ext "
                    + "subjectAltName",
            ]
        ).text
    }

    private func mount(_ pair: (certificateFile: String, keyFile: String), _ version: String, in secret: String) throws
    {
        let directory = secret + "/" + version
        try Command.run("mkdir", ["-p", directory])
        try Command.run("cp", [pair.certificateFile, directory + "/tls.crt"])
        try Command.run("cp", [pair.keyFile, directory + "/tls.key"])
        try Command.run("ln", ["-sfn", version, secret + "/..new"])
        try Command.run("mv", ["-T", secret + "/..new", secret + "/..data"])
    }

    @Test func aRenewedPairIsServedAndABadOneIsNot() throws {
        let directory = try TemporaryDirectory()
        let authority = try CertificateAuthority()
        let secret = directory.appending("secret")
        let first = try authority.issue(["DNS:first.example"])
        let second = try authority.issue(["DNS:second.example"])
        try mount((first.certificateFile, first.keyFile), "1", in: secret)
        let site = try RunningSite(
            source: ["repository: oci-layout:/nowhere"],
            listener: ["certificateFile: \(secret)/..data/tls.crt", "keyFile: \(secret)/..data/tls.key"],
            in: directory
        )
        #expect(try subject(site).contains("first.example"))

        // The key of another certificate: refused, and the old pair stays.
        try mount((second.certificateFile, first.keyFile), "2", in: secret)
        site.daemon.kill(SIGHUP)
        let line = try site.daemon.wait(forLine: "keeping the certificate that is served")
        #expect(line.contains("does not belong"), "\(line)")
        #expect(try subject(site).contains("first.example"))

        // Without a signal: the files are looked at now and then.
        try mount((second.certificateFile, second.keyFile), "3", in: secret)
        try site.daemon.wait(forLine: "Serving another certificate")
        #expect(try subject(site).contains("second.example"))
        #expect(site.daemon.stop() == 0)
    }
}
