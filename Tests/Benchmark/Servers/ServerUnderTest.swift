import Foundation
import Glibc
import TestSupport

/// A server that serves the benchmark's tree over TLS, as a process of its own.
final class ServerUnderTest {
    let name: String
    let port: UInt16
    private let process: Process

    /// Starts it, and waits until it answers.
    ///
    /// - Parameters:
    ///   - command: the program and its arguments.
    ///   - log: takes what it says.
    init(
        _ name: String,
        port: UInt16,
        command: [String],
        environment: [String: String] = [:],
        log: String
    ) throws {
        self.name = name
        self.port = port
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        try Data().write(to: URL(fileURLWithPath: log))
        let output = FileHandle(forWritingAtPath: log)
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let patience = ContinuousClock.now.advanced(by: .seconds(60))
        while try Command.output("curl", ["-sSfk", "-o", "/dev/null", "\(url)\(BenchmarkTree.smallPath)"]).status != 0 {
            guard process.isRunning, ContinuousClock.now < patience else {
                let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
                throw BenchmarkError("\(name) doesn't answer: \(said.suffix(600))")
            }
            usleep(20_000)
        }
    }

    deinit { stop() }

    func stop() {
        guard process.isRunning else { return }
        process.terminate()
        process.waitUntilExit()
    }

    var url: String { "https://127.0.0.1:\(port)" }
    var tree: ProcessTree { ProcessTree(root: process.processIdentifier) }

    /// A port that was free a moment ago: most servers can't be asked to choose one.
    static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw BenchmarkError("no socket to be had") }
        defer { close(descriptor) }
        var address = LoopbackAddress.make(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && getsockname(descriptor, pointer, &length) == 0
            }
        }
        guard bound else { throw BenchmarkError("no free port to be had") }
        return UInt16(bigEndian: address.sin_port)
    }
}

enum LoopbackAddress {
    static func make(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}
