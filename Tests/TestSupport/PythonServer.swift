package import Foundation

/// A server of a test's own in Python, by the interpreter that has PyPI's programs.
///
/// It ends with the test process, whose end it sees on its standard input.
package final class PythonServer: @unchecked Sendable {
    // Only init and deinit touch the process.
    private let process = Process()
    private let input = Pipe()
    private let log: String
    private let directory: TemporaryDirectory
    /// The one line that it prints once it listens.
    package let greeting: Data

    /// What ends the process with the one that holds its standard input; to stand before anything else.
    private static let preamble = """
        import os, sys, threading
        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()

        """

    package init(_ script: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        directory = try TemporaryDirectory()
        log = directory.appending("log")
        try Data().write(to: URL(fileURLWithPath: log))
        process.executableURL = URL(fileURLWithPath: PythonTools.interpreter)
        process.arguments = ["-c", Self.preamble + script] + arguments
        process.environment = ["PATH": "/usr/bin:/bin"].merging(environment) { $1 }
        process.standardInput = input
        let output = Pipe()
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        try process.run()
        var line = Data()
        while !line.contains(UInt8(ascii: "\n")) {
            let data = output.fileHandleForReading.availableData
            if data.isEmpty { break }
            line += data
        }
        greeting = line
    }

    deinit {
        // Children of a test's thread inherit its blocked signals, so that only this one ends them for certain.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// That it did not start, with the end of what it said.
    package func failure(_ name: String) throws -> Command.Failure {
        let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: log)), as: UTF8.self)
        return Command.Failure(description: "\(name) did not start (Tests/run.sh installs it): \(text.suffix(2000))")
    }
}
