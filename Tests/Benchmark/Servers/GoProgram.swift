import Foundation
import TestSupport

/// A program of one file of Go, which needs nothing but the standard library.
enum GoProgram {
    /// Builds it, and keeps what the compiler caches beside it.
    ///
    /// - Returns: the program's file.
    static func build(_ name: String, source: String, in directory: String) throws -> String {
        let file = "\(directory)/\(name).go"
        let program = "\(directory)/\(name)"
        try source.write(toFile: file, atomically: true, encoding: .utf8)
        try Command.run(
            "go",
            ["build", "-o", program, file],
            directory: directory,
            environment: ["HOME": directory, "GOCACHE": directory + "/go-cache", "GO111MODULE": "off"]
        )
        return program
    }
}
