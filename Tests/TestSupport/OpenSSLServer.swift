import Foundation
import Glibc

/// `openssl s_server`, which answers `GET /NAME` with the bytes of a file, header included, over TLS.
package final class OpenSSLServer: @unchecked Sendable {
    // Only init and deinit touch the process.
    private let process: Process
    private let directory: TemporaryDirectory
    /// `127.0.0.1:PORT`.
    package let host: String

    /// - Parameters:
    ///   - files: name and whole answer of each.
    ///   - clientCAFile: whose certificates clients must have; `nil` where they need none.
    package init(
        _ pair: CertificateAuthority.Pair,
        files: [String: String] = [:],
        clientCAFile: String? = nil
    ) throws {
        directory = try TemporaryDirectory()
        for (name, answer) in files {
            try answer.write(toFile: directory.appending(name), atomically: true, encoding: .utf8)
        }
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.currentDirectoryURL = URL(fileURLWithPath: directory.path)
        var arguments = [
            "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", pair.certificateFile, "-key", pair.keyFile,
            "-HTTP",
        ]
        if let clientCAFile { arguments += ["-Verify", "1", "-verify_return_error", "-CAfile", clientCAFile] }
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        // It says `ACCEPT 127.0.0.1:PORT` on a line of its own; the pipe ends where it doesn't start.
        var text = ""
        var address: Substring?
        while address == nil {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { throw Command.Failure(description: "openssl s_server did not start: \(text)") }
            text += String(decoding: more, as: UTF8.self)
            // What stands behind the last line feed may still be growing.
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            address = lines.first { $0.hasPrefix("ACCEPT ") }?.dropFirst("ACCEPT ".count)
        }
        host = address.map(String.init) ?? ""
    }

    deinit {
        // Children of a test's thread inherit its blocked signals, so that only this one ends them for certain.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
