import Dispatch
import Foundation

/// Other people's programs, run to their end.
package enum Command {
    package struct Output: Sendable {
        package let status: Int32
        package let out: [UInt8]
        package let err: String

        package var text: String { String(decoding: out, as: UTF8.self) }
    }

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Runs `program` as the search path finds it.
    package static func output(
        _ program: String,
        _ arguments: [String],
        input: [UInt8] = [],
        directory: String? = nil,
        environment: [String: String] = [:]
    ) throws -> Output {
        // Files instead of pipes: no amount of output can block either side.
        let scratch = try TemporaryDirectory()
        let files = ["in", "out", "err"].map { scratch.appending($0) }
        try Data(input).write(to: URL(fileURLWithPath: files[0]))
        for file in files[1...] { try Data().write(to: URL(fileURLWithPath: file)) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: files[0]))
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: files[1]))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: files[2]))
        // `waitUntilExit` looks only every 50 ms (swift-corelibs-foundation): too coarse for what measures commands.
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        try process.run()
        ended.wait()
        return Output(
            status: process.terminationStatus,
            out: Array(try Data(contentsOf: URL(fileURLWithPath: files[1]))),
            err: String(decoding: try Data(contentsOf: URL(fileURLWithPath: files[2])), as: UTF8.self)
        )
    }

    /// As above, and fails where the program does.
    @discardableResult
    package static func run(
        _ program: String,
        _ arguments: [String],
        input: [UInt8] = [],
        directory: String? = nil,
        environment: [String: String] = [:]
    ) throws -> Output {
        let output = try output(
            program,
            arguments,
            input: input,
            directory: directory,
            environment: environment
        )
        guard output.status == 0 else {
            throw Failure(
                description: "\(program) \(arguments.joined(separator: " ")) ended with \(output.status): \(output.err)"
            )
        }
        return output
    }
}
