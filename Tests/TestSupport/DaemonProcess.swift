package import Foundation
import Glibc

/// A `specman` of this build as a process of its own, with its log at hand.
package final class DaemonProcess: @unchecked Sendable {
    // The process belongs to one test; what it writes is guarded by itself.
    private let process = Process()
    private let output: ProcessOutput

    /// What the test was waiting for and did not get, with the log so far.
    package struct Impatience: Error, CustomStringConvertible {
        package let description: String
    }

    /// The program that was built beside the tests.
    package static var executable: URL {
        Bundle.allBundles.map(\.bundleURL).filter { $0.pathExtension == "xctest" }
            .map { $0.deletingLastPathComponent() }.first
            .map { $0.appendingPathComponent("specman") }
            ?? URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("specman")
    }

    /// The optimized program, where `Tests/run.sh` has built it.
    package static let optimized = ProcessInfo.processInfo.environment["SPECMAN_TEST_OPTIMIZED"].map {
        URL(fileURLWithPath: $0)
    }

    /// Starts `specman serve` with this configuration.
    package init(
        configuration: String,
        in directory: TemporaryDirectory,
        environment: [String: String] = [:],
        program: URL = DaemonProcess.executable
    ) throws {
        let file = directory.appending("specman-\(UUID().uuidString).yaml")
        try configuration.write(toFile: file, atomically: true, encoding: .utf8)
        process.executableURL = program
        process.arguments = ["serve", "--config", file]
        let inherited = ProcessInfo.processInfo.environment.filter { Sanitizers.options.contains($0.key) }
        process.environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "SWIFT_BACKTRACE": "enable=no"]
            .merging(inherited) { $1 }.merging(environment) { $1 }
        let pipe = Pipe()
        output = ProcessOutput(pipe.fileHandleForReading)
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        output.start()
    }

    deinit {
        if process.isRunning { kill(SIGKILL) }
        process.waitUntilExit()
    }

    package var identifier: Int32 { process.processIdentifier }
    package var isRunning: Bool { process.isRunning }

    /// Every line that the process has written so far: what it logs before it answers is here once the answer is.
    package var log: [String] { output.lines }

    /// The `msg` of every line of the log so far, in text form.
    package var messages: [String] { log.compactMap(Self.message) }

    private static func message(of line: String) -> String? {
        guard let match = line.firstMatch(of: /msg="((?:[^"\\]|\\.)*)"/) else { return nil }
        return String(match.1)
    }

    /// Waits until the log fulfils `condition`, for at most a minute.
    @discardableResult
    package func wait<Result>(
        for what: String,
        patience: TimeInterval = 60,
        until found: ([String]) -> Result?
    ) throws -> Result {
        guard let result = output.wait(until: Date(timeIntervalSinceNow: patience), for: found) else {
            throw Impatience(description: "no \(what) in the log:\n" + log.joined(separator: "\n"))
        }
        return result
    }

    /// Waits for a line that contains `text`, and gives it.
    @discardableResult
    package func wait(forLine text: String, patience: TimeInterval = 60) throws -> String {
        // A line that names thousands of tags takes a debug build's `contains` some seconds.
        try wait(for: "\"\(text)\"", patience: patience) { $0.first { strstr($0, text) != nil } }
    }

    /// The port that the log says one of the listeners has: `https`, `http` (management).
    package func port(of scheme: String = "https") throws -> Int {
        try wait(for: "listening line of \(scheme)") { lines in
            for line in lines {
                if let match = line.firstMatch(of: /Listening on (\w+):\/\/\S*:(\d+)/), match.1 == scheme {
                    return Int(match.2)
                }
            }
            return nil
        }
    }

    /// Sends a signal to the process.
    package func kill(_ signal: Int32) {
        _ = Glibc.kill(process.processIdentifier, signal)
    }

    /// Waits for the end and gives the exit status; a signal's number is negative.
    package func waitForExit() -> Int32 {
        process.waitUntilExit()
        return process.terminationReason == .uncaughtSignal ? -process.terminationStatus : process.terminationStatus
    }

    /// SIGTERM, and the exit status.
    package func stop() -> Int32 {
        kill(SIGTERM)
        return waitForExit()
    }
}
