import Foundation
import Glibc
import Synchronization

/// A server on loopback that answers with the bytes it is told, for misbehaviour that no real one can be asked for.
///
/// Each connection takes one request and is closed behind its answer.
package final class ScriptedServer: Sendable {
    /// A request as it came.
    package struct Request: Sendable {
        /// `GET /v2/ HTTP/1.1`.
        package let line: String
        /// The lines behind it.
        package let fields: [String]
        package let body: [UInt8]

        package var target: String { line.split(separator: " ").dropFirst().first.map(String.init) ?? "" }

        /// The value of the first field of this name, whatever its case.
        package subscript(name: String) -> String? {
            let prefix = name.lowercased() + ":"
            return fields.first { $0.lowercased().hasPrefix(prefix) }
                .map { $0.dropFirst(prefix.count).trimmingCharacters(in: .whitespaces) }
        }
    }

    /// What is done with a connection.
    package enum Answer: Sendable {
        /// These bytes are sent, then the connection is closed.
        case bytes([UInt8])
        /// These bytes are sent, then the connection stays open and silent until the server ends.
        case hang([UInt8])
        /// The connection is reset.
        case reset

        /// A well-formed answer.
        package static func http(_ status: Int, _ fields: [String] = [], body: [UInt8] = []) -> Answer {
            let length =
                fields.contains { $0.lowercased().hasPrefix("content-length:") }
                ? [] : ["Content-Length: \(body.count)"]
            let head = ["HTTP/1.1 \(status) Scripted", "Connection: close"] + fields + length
            return .bytes(Array((head.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body)
        }

        package static func http(_ status: Int, _ fields: [String] = [], text: String) -> Answer {
            http(status, fields, body: Array(text.utf8))
        }
    }

    /// `127.0.0.1:PORT`.
    package let host: String
    private let listener: Int32
    private let state: Shared

    /// What the accepting thread and the test share.
    private final class Shared: Sendable {
        let requests = Mutex<[Request]>([])
        let open = Mutex<[Int32]>([])
    }

    /// Answers in this order; connections beyond the last answer are closed without one.
    package convenience init(_ answers: [Answer]) throws {
        let rest = Mutex(answers)
        try self.init { _ in rest.withLock { $0.isEmpty ? .bytes([]) : $0.removeFirst() } }
    }

    /// Answers as `handler` says, one connection after the other, or all of them at once.
    package init(atOnce: Bool = false, handler: @escaping @Sendable (Request) -> Answer) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 64) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard bound else { throw Command.Failure(description: "can't listen on loopback: errno \(errno)") }
        self.listener = listener
        host = "127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
        let shared = Shared()
        state = shared
        Thread.detachNewThread {
            while true {
                let connection = accept(listener, nil, nil)
                if connection < 0, errno == EINTR || errno == ECONNABORTED { continue }
                guard connection >= 0 else { break }
                if atOnce {
                    Thread.detachNewThread { Self.serve(connection, shared, handler) }
                } else {
                    Self.serve(connection, shared, handler)
                }
            }
            close(listener)
            for connection in shared.open.withLock({ $0 }) { close(connection) }
        }
    }

    deinit {
        // Wakes the accepting thread, which closes what is open.
        shutdown(listener, Int32(SHUT_RDWR))
        for connection in state.open.withLock({ $0 }) { shutdown(connection, Int32(SHUT_RDWR)) }
    }

    /// The requests so far.
    package var requests: [Request] { state.requests.withLock { $0 } }

    private static func serve(_ connection: Int32, _ shared: Shared, _ handler: (Request) -> Answer) {
        guard let request = read(connection) else {
            close(connection)
            return
        }
        shared.requests.withLock { $0.append(request) }
        switch handler(request) {
        case .bytes(let bytes):
            send(bytes, to: connection)
            shutdown(connection, Int32(SHUT_WR))
            close(connection)
        case .hang(let bytes):
            send(bytes, to: connection)
            shared.open.withLock { $0.append(connection) }
        case .reset:
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
            close(connection)
        }
    }

    private static func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        let end = Array("\r\n\r\n".utf8)
        var body: Int?
        var length = 0
        while true {
            if body == nil, let found = bytes.firstRange(of: end) {
                body = found.upperBound
                let head = String(decoding: bytes[..<found.lowerBound], as: UTF8.self)
                for line in head.components(separatedBy: "\r\n") {
                    let lower = line.lowercased()
                    if lower.hasPrefix("content-length:") {
                        length = Int(line.dropFirst(15).trimmingCharacters(in: .whitespaces)) ?? 0
                    }
                    if lower.hasPrefix("expect:") { send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8), to: connection) }
                }
            }
            if let body, bytes.count >= body + length {
                var lines = String(decoding: bytes[..<(body - end.count)], as: UTF8.self)
                    .components(separatedBy: "\r\n")
                let line = lines.removeFirst()
                return Request(line: line, fields: lines, body: Array(bytes[body...]))
            }
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
        }
    }

    private static func send(_ bytes: [UInt8], to connection: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return }
            rest = rest.dropFirst(sent)
        }
    }
}
