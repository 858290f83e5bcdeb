import Foundation
import TestSupport
import Testing

/// The program's commands on a layout and a volume of their own.
struct Specman {
    let directory: TemporaryDirectory
    /// What every command is run with, on top of the process's own.
    private(set) var environment: [String: String]

    init(_ environment: [String: String] = [:]) throws {
        directory = try TemporaryDirectory()
        let standard = [
            "SPECMAN_CONFIG": "/dev/null", "SPECMAN_SOURCE_REPOSITORY": "oci-layout:" + directory.appending("layout"),
            "SPECMAN_STORAGE_DIRECTORY": directory.appending("volume"), "SPECMAN_LISTENER_ADDRESS": "127.0.0.1:0",
            "SPECMAN_MANAGEMENT_ADDRESS": "none", "SPECMAN_SOURCE_INTERVAL": "1h", "SWIFT_BACKTRACE": "enable=no",
        ]
        self.environment = standard.merging(environment) { $1 }
    }

    func reference(_ tag: String) -> String { "oci-layout:\(directory.appending("layout")):\(tag)" }

    /// Runs a command to its end, whatever that is.
    func output(_ arguments: String..., environment more: [String: String] = [:]) throws -> Command.Output {
        try Command.output(
            DaemonProcess.executable.path,
            arguments,
            environment: environment.merging(more) { $1 }
        )
    }

    /// Runs a command that must succeed, and gives what it printed.
    @discardableResult
    func run(_ arguments: String..., environment more: [String: String] = [:]) throws -> String {
        try Command.run(
            DaemonProcess.executable.path,
            arguments,
            environment: environment.merging(more) { $1 }
        ).text
    }

    /// What a command prints as JSON.
    func json(_ arguments: String...) throws -> [[String: Any]] {
        let text = try Command.run(DaemonProcess.executable.path, arguments, environment: environment).text
        return try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
    }

    /// Starts the daemon on the same volume.
    func serve() throws -> DaemonProcess {
        try DaemonProcess(configuration: "", in: directory, environment: environment)
    }

    /// Makes a tree below the scratch directory, and gives its path.
    func tree(_ name: String, _ files: [String: String]) throws -> String {
        let path = directory.appending(name)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Tree.write(files, to: path)
        return path
    }

    /// The digest in what `specman push` printed.
    static func digest(in text: String) throws -> String {
        String(try #require(text.firstMatch(of: /sha256:[0-9a-f]{64}/)).0)
    }
}
