import Foundation
import TestSupport
import Testing

/// What scanners find on the TLS port.
///
/// With a certificate as an authority would sign it: that the self-signed one is not trusted is no finding about us.
@Suite(.serialized) struct TLSScanTests {
    private struct Target {
        let directory: TemporaryDirectory
        let authority: CertificateAuthority
        let site: RunningSite

        init(rsa: Bool) throws {
            directory = try TemporaryDirectory()
            authority = try CertificateAuthority()
            let pair = try authority.issue(
                ["DNS:localhost", "IP:127.0.0.1"],
                rsa: rsa,
                days: 80,
                extensions: [
                    "keyUsage=digitalSignature", "extendedKeyUsage=serverAuth",
                    "crlDistributionPoints=URI:http://crl.example/ca.crl",
                ]
            )
            site = try RunningSite(
                source: ["repository: oci-layout:/nowhere"],
                listener: ["certificateFile: \(pair.certificateFile)", "keyFile: \(pair.keyFile)"],
                in: directory
            )
        }
    }

    @Test(arguments: [false, true])
    func sslyzeFindsMozillasIntermediateProfileMet(rsa: Bool) throws {
        let target = try Target(rsa: rsa)
        let python = try #require(
            ProcessInfo.processInfo.environment["SPECMAN_TEST_PYTHON"],
            "run the tests by Tests/run.sh, which installs sslyze"
        )
        let file = target.directory.appending("sslyze.json")
        let output = try Command.output(
            python,
            [
                "-m", "sslyze", "--mozilla_config", "intermediate", "--certinfo_ca_file", target.authority.caFile,
                "--json_out", file, "localhost:\(target.site.port)",
            ]
        )
        #expect(output.status == 0, "\(output.text)\(output.err)")
        #expect(output.text.contains("OK - Compliant."), "\(output.text)")
        // It says so of a server that it could not reach, too.
        // As text: the modulus of an RSA key is a number that Foundation's parser doesn't take.
        let document = try String(contentsOfFile: file, encoding: .utf8)
        let states = document.matches(of: /"scan_status": "(\w+)"/).map { String($0.1) }
        #expect(states == ["COMPLETED"], "\(states)")
        #expect(target.site.daemon.stop() == 0)
    }

    private static let harmless: Set<String> = ["OK", "INFO", "LOW", "WARN"]

    private func scan(_ target: Target, _ arguments: [String]) throws -> [(
        id: String, severity: String, finding: String
    )] {
        let file = target.directory.appending("testssl.json")
        let output = try Command.output(
            "testssl",
            arguments + [
                "--quiet", "--color", "0", "--warnings", "off", "--add-ca", target.authority.caFile, "--jsonfile", file,
                "https://127.0.0.1:\(target.site.port)",
            ]
        )
        let document = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: file)))
        let list = try #require(document as? [[String: Any]], "\(output.text)\(output.err)")
        return list.map {
            ($0["id"] as? String ?? "", $0["severity"] as? String ?? "", $0["finding"] as? String ?? "")
        }
    }

    /// Protocols, ciphers, certificate, key exchange and HTTP fields: what depends on us.
    @Test func testsslHasNothingAboveLow() throws {
        let target = try Target(rsa: false)
        let findings = try scan(target, ["-p", "-s", "-f", "-S", "-h"])
        for finding in findings {
            #expect(Self.harmless.contains(finding.severity), "\(finding.severity) \(finding.id): \(finding.finding)")
        }
        // It has looked, and not given up on the way.
        let found = Dictionary(findings.map { ($0.id, $0.finding) }) { first, _ in first }
        #expect(found["TLS1"] == "not offered" && found["TLS1_2"] == "offered")
        #expect(found["TLS1_3"]?.hasPrefix("offered") == true)
        // The name of the second differs between releases of testssl.
        #expect((found["PFS"] ?? found["FS"]) == "offered" && found["HSTS_time"] != nil)
        #expect(target.site.daemon.stop() == 0)
    }

    /// Everything that it knows: each vulnerability, each cipher, each client. Some minutes.
    @Test(.enabled(if: LongTests.areWanted), arguments: [false, true])
    func testsslHasNothingAboveLowInAll(rsa: Bool) throws {
        let target = try Target(rsa: rsa)
        let findings = try scan(target, [])
        for finding in findings {
            #expect(Self.harmless.contains(finding.severity), "\(finding.severity) \(finding.id): \(finding.finding)")
        }
        #expect(findings.contains { $0.id == "heartbleed" } && findings.contains { $0.id == "cipher_order" })
        #expect(target.site.daemon.stop() == 0)
    }
}
