import Foundation

/// A certificate authority of a test's own, made by the openssl command.
package final class CertificateAuthority: Sendable {
    private let directory: TemporaryDirectory
    /// The authority's certificate (PEM).
    package let caFile: String

    package struct Pair: Sendable {
        package let certificateFile: String
        package let keyFile: String
    }

    package init() throws {
        directory = try TemporaryDirectory()
        caFile = directory.appending("ca.pem")
        try Command.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-subj", "/CN=test authority", "-keyout", directory.appending("ca.key"), "-out", caFile,
                "-addext", "keyUsage=critical,keyCertSign,cRLSign",
            ]
        )
    }

    /// Signs a certificate for these names: `DNS:localhost`, `IP:127.0.0.1`.
    ///
    /// - Parameters:
    ///   - rsa: with an RSA key of 2048 bits instead of one on P-256.
    ///   - extensions: further lines of openssl's extension file.
    package func issue(
        _ names: [String],
        expired: Bool = false,
        rsa: Bool = false,
        days: Int = 2,
        extensions further: [String] = []
    ) throws -> Pair {
        let id = UUID().uuidString
        let pair = Pair(
            certificateFile: directory.appending("\(id).pem"),
            keyFile: directory.appending("\(id).key")
        )
        let request = directory.appending("\(id).csr")
        let extensions = directory.appending("\(id).ext")
        try Command.run(
            "openssl",
            [
                "req", "-newkey", rsa ? "rsa:2048" : "ec", "-nodes", "-subj", "/CN=test",
                "-keyout", pair.keyFile, "-out", request,
            ] + (rsa ? [] : ["-pkeyopt", "ec_paramgen_curve:P-256"])
        )
        let alternatives = names.isEmpty ? "" : "subjectAltName=\(names.joined(separator: ","))\n"
        let lines = further.map { $0 + "\n" }.joined()
        try "basicConstraints=CA:FALSE\n\(alternatives)\(lines)".write(
            toFile: extensions,
            atomically: true,
            encoding: .utf8
        )
        // A negative number of days ends before it begins, so an expired one is made by signing for a day long past.
        var arguments = [
            "x509", "-req", "-in", request, "-CA", caFile, "-CAkey", directory.appending("ca.key"), "-CAcreateserial",
            "-extfile", extensions, "-out", pair.certificateFile,
        ]
        arguments += expired ? ["-days", "-1"] : ["-days", "\(days)"]
        try Command.run("openssl", arguments)
        return pair
    }
}
