import COpenSSL
import Glibc

/// One blocking connection to a server on loopback, as simple a client as can be: what is measured is the server.
final class TLSClient {
    private let descriptor: Int32
    private let session: OpaquePointer

    /// Connects, and shakes hands.
    ///
    /// - Parameter resuming: a session of an earlier connection, whose ticket is shown.
    convenience init(port: UInt16, context: Context, resuming earlier: Session? = nil) throws {
        try self.init(connectingTo: port, context: context)
        if let earlier { SSL_set_session(session, earlier.pointer) }
        try shakeHands()
    }

    /// Connects, and says no more yet.
    init(connectingTo port: UInt16, context: Context) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw BenchmarkError("no socket: errno \(errno)") }
        var address = LoopbackAddress.make(port: port)
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0, let session = SSL_new(context.pointer) else {
            let code = errno
            close(descriptor)
            throw BenchmarkError("can't connect to port \(port): errno \(code)")
        }
        // As curl and browsers do: otherwise a request waits for the acknowledgement of the handshake's last message.
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        self.descriptor = descriptor
        self.session = session
        SSL_set_fd(session, descriptor)
    }

    /// Sends the first part of the handshake, and does not wait for the server's.
    func greet() {
        let flags = fcntl(descriptor, F_GETFL)
        _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
        _ = SSL_connect(session)
        ERR_clear_error()
        _ = fcntl(descriptor, F_SETFL, flags)
    }

    /// Goes on with the handshake to its end.
    func shakeHands() throws {
        guard SSL_connect(session) == 1 else { throw BenchmarkError("a handshake failed") }
    }

    deinit {
        // A session is only kept for resuming where it ended by the rules (RFC 8446 section 6.1).
        SSL_shutdown(session)
        SSL_free(session)
        close(descriptor)
    }

    /// Whether the server took the session up.
    var isResumed: Bool { SSL_session_reused(session) == 1 }

    /// The session with the newest ticket.
    var ticket: Session? { SSL_get1_session(session).map(Session.init) }

    /// Asks for `path`, and reads the whole answer.
    ///
    /// What the client takes of the machine is taken from the server: nothing is searched twice, and no text is made of
    /// what need not be text.
    ///
    /// - Returns: how many bytes its body has.
    func get(_ path: String, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let request = Array("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".utf8)
        guard SSL_write(session, request, Int32(request.count)) == Int32(request.count) else {
            throw BenchmarkError("the request for \(path) could not be sent")
        }
        var filled = 0
        while true {
            guard filled < buffer.count else { throw BenchmarkError("the head of the answer for \(path) has no end") }
            filled += try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
            guard let end = Self.end(of: buffer[..<filled]) else { continue }
            let size = try Self.length(buffer[..<end], path)
            var received = filled - end
            while received < size { received += try read(into: buffer) }
            return received
        }
    }

    private func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = SSL_read(session, buffer.baseAddress, Int32(buffer.count))
        guard count > 0 else { throw BenchmarkError("the connection ended in the middle of an answer") }
        return Int(count)
    }

    private static func end(of answer: Slice<UnsafeMutableRawBufferPointer>) -> Int? {
        guard answer.count >= 4 else { return nil }
        for index in 3..<answer.count where answer[index] == 10 && answer[index - 2] == 10 { return index + 1 }
        return nil
    }

    /// What `Content-Length` says, found byte by byte.
    private static func length(_ head: Slice<UnsafeMutableRawBufferPointer>, _ path: String) throws -> Int {
        let name = Array("\ncontent-length:".utf8)
        let isGood = head.starts(with: "HTTP/1.1 200".utf8)
        var length = 0
        for start in head.indices where isGood && head.endIndex - start > name.count {
            guard head[start] == 10, zip(head[start...], name).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) else { continue }
            for byte in head[(start + name.count)...].drop(while: { $0 == 0x20 }) {
                guard (0x30...0x39).contains(byte), length < 1 << 40 else { break }
                length = length * 10 + Int(byte - 0x30)
            }
            break
        }
        guard length > 0 else {
            throw BenchmarkError(
                "an answer for \(path) that can't be measured: \(String(decoding: head, as: UTF8.self))"
            )
        }
        return length
    }

    /// What several connections share: they trust any certificate.
    final class Context: @unchecked Sendable {
        // OpenSSL's contexts may be used by many threads once they are set up (openssl-threads(7)).
        fileprivate let pointer: OpaquePointer

        init() throws {
            guard let pointer = SSL_CTX_new(TLS_client_method()) else { throw BenchmarkError("OpenSSL has no memory") }
            self.pointer = pointer
        }

        deinit { SSL_CTX_free(pointer) }
    }

    final class Session {
        fileprivate let pointer: OpaquePointer
        fileprivate init(_ pointer: OpaquePointer) { self.pointer = pointer }
        deinit { SSL_SESSION_free(pointer) }
    }
}
