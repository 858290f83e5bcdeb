import Foundation
import Glibc
import HTTP
import Listener
import OpenSSL
import Platform
import Synchronization
import TestSupport

/// Answers from a closure, and counts how often it was asked.
final class TestResponder: ImmediateResponder {
    private let current = Atomic<UInt64>(1)
    private let asked = Atomic<Int>(0)
    private let body: @Sendable (Request) -> Answer<SharedFile>
    private let finding: @Sendable (RequestHead) -> FoundFile<SharedFile>?

    /// - Parameter finding: What an event loop finds out itself.
    init(
        _ body: @escaping @Sendable (Request) -> Answer<SharedFile>,
        finding: @escaping @Sendable (RequestHead) -> FoundFile<SharedFile>? = { _ in nil }
    ) {
        self.body = body
        self.finding = finding
    }

    func fileAtOnce(_ head: RequestHead, in bytes: Span<UInt8>) -> FoundFile<SharedFile>? { finding(head) }

    var refusalFields: Fields { Fields([.init(name: "X-Of-All", value: "yes")]) }
    var generation: UInt64 { current.load(ordering: .relaxed) }
    var count: Int { asked.load(ordering: .relaxed) }

    func answer(to request: Request) -> Answer<SharedFile> {
        asked.add(1, ordering: .relaxed)
        return body(request)
    }

    /// Makes what was answered so far stale.
    func change() {
        current.add(1, ordering: .relaxed)
    }

    /// Says what it was asked: method, path, query, fields, body.
    static func echo(_ request: Request) -> Answer<SharedFile> {
        let query = request.query.map { "?" + String(decoding: $0, as: UTF8.self) } ?? ""
        let text = "\(request.method) \(String(decoding: request.path, as: UTF8.self))\(query) \(request.body.count)"
        return Answer(
            .ok,
            fields: Fields([.init(name: "Content-Type", value: "text/plain")]),
            body: .bytes(Array(text.utf8))
        )
    }
}

/// A server on loopback with a certificate of its own, stopped when the test lets go of it.
final class TestServer: Sendable {
    let server: Server
    let directory: TemporaryDirectory
    /// Of the TLS endpoint.
    let port: UInt16
    /// Of the plain endpoint.
    let plainPort: UInt16

    init(
        _ responder: any Responder,
        limits: ServerLimits = ServerLimits(),
        loops: Int = 2
    ) throws {
        directory = try TemporaryDirectory()
        let context = try TestServer.makeContext(in: directory)
        server = try Server(
            endpoints: [.tls("127.0.0.1:0", context), .plain("127.0.0.1:0"), .unix(directory.appending("sock"))],
            responders: [responder, responder, responder],
            limits: limits,
            loops: loops
        )
        port = server.boundAddress(of: 0).port
        plainPort = server.boundAddress(of: 1).port
        server.start()
    }

    deinit {
        server.stop(drainTimeout: .zero)
    }

    var authority: String { directory.appending("certificate.pem") }

    static func makeContext(in directory: TemporaryDirectory) throws -> TLSContext {
        let pair = try SelfSigned.make(names: ["localhost", "127.0.0.1"])
        try WholeFile.write(pair.certificate, to: directory.appending("certificate.pem"))
        try WholeFile.write(pair.key, to: directory.appending("key.pem"), mode: 0o600)
        return try TLSContext(
            certificateFile: directory.appending("certificate.pem"),
            keyFile: directory.appending("key.pem"),
            now: Int64(Date().timeIntervalSince1970)
        )
    }

    /// Runs curl against the TLS endpoint with its certificate as the trusted one.
    func curl(_ path: String, _ arguments: [String] = []) throws -> (status: Int32, output: Data) {
        try run(
            "curl",
            ["-sS", "--max-time", "60", "--cacert", authority] + arguments + ["https://localhost:\(port)\(path)"]
        )
    }

    /// Opens a connection to the plain endpoint.
    func connect() throws -> RawClient { try RawClient(port: plainPort) }
}

/// Runs a program of the system; the output is what it wrote to both streams.
func run(_ program: String, _ arguments: [String], input: Data = Data()) throws -> (status: Int32, output: Data) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let output = Pipe()
    let feed = Pipe()
    process.standardOutput = output
    process.standardError = output
    process.standardInput = feed
    try process.run()
    try feed.fileHandleForWriting.write(contentsOf: input)
    try feed.fileHandleForWriting.close()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, data)
}

/// A client that sends what it is told, byte for byte, and reads what comes.
struct RawClient: ~Copyable {
    private let descriptor: FileDescriptor
    private var received: [UInt8] = []

    init(port: UInt16) throws {
        descriptor = try Socket.connect(to: .v4([127, 0, 0, 1], port: port))
    }

    init(path: String) throws {
        descriptor = try Socket.connect(to: .unix(path: path))
    }

    borrowing func send(_ text: String) throws {
        try descriptor.write(Array(text.utf8).span.bytes)
    }

    borrowing func send(_ bytes: [UInt8]) throws {
        try descriptor.write(bytes.span.bytes)
    }

    /// Has its end be a reset, as of a client that is gone.
    borrowing func resetWhenClosed() {
        var value = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor.number, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
    }

    borrowing func finishSending() {
        Socket.finishSending(descriptor.number)
    }

    /// One answer: its head and as much body as it announces (or none, for HEAD).
    mutating func answer(isHead: Bool = false) throws -> (head: String, body: [UInt8]) {
        let mark = Array("\r\n\r\n".utf8)
        var found = received.firstRange(of: mark)
        while found == nil {
            guard try more() else { throw ClientError.closed(String(decoding: received, as: UTF8.self)) }
            found = received.firstRange(of: mark)
        }
        let end = found?.upperBound ?? 0
        let head = String(decoding: received[..<end], as: UTF8.self)
        var count = 0
        for line in head.split(separator: "\r\n") where line.lowercased().hasPrefix("content-length:") {
            count = Int(line.dropFirst(15).trimmingCharacters(in: .whitespaces)) ?? 0
        }
        if isHead || head.contains(" 304 ") || head.contains(" 204 ") || head.contains(" 100 ") { count = 0 }
        while received.count < end + count {
            guard try more() else { throw ClientError.closed(head) }
        }
        let body = Array(received[end..<end + count])
        received.removeFirst(end + count)
        return (head, body)
    }

    /// Everything up to the end of the connection.
    mutating func rest() throws -> [UInt8] {
        while try more() {}
        defer { received = [] }
        return received
    }

    /// Reads up to `count` bytes once.
    borrowing func read(_ count: Int) throws -> Int { try descriptor.read(upTo: count).count }

    private mutating func more() throws -> Bool {
        let bytes = try descriptor.read(upTo: 65_536)
        received += bytes
        return !bytes.isEmpty
    }
}

enum ClientError: Error {
    case closed(String)
}

/// `count` bytes in which no piece of the usual sizes repeats at its own distance: a block whose length is a prime.
func pattern(_ count: Int) -> [UInt8] {
    var state: UInt64 = 0x1234_5678
    let block: [UInt8] = (0..<65_521).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + block.count)
    while bytes.count < count { bytes += block }
    return Array(bytes[..<count])
}

/// A file of that content, opened for sharing.
func sharedFile(_ bytes: [UInt8], at path: String) throws -> SharedFile {
    try WholeFile.write(bytes, to: path)
    return SharedFile(try FileDescriptor.open(path, .readOnly), size: Int64(bytes.count))
}
