import Foundation
import OpenSSL
import TestSupport
import Testing

@Suite struct CertificateTests {
    private let directory: TemporaryDirectory
    private let now = Int64(Date().timeIntervalSince1970)

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func write(_ bytes: [UInt8], _ name: String) throws -> String {
        let path = directory.appending(name)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    /// The paths of a self-signed pair for `names`.
    private func makePair(_ names: [String] = ["localhost"], prefix: String = "") throws -> (String, String) {
        let pair = try SelfSigned.make(names: names)
        return (try write(pair.certificate, prefix + "cert.pem"), try write(pair.key, prefix + "key.pem"))
    }

    private func failure(_ certificateFile: String, _ keyFile: String, now: Int64? = nil) -> CertificateError? {
        do throws(CertificateError) {
            _ = try TLSContext(certificateFile: certificateFile, keyFile: keyFile, now: now ?? self.now)
            return nil
        } catch {
            return error
        }
    }

    @Test func selfSignedCarriesItsNames() throws {
        let names = [
            "specman-service.hubble-system.svc", "localhost", "127.0.0.1", "::1", "fd00::1:0:0:1", "*.example.org",
        ]
        let (certificate, key) = try makePair(names)
        let facts = try CertificateFacts(ofFile: certificate)
        #expect(facts.names == names)
        #expect(facts.subject == "CN=specman-service.hubble-system.svc")
        #expect(facts.notBefore <= now - 3500)
        #expect(facts.notAfter > now + Int64(SelfSigned.validity - 1) * 86_400)
        #expect(failure(certificate, key) == nil)
    }

    @Test func opensslAgrees() throws {
        let (certificate, _) = try makePair(["localhost", "127.0.0.1"])
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = ["x509", "-in", certificate, "-noout", "-text"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(text.contains("DNS:localhost, IP Address:127.0.0.1"))
        #expect(text.contains("ASN1 OID: prime256v1"))
        #expect(text.contains("TLS Web Server Authentication"))
        #expect(text.contains("CA:FALSE"))
    }

    @Test(arguments: [[], [""], ["a b"], ["a,IP:1.2.3.4"], ["a\n"], ["*"], [String(repeating: "a", count: 254)]])
    func refusesWhatIsNoName(_ names: [String]) {
        #expect(throws: OpenSSLError.self) { try SelfSigned.make(names: names) }
    }

    @Test func namesTheFileAndTheRemedy() throws {
        let (certificate, key) = try makePair()
        let (otherCertificate, otherKey) = try makePair(prefix: "other-")
        let missing = directory.appending("missing.pem")
        let text = try write(Array("hello".utf8), "text.pem")

        #expect(failure(missing, key) == .unreadable(file: missing, reason: "No such file or directory"))
        #expect(failure(certificate, missing) == .unreadable(file: missing, reason: "No such file or directory"))
        guard case .unreadable = failure(directory.path, key) else {
            Issue.record("a directory was read")
            return
        }
        #expect(failure(text, key) == .notCertificate(file: text))
        #expect(failure(key, key) == .notCertificate(file: key))
        #expect(failure(certificate, text) == .notKey(file: text))
        #expect(failure(certificate, certificate) == .notKey(file: certificate))
        #expect(
            failure(certificate, otherKey) == .mismatch(certificateFile: certificate, keyFile: otherKey)
        )
        #expect(failure(otherCertificate, otherKey) == nil)
    }

    @Test func refusesAnExpiredCertificate() throws {
        let (certificate, key) = try makePair()
        let end = try CertificateFacts(ofFile: certificate).notAfter
        #expect(failure(certificate, key, now: end - 1) == nil)
        #expect(failure(certificate, key, now: end) == .expired(file: certificate, notAfter: end))
        let text = "\(CertificateError.expired(file: certificate, notAfter: 1_733_488_994))"
        #expect(text.contains("Dec  6 12:43:14 2024 GMT"))
        #expect(!text.contains("\n"))
    }

    @Test func takesPairAndChainFromOneFile() throws {
        let pair = try SelfSigned.make(names: ["localhost"])
        let other = try SelfSigned.make(names: ["other"])
        let both = try write(pair.certificate + other.certificate + pair.key, "both.pem")
        #expect(failure(both, both) == nil)
    }

    @Test func neverAsksForAPassphrase() throws {
        let (certificate, key) = try makePair()
        let locked = directory.appending("locked.pem")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = ["pkey", "-in", key, "-aes128", "-passout", "pass:x", "-out", locked]
        try process.run()
        process.waitUntilExit()
        #expect(failure(certificate, locked) == .notKey(file: locked))
    }
}
