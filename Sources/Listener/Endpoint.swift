package import OpenSSL
package import Platform

/// Where a server listens, and what it speaks there.
package enum Endpoint: Sendable {
    /// HTTPS on `HOST:PORT`.
    case tls(String, TLSContext)
    /// HTTP on `HOST:PORT`.
    case plain(String)
    /// HTTP on a Unix socket at this path, for its owner alone; a socket that a killed process left is replaced.
    case unix(String)

    /// Takes `127.0.0.1:8443`, `[::]:8443`, or `:8443` for all addresses; port 0 lets the system choose.
    package static func address(parsing text: String) throws(ListenerError) -> SocketAddress {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw .badAddress(text)
        }
        var host = text[..<colon]
        if host.isEmpty { host = "[::]" }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            // Without brackets the last group would be taken for the port.
            throw .badAddress(text)
        }
        if host == "localhost" { host = "127.0.0.1" }
        guard let address = SocketAddress(literal: String(host), port: port) else { throw .badAddress(text) }
        return address
    }
}

/// A bound socket; a Unix socket's name goes with it.
final class ListeningSocket: Sendable {
    private let descriptor: FileDescriptor
    /// What it is bound to; the real port where 0 was asked for.
    let address: SocketAddress

    var number: Int32 { descriptor.number }

    init(_ endpoint: Endpoint) throws(ListenerError) {
        switch endpoint {
        case .tls(let text, _), .plain(let text):
            let wanted = try Endpoint.address(parsing: text)
            do throws(SystemError) {
                descriptor = try Self.open(wanted)
                address = try Socket.localAddress(of: descriptor.number)
            } catch {
                throw Self.explain(error, text)
            }
        case .unix(let path):
            if UnixSocketFile.isStale(path) { UnixSocketFile.remove(path) }
            do throws(SystemError) {
                descriptor = try Socket.listen(on: .unix(path: path))
            } catch {
                throw Self.explain(error, path)
            }
            address = .unix(path: path)
        }
    }

    deinit {
        if case .unix(let path) = address { UnixSocketFile.remove(path) }
    }

    /// All addresses of both families, or of IPv4 where the host has no IPv6.
    private static func open(_ address: SocketAddress) throws(SystemError) -> FileDescriptor {
        do throws(SystemError) {
            return try Socket.listen(on: address)
        } catch {
            guard case .v6(let bytes, let port) = address, bytes.allSatisfy({ $0 == 0 }),
                Socket.isMissingFamily(error.code)
            else { throw error }
            return try Socket.listen(on: .v4([0, 0, 0, 0], port: port))
        }
    }

    private static func explain(_ error: SystemError, _ address: String) -> ListenerError {
        if Socket.isInUse(error.code) { return .inUse(address) }
        if Socket.isForbidden(error.code) { return .forbidden(address) }
        if Socket.isMissingFamily(error.code) { return .notLocal(address) }
        return .failed(address: address, error)
    }
}
