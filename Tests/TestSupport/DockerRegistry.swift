import Foundation
import Glibc

/// Debian's docker-registry on a port of its own, stopped when the test lets go of it.
package final class DockerRegistry: @unchecked Sendable {
    // Each registry belongs to one test, which touches it from one thread.
    private var process: Process
    private let directory: TemporaryDirectory
    /// Kept, as its files go with it.
    private var authority: CertificateAuthority?
    /// `127.0.0.1:PORT`; the same after a ``stop()`` and a ``start()``.
    package let host: String
    /// The authority to trust; `nil` where it speaks plain HTTP.
    package var caFile: String? { authority?.caFile }
    package let username: String?
    package private(set) var password: String?

    package struct NotStarted: Error, CustomStringConvertible {
        package let description: String
    }

    /// - Parameters:
    ///   - authority: signs a certificate for 127.0.0.1 and localhost; `nil` for plain HTTP.
    ///   - password: of the user; `nil` for no authentication.
    ///   - user: who has that password.
    ///   - tokens: whose tokens are asked for; `nil` for none.
    ///   - names: what the certificate is for.
    ///   - expired: whether its time is over.
    ///   - origin: the URL of the registry that this one is a pull-through mirror of; `nil` for none.
    package init(
        authority: CertificateAuthority? = nil,
        password: String? = nil,
        user: String = "reader",
        tokens: TokenServer? = nil,
        names: [String] = ["IP:127.0.0.1", "DNS:localhost"],
        expired: Bool = false,
        origin: String? = nil
    ) throws {
        directory = try TemporaryDirectory()
        self.authority = authority
        self.password = password
        username = password.map { _ in user }
        var configuration = """
            version: 0.1
            log: {level: info, accesslog: {disabled: true}}
            storage:
              filesystem: {rootdirectory: \(directory.appending("storage"))}
              delete: {enabled: true}
            http:
              addr: 127.0.0.1:PORT
              secret: nothing

            """
        if let authority {
            try Self.present(try authority.issue(names, expired: expired), in: directory)
            let files = (directory.appending("tls.crt"), directory.appending("tls.key"))
            configuration += "  tls: {certificate: \(files.0), key: \(files.1)}\n"
        }
        if let password {
            try Self.write(user, password, in: directory)
            let file = directory.appending("htpasswd")
            configuration += "auth:\n  htpasswd: {realm: \"a, realm\", path: \(file)}\n"
        }
        if let origin { configuration += "proxy: {remoteurl: \"\(origin)\"}\n" }
        if let tokens {
            configuration += """
                auth:
                  token:
                    realm: \(tokens.realm)
                    service: "\(tokens.service)"
                    issuer: \(tokens.issuer)
                    rootcertbundle: \(tokens.certificateFile)

                """
        }
        try configuration.write(toFile: directory.appending("config.yml"), atomically: true, encoding: .utf8)
        let (process, port) = try Self.launch(in: directory, port: "0")
        self.process = process
        host = "127.0.0.1:\(port)"
    }

    /// The directory that holds `docker/registry/v2`, for tests that write or damage what is stored.
    package var storage: String { directory.appending("storage") }

    /// Ends the registry; what it stores stays.
    package func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    /// Starts it again on the same port.
    package func start() throws {
        process = try Self.launch(in: directory, port: String(host.drop { $0 != ":" }.dropFirst())).process
    }

    /// From now on only this password is taken; the file is read again when it changes.
    package func change(password: String) throws {
        try Self.write(username ?? "reader", password, in: directory)
        self.password = password
    }

    /// Begins again on the same port with a certificate that another authority has signed.
    package func restart(signedBy authority: CertificateAuthority) throws {
        stop()
        try Self.present(try authority.issue(["IP:127.0.0.1", "DNS:localhost"]), in: directory)
        self.authority = authority
        try start()
    }

    private static func write(_ user: String, _ password: String, in directory: TemporaryDirectory) throws {
        let line = try Command.run("htpasswd", ["-Bbn", "-C", "4", user, password]).out
        try Data(line).write(to: URL(fileURLWithPath: directory.appending("htpasswd")))
    }

    private static func present(_ pair: CertificateAuthority.Pair, in directory: TemporaryDirectory) throws {
        for (from, to) in [(pair.certificateFile, "tls.crt"), (pair.keyFile, "tls.key")] {
            try Data(contentsOf: URL(fileURLWithPath: from))
                .write(to: URL(fileURLWithPath: directory.appending(to)))
        }
    }

    private static func launch(in directory: TemporaryDirectory, port: String) throws -> (
        process: Process, port: String
    ) {
        let template = try String(contentsOfFile: directory.appending("config.yml"), encoding: .utf8)
        let file = directory.appending("config-\(port).yml")
        try template.replacing("127.0.0.1:PORT", with: "127.0.0.1:\(port)")
            .write(toFile: file, atomically: true, encoding: .utf8)
        let log = directory.appending("log")
        try Data().write(to: URL(fileURLWithPath: log))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["docker-registry", "serve", file]
        let output = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        do {
            return (process, try self.port(in: log, of: process))
        } catch {
            kill(process.processIdentifier, SIGKILL)
            throw error
        }
    }

    deinit {
        // Children of a test's thread inherit its blocked signals, so that only this one ends them for certain.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Waits until the log names the address: from then on the socket takes connections.
    private static func port(in log: String, of process: Process) throws -> String {
        let patience = ContinuousClock.now + .seconds(30)
        while process.isRunning, ContinuousClock.now < patience {
            let text = try String(contentsOfFile: log, encoding: .utf8)
            if let start = text.firstRange(of: "listening on 127.0.0.1:") {
                let port = text[start.upperBound...].prefix(while: \.isNumber)
                // The line may still be on its way.
                if text[start.upperBound...].dropFirst(port.count).first != nil { return String(port) }
            }
            Thread.sleep(forTimeInterval: 0.02)
        }
        throw NotStarted(description: try String(contentsOfFile: log, encoding: .utf8))
    }
}
