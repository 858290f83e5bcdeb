import COpenSSL
import Foundation
import Glibc

/// A client that sends what it is told, byte for byte, over TLS or without, and reads what comes.
package final class RawConnection {
    /// The connection ended before an answer did, or couldn't be made.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) {
            self.description = description
        }
    }

    private let socket: Int32
    private var session: OpaquePointer?
    private var received: [UInt8] = []

    /// Connects to 127.0.0.1.
    ///
    /// - Parameters:
    ///   - isSecure: whether to speak TLS; whatever certificate there is will do.
    ///   - client: the last part of the client's own address, 127.0.0.N; the server takes each for another client.
    package init(port: Int, isSecure: Bool = true, client: UInt8 = 1) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw Failure(description: "no socket: \(String(cString: strerror(errno)))") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var one: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        // A test that waits for what never comes must fail, not hang.
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        if client != 1 {
            var own = address
            own.sin_port = 0
            own.sin_addr.s_addr = UInt32(0x7F00_0000 | UInt32(client)).bigEndian
            let bound = withUnsafeBytes(of: own) { bytes in
                bytes.baseAddress.map {
                    bind(socket, $0.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
                }
            }
            guard bound == 0 else { throw Failure(description: "bind: \(String(cString: strerror(errno)))") }
        }
        let connected = withUnsafeBytes(of: address) { bytes in
            bytes.baseAddress.map { connect(socket, $0.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count)) }
        }
        guard connected == 0 else { throw Failure(description: "connect: \(String(cString: strerror(errno)))") }
        if isSecure { try shakeHands() }
    }

    deinit {
        SSL_free(session)
        close(socket)
    }

    private struct Context: @unchecked Sendable {
        // Set up once, then only read; OpenSSL counts its references atomically.
        let pointer: OpaquePointer?
    }

    private static let context: Context = {
        signal(SIGPIPE, SIG_IGN)
        let context = SSL_CTX_new(TLS_client_method())
        SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nil)
        return Context(pointer: context)
    }()

    /// Begins the handshake of a connection that was made without TLS, and does not wait for the server's part of it.
    package func greet() {
        session = SSL_new(Self.context.pointer)
        SSL_set_fd(session, socket)
        let flags = fcntl(socket, F_GETFL)
        _ = fcntl(socket, F_SETFL, flags | O_NONBLOCK)
        _ = SSL_connect(session)
        ERR_clear_error()
        _ = fcntl(socket, F_SETFL, flags)
    }

    /// Goes on with the handshake to its end.
    package func shakeHands() throws {
        if session == nil {
            session = SSL_new(Self.context.pointer)
            SSL_set_fd(session, socket)
        }
        guard SSL_connect(session) == 1 else {
            ERR_clear_error()
            throw Failure(description: "the handshake failed")
        }
    }

    /// Sends all of `bytes`; over TLS, as a record of their own.
    package func send(_ bytes: some Collection<UInt8>) throws {
        let bytes = Array(bytes)
        guard !bytes.isEmpty else { return }
        let count: Int
        if let session {
            count = Int(SSL_write(session, bytes, Int32(bytes.count)))
            ERR_clear_error()
        } else {
            count = Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        }
        guard count == bytes.count else { throw Failure(description: "the server doesn't take what is sent") }
    }

    /// Sends `bytes` as they are, whatever TLS has to say to that.
    package func sendUnsealed(_ bytes: [UInt8]) throws {
        guard Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw Failure(description: "the server doesn't take what is sent")
        }
    }

    /// A record that changes the client's keys (RFC 8446 section 4.6.3), which has to be sent before anything else is.
    package func keyUpdate() throws -> [UInt8] {
        let memory = BIO_new(BIO_s_mem())
        SSL_set0_wbio(session, memory)
        SSL_key_update(session, SSL_KEY_UPDATE_NOT_REQUESTED)
        SSL_do_handshake(session)
        var record = [UInt8](repeating: 0, count: 100)
        let count = Int(BIO_read(memory, &record, Int32(record.count)))
        SSL_set0_wbio(session, BIO_new_socket(socket, BIO_NOCLOSE))
        guard count > 0 else { throw Failure(description: "no KeyUpdate") }
        return Array(record[..<count])
    }

    /// Waits for some bytes; `false` at the end of the stream, or where it was reset.
    private func receive() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count: Int
        if let session {
            count = Int(SSL_read(session, &buffer, Int32(buffer.count)))
            ERR_clear_error()
        } else {
            count = recv(socket, &buffer, buffer.count, 0)
        }
        guard count > 0 else { return false }
        received += buffer[..<count]
        return true
    }

    /// Whether something of an answer has come that was not asked for yet.
    package var hasBegun: Bool { !received.isEmpty }

    /// Reads once, and says how many bytes came.
    package func read(upTo count: Int) -> Int {
        var buffer = [UInt8](repeating: 0, count: count)
        if let session { return Int(SSL_read(session, &buffer, Int32(count))) }
        return recv(socket, &buffer, count, 0)
    }

    /// The next answer: its head and as much body as it announces.
    ///
    /// - Parameter isHead: whether the request was a HEAD, so that no body follows.
    package func answer(isHead: Bool = false) throws -> RawAnswer {
        let mark = Array("\r\n\r\n".utf8)
        var end = received.firstRange(of: mark)
        while end == nil {
            guard receive() else {
                throw Failure(description: "no answer, but \"\(String(decoding: received, as: UTF8.self))\"")
            }
            end = received.firstRange(of: mark)
        }
        let head = end?.upperBound ?? 0
        var answer = RawAnswer(head: received[..<head])
        let count = isHead || !answer.hasBody ? 0 : Int(answer["Content-Length"] ?? "0") ?? 0
        while received.count < head + count {
            guard receive() else { throw Failure(description: "an answer that ends early: \(answer.head)") }
        }
        answer.body = Array(received[head..<head + count])
        received.removeFirst(head + count)
        return answer
    }

    /// What comes until the server closes.
    package func rest() -> [UInt8] {
        while receive() {}
        defer { received = [] }
        return received
    }
}

