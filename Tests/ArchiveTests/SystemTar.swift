import Foundation
import TestSupport

/// Runs a shell script in a directory of its own and gives what it wrote to standard output.
///
/// - Throws: ``ScriptFailure`` where it ends with anything but 0.
@discardableResult
func run(_ script: String, in directory: TemporaryDirectory) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-ec", script]
    process.currentDirectoryURL = URL(fileURLWithPath: directory.path)
    process.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw ScriptFailure(status: process.terminationStatus) }
    return [UInt8](bytes)
}

struct ScriptFailure: Error {
    let status: Int32
}

func contents(of name: String, in directory: TemporaryDirectory) throws -> [UInt8] {
    try [UInt8](Data(contentsOf: URL(fileURLWithPath: directory.appending(name))))
}

func write(_ bytes: [UInt8], to name: String, in directory: TemporaryDirectory) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: directory.appending(name)))
}
