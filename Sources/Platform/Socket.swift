internal import CPlatform
internal import Glibc

/// Stream sockets, by their numbers: an event loop keeps many of them in a table of its own.
package enum Socket {
    /// What one transfer came to.
    package enum Transfer: Equatable, Sendable {
        /// So many bytes; 0 on reception is the end of the stream.
        case bytes(Int)
        /// Nothing now: wait for the next event.
        case blocked
        /// The connection is gone, with this `errno`.
        case failed(Int32)
    }

    /// Opens a socket that listens on `address`, without blocking.
    ///
    /// An IPv6 socket takes IPv4 connections as well; a Unix socket's name gets mode 0600. Small answers leave at once (`TCP_NODELAY`, which accepted
    /// connections inherit).
    ///
    /// - Parameter backlog: How many connections may wait to be accepted.
    /// - Throws: ``SystemError`` with `EADDRINUSE`, `EAFNOSUPPORT` (no IPv6), `EACCES`, `ENAMETOOLONG` (Unix path).
    package static func listen(on address: SocketAddress, backlog: Int32 = 4096) throws(SystemError) -> FileDescriptor {
        let subject = address.description
        let family =
            switch address {
            case .v4: AF_INET
            case .v6: AF_INET6
            case .unix: AF_UNIX
            }
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let socket = FileDescriptor(
            owning: try systemCall("socket", on: subject) { Glibc.socket(family, type, 0) }
        )
        let number = socket.number
        if family != AF_UNIX {
            try set(number, SOL_SOCKET, SO_REUSEADDR, 1, on: subject)
            try set(number, Int32(IPPROTO_TCP), TCP_NODELAY, 1, on: subject)
        }
        // Linux gives the name of a Unix socket the mode that the socket itself has: only the owner may connect.
        if family == AF_UNIX { _ = try systemCall("fchmod", on: subject) { fchmod(number, 0o600) } }
        if family == AF_INET6 { try set(number, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0, on: subject) }
        try withShortName(address) { (address) throws(SystemError) in
            _ = try systemCall("bind", on: subject) {
                let result = address.withKernelForm { Glibc.bind(number, $0, $1) }
                if let result { return result }
                errno = ENAMETOOLONG
                return -1
            }
        }
        _ = try systemCall("listen", on: subject) { Glibc.listen(number, backlog) }
        return socket
    }

    /// Gives `body` the address, with the name of a Unix socket in a form that fits.
    private static func withShortName(
        _ address: SocketAddress,
        _ body: (SocketAddress) throws(SystemError) -> Void
    ) throws(SystemError) {
        guard case .unix(let path) = address else { return try body(address) }
        try UnixSocketFile.withShortName(path) { (path) throws(SystemError) in try body(.unix(path: path)) }
    }

    /// Opens a connection to `address` and waits until it stands: for tools and tests, never on an event loop.
    package static func connect(to address: SocketAddress) throws(SystemError) -> FileDescriptor {
        let subject = address.description
        let family =
            switch address {
            case .v4: AF_INET
            case .v6: AF_INET6
            case .unix: AF_UNIX
            }
        let socket = FileDescriptor(
            owning: try systemCall("socket", on: subject) {
                Glibc.socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            }
        )
        let number = socket.number
        try withShortName(address) { (address) throws(SystemError) in
            _ = try systemCall("connect", on: subject) {
                let result = address.withKernelForm { Glibc.connect(number, $0, $1) }
                if let result { return result }
                errno = ENAMETOOLONG
                return -1
            }
        }
        return socket
    }

    /// The address that a socket is bound to; the port is the real one where 0 was asked for.
    package static func localAddress(of number: Int32) throws(SystemError) -> SocketAddress {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        _ = try systemCall("getsockname") {
            withUnsafeMutablePointer(to: &storage) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(number, $0, &length) }
            }
        }
        return SocketAddress(storage)
    }

    /// The address that a connection comes from; `nil` where it is gone, or a Unix socket.
    package static func peerAddress(of number: Int32) -> SocketAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(number, $0, &length) }
        }
        guard result == 0, Int32(storage.ss_family) != AF_UNIX else { return nil }
        return SocketAddress(storage)
    }

    /// Takes the next waiting connection, non-blocking; `nil` where none waits.
    ///
    /// - Parameter origin: Becomes where the connection comes from.
    /// - Throws: ``SystemError`` with `EMFILE` or `ENFILE` where descriptors have run out. Connections that broke while
    ///   they waited are skipped.
    package static func accept(on number: Int32, origin: inout Origin) throws(SystemError) -> FileDescriptor? {
        while true {
            var storage = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let accepted = specman_accept(number, &storage, &length)
            if accepted >= 0 {
                origin = Origin(storage)
                return FileDescriptor(owning: accepted)
            }
            switch errno {
            case EAGAIN: return nil
            // A connection's own trouble, not the socket's (accept(2), "Error handling").
            case EINTR, ECONNABORTED, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, EOPNOTSUPP,
                ENETUNREACH, EPERM:
                continue
            case let code: throw SystemError(call: "accept4", code: code)
            }
        }
    }

    /// How many of the bytes that were sent the peer has not acknowledged yet (`SIOCOUTQ`, `tcp(7)`); 0 where the
    /// connection is gone.
    package static func unacknowledged(_ number: Int32) -> Int {
        max(0, Int(specman_unacknowledged(number)))
    }

    /// Receives what is there, up to `buffer.count` bytes (`recv(2)`).
    package static func receive(_ number: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        while true {
            let count = recv(number, buffer.baseAddress, buffer.count, 0)
            if count >= 0 { return .bytes(count) }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .blocked
            case let code: return .failed(code)
            }
        }
    }

    /// Sends what the kernel takes of `bytes` (`send(2)` with `MSG_NOSIGNAL`).
    package static func send(_ number: Int32, _ bytes: UnsafeRawBufferPointer) -> Transfer {
        while true {
            let count = Glibc.send(number, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if count >= 0 { return .bytes(count) }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .blocked
            case let code: return .failed(code)
            }
        }
    }

    /// Has the connection end with a reset once it is closed, and drop what is still to be sent: of a peer that takes nothing,
    /// the kernel would keep megabytes for minutes (`socket(7)`, `SO_LINGER`).
    package static func resetOnClose(_ number: Int32) {
        var option = linger(l_onoff: 1, l_linger: 0)
        // The connection may be gone already, which is as good.
        _ = setsockopt(number, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    /// Tells the peer that nothing more will be sent.
    package static func finishSending(_ number: Int32) {
        // The connection may be gone already, which is as good.
        _ = shutdown(number, Int32(SHUT_WR))
    }

    /// Whether `code` says that the host has no such address family.
    package static func isMissingFamily(_ code: Int32) -> Bool {
        code == EAFNOSUPPORT || code == EADDRNOTAVAIL
    }

    /// Whether `code` says that another socket is bound to the address.
    package static func isInUse(_ code: Int32) -> Bool { code == EADDRINUSE }

    /// Whether `code` says that a right is missing.
    package static func isForbidden(_ code: Int32) -> Bool { code == EACCES || code == EPERM }

    private static func set(
        _ number: Int32,
        _ level: Int32,
        _ name: Int32,
        _ value: Int32,
        on subject: String
    ) throws(SystemError) {
        var value = value
        _ = try systemCall("setsockopt", on: subject) {
            setsockopt(number, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
        }
    }
}
