import Foundation
import Glibc

/// A port of the loopback that is kept for a server that can't be told to choose one itself.
///
/// A socket stays bound to it, without listening: nobody else is given the port, and a server that sets `SO_REUSEADDR`,
/// as all do, can still listen there.
package final class ReservedPort: Sendable {
    package let number: Int
    private let socket: Int32

    package init() throws {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        var yes: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0
            }
        }
        guard isBound else { throw Command.Failure(description: "can't reserve a port: errno \(errno)") }
        self.socket = socket
        number = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit {
        close(socket)
    }

    /// `127.0.0.1:PORT`.
    package var host: String { "127.0.0.1:\(number)" }

    /// Whether somebody accepts connections there.
    package var answers: Bool {
        let probe = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        defer { close(probe) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(number).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(probe, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}

/// Somebody else's server in the foreground, which listens on reserved ports; ended when the test lets go of it.
package final class ServerProcess: @unchecked Sendable {
    // Only init and deinit touch the process.
    private let process = Process()

    /// Starts it, and waits until all `ports` answer.
    package init(
        _ program: String,
        _ arguments: [String],
        ports: [ReservedPort],
        in directory: TemporaryDirectory
    ) throws {
        let log = directory.appending("\(UUID().uuidString).log")
        try Data().write(to: URL(fileURLWithPath: log))
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        // Some of them stand where only root looks for programs.
        process.environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
        let output = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let patience = ContinuousClock.now + .seconds(60)
        while !ports.allSatisfy(\.answers) {
            guard process.isRunning, ContinuousClock.now < patience else {
                let text = try String(contentsOfFile: log, encoding: .utf8)
                throw Command.Failure(description: "\(program) did not start: \(text)")
            }
            Thread.sleep(forTimeInterval: 0.02)
        }
    }

    deinit {
        // Children of a test's thread inherit its blocked signals, so that only this one ends them for certain.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}

/// nginx with one process, so that nothing of it outlives the test.
package final class Nginx: Sendable {
    private let server: ServerProcess
    private let directory: TemporaryDirectory

    /// - Parameters:
    ///   - http: the `server` blocks, which listen on `ports`.
    package init(_ http: String, ports: [ReservedPort]) throws {
        directory = try TemporaryDirectory()
        let folder = directory.path
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(folder)/\($0);" }.joined(separator: "\n")
        let text = """
            daemon off; master_process off; pid \(folder)/pid; error_log stderr warn;
            events { worker_connections 256; }
            http {
            access_log \(folder)/access.log;
            client_max_body_size 0;
            \(temporary)
            \(http)
            }
            """
        try text.write(toFile: directory.appending("nginx.conf"), atomically: true, encoding: .utf8)
        server = try ServerProcess(
            "nginx",
            ["-c", directory.appending("nginx.conf"), "-p", folder, "-e", "stderr"],
            ports: ports,
            in: directory
        )
    }

    /// The requests so far, as nginx logs them.
    package var requests: [String] {
        get throws {
            try String(contentsOfFile: directory.appending("access.log"), encoding: .utf8)
                .split(separator: "\n").map(String.init)
        }
    }
}

/// tinyproxy on a port of its own.
package final class Tinyproxy: Sendable {
    private let server: ServerProcess
    private let directory: TemporaryDirectory
    private let port: ReservedPort
    /// `127.0.0.1:PORT`.
    package var host: String { port.host }

    /// - Parameter lines: further lines of its configuration.
    package init(_ lines: [String] = []) throws {
        directory = try TemporaryDirectory()
        port = try ReservedPort()
        let common = [
            "Port \(port.number)", "Listen 127.0.0.1", "Allow 127.0.0.1", "Timeout 60", "LogLevel Connect",
            "LogFile \"\(directory.appending("proxy.log"))\"", "DisableViaHeader Yes",
        ]
        let file = directory.appending("tinyproxy.conf")
        try (common + lines + [""]).joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
        server = try ServerProcess("tinyproxy", ["-d", "-c", file], ports: [port], in: directory)
    }

    /// The request lines so far: `CONNECT host:port HTTP/1.1`, `GET http://…`.
    package var requests: [String] {
        get throws {
            try String(contentsOfFile: directory.appending("proxy.log"), encoding: .utf8)
                .split(separator: "\n").compactMap { line in
                    line.firstMatch(of: /Request \(file descriptor \d+\): (.*)/).map { String($0.1) }
                }
        }
    }
}
