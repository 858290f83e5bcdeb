import Foundation
import Listener
import OpenSSL
import TestSupport
import Testing

@Suite struct SelfSignedPairTests {
    private let now = Int64(Date().timeIntervalSince1970)

    @Test func isMadeOnceAndKept() throws {
        let directory = try TemporaryDirectory()
        let path = directory.appending("tls")
        let first = try SelfSignedPair.context(in: path, names: ["localhost", "::1"], now: now)
        #expect(first.certificate.names == ["localhost", "::1"])
        let mode = try FileManager.default.attributesOfItem(atPath: path + "/tls.key")[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path + "/tls.crt"))
        let second = try SelfSignedPair.context(in: path, names: ["other"], now: now)
        #expect(second.certificate.names == ["localhost", "::1"])
        #expect(try Data(contentsOf: URL(fileURLWithPath: path + "/tls.crt")) == bytes)
    }

    @Test func isMadeAnewWhereItCanNotBeUsed() throws {
        let directory = try TemporaryDirectory()
        _ = try SelfSignedPair.context(in: directory.path, names: ["a"], now: now)
        try Data("torn".utf8).write(to: URL(fileURLWithPath: directory.appending("tls.crt")))
        #expect(try SelfSignedPair.context(in: directory.path, names: ["b"], now: now).certificate.names == ["b"])
    }

    @Test func namesTheFileThatCanNotBeWritten() throws {
        let directory = try TemporaryDirectory()
        try Data().write(to: URL(fileURLWithPath: directory.appending("tls")))
        #expect {
            try SelfSignedPair.context(in: directory.appending("tls/x"), names: ["a"], now: now)
        } throws: { error in
            "\(error)".contains(directory.appending("tls/x/tls.crt")) && !"\(error)".contains("\n")
        }
    }
}