/// An answer as it came over the wire.
package struct RawAnswer {
    /// The head's text, with its empty line.
    package let head: String
    package let status: Int
    /// In the order in which they came.
    package let fields: [(name: String, value: String)]
    package var body: [UInt8] = []

    init(head bytes: some Collection<UInt8>) {
        head = String(decoding: bytes, as: UTF8.self)
        // A character of its own: "\r\n" is one to Swift.
        let lines = head.split(separator: "\r\n").map(String.init)
        status = Int(lines.first?.split(separator: " ").dropFirst().first ?? "") ?? 0
        fields = lines.dropFirst().compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return (String(line[..<colon]), line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces))
        }
    }

    /// The value of the first field of that name, in any case.
    package subscript(name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// Whether the status allows a body (RFC 9110 section 6.4.1).
    var hasBody: Bool { status >= 200 && status != 204 && status != 304 }

    package var text: String { String(decoding: body, as: UTF8.self) }

    /// The parts of a `multipart/byteranges` body: each one's `Content-Range` and content.
    package var parts: [(range: String, content: [UInt8])] {
        guard let type = self["Content-Type"], type.hasPrefix("multipart/byteranges"),
            let boundary = type.split(separator: "boundary=").last
        else { return [] }
        var parts: [(String, [UInt8])] = []
        let mark = Array("--\(boundary)".utf8)
        var rest = body[...]
        while let found = rest.firstRange(of: mark) {
            rest = rest[found.upperBound...]
            guard rest.starts(with: "\r\n".utf8), let head = rest.firstRange(of: Array("\r\n\r\n".utf8)) else { break }
            let lines = String(decoding: rest[..<head.lowerBound], as: UTF8.self).split(separator: "\r\n")
            let range = lines.first { $0.lowercased().hasPrefix("content-range: ") }?.dropFirst(15) ?? ""
            rest = rest[head.upperBound...]
            guard let end = rest.firstRange(of: Array("\r\n--\(boundary)".utf8)) else { break }
            parts.append((String(range), Array(rest[..<end.lowerBound])))
            rest = rest[(end.lowerBound + 2)...]
        }
        return parts
    }
}
