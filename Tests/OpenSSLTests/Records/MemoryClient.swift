import COpenSSL
import Foundation
import TestSupport

@testable import OpenSSL

/// A server's session and OpenSSL as its client, which meet in memory.
final class MemoryConnection {
    struct Broken: Error {}

    let transport: TLSTransport
    let server: TLSSession
    private let context: OpaquePointer
    let client: OpaquePointer
    /// What the client has read of what the server sent.
    private(set) var received: [UInt8] = []
    /// What the server has read of what the client sent.
    private(set) var taken: [UInt8] = []
    private(set) var ending: TLSSession.Reading?
    /// How many bytes pass at once from the client to the server.
    let step: Int

    /// - Parameter setUp: Says what the client is like, before the handshake.
    init(
        _ acceptor: TLSAcceptor,
        step: Int = .max,
        setUp: (_ context: OpaquePointer, _ client: OpaquePointer) -> Void = { _, _ in }
    ) throws {
        transport = TLSTransport(input: 65_536, output: 600_000)
        server = try TLSSession(acceptor: acceptor, transport: transport)
        guard let context = SSL_CTX_new(TLS_client_method()), let client = SSL_new(context),
            let input = BIO_new(BIO_s_mem()), let output = BIO_new(BIO_s_mem())
        else { throw Broken() }
        self.context = context
        self.client = client
        self.step = step
        SSL_set_bio(client, input, output)
        SSL_set_connect_state(client)
        setUp(context, client)
    }

    deinit {
        SSL_free(client)
        SSL_CTX_free(context)
    }

    var isHandedOver: Bool {
        if case .records = server.layer { true } else { false }
    }

    /// Shakes hands to the end, or throws.
    func shakeHands() throws {
        var state = TLSSession.Handshake.needsInput
        for _ in 0..<10 where state == .needsInput || SSL_is_init_finished(client) == 0 {
            _ = SSL_do_handshake(client)
            let sent = sentByClient()
            for piece in Self.pieces(of: sent, step) where state == .needsInput {
                give(piece)
                state = server.handshake()
                carryBack()
            }
        }
        guard state == .done, SSL_is_init_finished(client) == 1 else {
            ERR_clear_error()
            throw Broken()
        }
        readAsClient()
    }

    /// Has the client send `bytes` and the server read them.
    func send(_ bytes: [UInt8]) throws {
        guard bytes.isEmpty || SSL_write(client, bytes, Int32(bytes.count)) == Int32(bytes.count) else {
            throw Broken()
        }
        carry()
    }

    /// Carries what the client has written to the server, which reads it.
    func carry() {
        for piece in Self.pieces(of: sentByClient(), step) { carry(piece) }
    }

    /// Gives the server `bytes` as if they came from the client.
    func carry(_ bytes: [UInt8]) {
        give(bytes)
        var plain = [UInt8](repeating: 0, count: TLSSession.leastRoom)
        while ending == nil {
            switch plain.withUnsafeMutableBytes({ server.read(into: $0) }) {
            case .bytes(let count): taken += plain[..<count]
            case .needsInput: return
            case let other: ending = other
            }
        }
    }

    /// Has the server send `bytes` and the client read them.
    func answer(_ bytes: [UInt8]) throws {
        guard bytes.withUnsafeBytes({ server.write($0) }) else { throw Broken() }
        carryBack()
        readAsClient()
    }

    /// What the client has written and nobody has taken.
    func sentByClient() -> [UInt8] {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = BIO_read(SSL_get_wbio(client), &buffer, Int32(buffer.count))
            guard count > 0 else { return all }
            all += buffer[..<Int(count)]
        }
    }

    /// Carries the server's output to the client.
    func carryBack() {
        let bytes = transport.output.contents
        transport.output.clear()
        if !bytes.isEmpty { _ = BIO_write(SSL_get_rbio(client), bytes, Int32(bytes.count)) }
    }

    /// How the last read as the client ended (`SSL_get_error(3)`).
    @discardableResult
    func readAsClient() -> Int32 {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = SSL_read(client, &buffer, Int32(buffer.count))
            guard count > 0 else {
                let reason = SSL_get_error(client, count)
                ERR_clear_error()
                return reason
            }
            received += buffer[..<Int(count)]
        }
    }

    func forget() {
        received = []
        taken = []
    }

    private func give(_ bytes: [UInt8]) {
        transport.input.compact()
        _ = transport.input.append(bytes)
    }

    private static func pieces(of bytes: [UInt8], _ step: Int) -> [[UInt8]] {
        guard step < bytes.count else { return bytes.isEmpty ? [] : [bytes] }
        return stride(from: 0, to: bytes.count, by: step).map { Array(bytes[$0..<min($0 + step, bytes.count)]) }
    }
}

/// A self-signed pair and what makes sessions with it.
struct MemoryServer {
    let directory: TemporaryDirectory
    let acceptor: TLSAcceptor

    init() throws {
        directory = try TemporaryDirectory()
        let pair = try SelfSigned.make(names: ["localhost"])
        let files = (directory.appending("cert.pem"), directory.appending("key.pem"))
        try Data(pair.certificate).write(to: URL(fileURLWithPath: files.0))
        try Data(pair.key).write(to: URL(fileURLWithPath: files.1))
        let now = Int64(Date().timeIntervalSince1970)
        acceptor = try TLSContext(certificateFile: files.0, keyFile: files.1, now: now).makeAcceptor()
    }
}
