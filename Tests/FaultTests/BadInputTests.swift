import Foundation
import TestSupport
import Testing

/// What goes wrong in the field: each ends in one line that says what was attempted, on what, why, and what to do; and
/// what was served before stays served.
@Suite struct BadInputTests {
    /// Runs a command that must fail, and gives its one line.
    private func line(_ arguments: [String], status: Int32, input: String = "") throws -> String {
        let output = try Command.output(
            DaemonProcess.executable.path,
            arguments,
            input: Array(input.utf8),
            environment: ["SWIFT_BACKTRACE": "enable=no"]
        )
        #expect(output.status == status, "\(output.text)\(output.err)")
        let lines = output.err.split(separator: "\n")
        #expect(lines.count == 1, "\(output.err)")
        return String(lines.first ?? "")
    }

    private func configuration(
        _ directory: TemporaryDirectory,
        source: [String] = ["repository: oci-layout:/nowhere"],
        storage: [String] = [],
        listener: [String] = []
    ) throws -> String {
        let file = directory.appending("specman.yaml")
        let text = RunningSite.configuration(
            source: source,
            storage: storage.isEmpty ? ["directory: \(directory.appending("volume"))"] : storage,
            listener: listener.isEmpty ? ["address: 127.0.0.1:0"] : listener
        )
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }

    @Test func unknownKey() throws {
        let directory = try TemporaryDirectory()
        let file = try configuration(directory, source: ["repositry: a/b"])
        let text = try line(["serve", "--config", file], status: 78)
        #expect(text.contains("\(file):2"), "\(text)")
        #expect(text.contains("source.repositry"))
        #expect(text.contains("did you mean source.repository?"))
    }

    @Test func noRepository() throws {
        let directory = try TemporaryDirectory()
        let file = try configuration(directory, source: ["interval: 1s"])
        #expect(try line(["serve", "--config", file], status: 78).contains("source.repository is not set"))
    }

    @Test func unreadableCertificate() throws {
        let directory = try TemporaryDirectory()
        let pair = ["certificateFile: /nowhere/tls.crt", "keyFile: /nowhere/tls.key", "address: 127.0.0.1:0"]
        let file = try configuration(directory, listener: pair)
        let text = try line(["serve", "--config", file], status: 78)
        #expect(text.contains("listener.certificateFile is \"/nowhere/tls.crt\""), "\(text)")
        #expect(text.contains("No such file or directory"))
    }

    @Test func keyOfAnotherCertificate() throws {
        let directory = try TemporaryDirectory()
        let authority = try CertificateAuthority()
        let one = try authority.issue(["DNS:a"])
        let other = try authority.issue(["DNS:b"])
        let file = try configuration(
            directory,
            listener: [
                "certificateFile: \(one.certificateFile)", "keyFile: \(other.keyFile)", "address: 127.0.0.1:0",
            ]
        )
        let text = try line(["serve", "--config", file], status: 78)
        #expect(text.contains("does not belong"), "\(text)")
    }

    @Test func portInUse() throws {
        let directory = try TemporaryDirectory()
        let first = try RunningSite(source: ["repository: oci-layout:/nowhere"], in: directory)
        let file = try configuration(directory, listener: ["address: 127.0.0.1:\(first.port)"])
        // Two lines would be too many, but a new volume's certificate is told of on standard output.
        let text = try line(["serve", "--config", file], status: 1)
        #expect(text.contains("127.0.0.1:\(first.port)"), "\(text)")
        #expect(text.contains("another process"))
        #expect(first.daemon.stop() == 0)
    }

    @Test func volumeOfAnotherDaemonNamesItsProcess() throws {
        let directory = try TemporaryDirectory()
        let first = try RunningSite(source: ["repository: oci-layout:/nowhere"], in: directory)
        let file = try configuration(directory, storage: ["directory: \(first.volume)"])
        let text = try line(["serve", "--config", file], status: 1)
        #expect(text.contains("process \(first.daemon.identifier)"), "\(text)")
        #expect(first.daemon.stop() == 0)
    }

    /// Root may write anywhere but into `/proc`, whose files nobody can make.
    @Test func volumeThatCannotBeWritten() throws {
        let directory = try TemporaryDirectory()
        let file = try configuration(directory, storage: ["directory: /proc/specman"])
        let text = try line(["serve", "--config", file], status: 1)
        #expect(text.contains("/proc/specman"), "\(text)")
        #expect(text.contains("writable"))
    }

    @Test func pushOfAnArchiveThatIsNone() throws {
        let directory = try TemporaryDirectory()
        let file = directory.appending("manifests.tgz")
        try "<html>502 Bad Gateway</html>".write(toFile: file, atomically: true, encoding: .utf8)
        let text = try line(["push", file, "oci-layout:\(directory.appending("layout")):1.0.0"], status: 1)
        #expect(text.contains("manifests.tgz"), "\(text)")
    }

    @Test func wrongUsage() throws {
        let output = try Command.output(DaemonProcess.executable.path, ["push", "x"])
        #expect(output.status == 64)
        #expect(output.err.contains("reference"))
    }

    @Test(arguments: [
        "serve", "sync", "status", "push", "login", "logout", "tags", "releases", "diff", "ls", "cat", "config",
        "config check",
        "config show", "healthcheck",
    ])
    func helpHasAnExample(_ command: String) throws {
        let arguments = command.split(separator: " ").map(String.init) + ["--help"]
        let help = try Command.run(DaemonProcess.executable.path, arguments).text
        #expect(help.contains("Example:"))
        #expect(help.contains("specman \(command)"))
    }
}
