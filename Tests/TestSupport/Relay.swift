import Foundation
import Glibc
import Synchronization

/// A TCP relay on loopback in front of a real server: counts what passes, and cuts connections where a test says.
///
/// Each side may speak anything; requests are counted for HTTP/1.1 in the clear, which knows no two at once on one
/// connection.
package final class Relay: Sendable {
    /// What has passed so far.
    package struct Counts: Sendable {
        package var connections = 0
        package var cuts = 0
        /// In bytes, heads of answers included.
        package var toClients = 0
        package var fromServer = 0
        package var requests = 0
        /// Requests without any byte of an answer yet, now and at most.
        package var outstanding = 0
        package var mostOutstanding = 0
    }

    private final class Shared: Sendable {
        let counts = Mutex(Counts())
        /// Totals of `toClients` at which the connection that reaches them is cut, in ascending order.
        let cuts: Mutex<[Int]>
        let open = Mutex<Set<Int32>>([])

        init(cuts: [Int]) { self.cuts = Mutex(cuts) }
    }

    /// `127.0.0.1:PORT`.
    package let host: String
    private let listener: Int32
    private let shared: Shared

    /// - Parameters:
    ///   - server: `127.0.0.1:PORT`.
    ///   - cuts: after how many bytes to clients in all a connection is cut; every other one is reset, the rest closed.
    package init(to server: String, cuts: [Int] = []) throws {
        let shared = Shared(cuts: cuts.sorted())
        self.shared = shared
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        // What was sent and not taken is lost with a reset: as little of it as a real network has on its way.
        var size: Int32 = 64 << 10
        setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        guard let port = Self.listen(listener), let target = UInt16(server.split(separator: ":").last ?? "") else {
            throw Command.Failure(description: "can't relay to \(server): errno \(errno)")
        }
        host = "127.0.0.1:\(port)"
        let listener = listener
        Thread.detachNewThread {
            while true {
                let client = accept(listener, nil, nil)
                if client < 0, errno == EINTR || errno == ECONNABORTED { continue }
                guard client >= 0 else { break }
                Self.relay(client, to: target, shared)
            }
            close(listener)
        }
    }

    deinit {
        Glibc.shutdown(listener, Int32(SHUT_RDWR))
        for connection in shared.open.withLock({ $0 }) { Glibc.shutdown(connection, Int32(SHUT_RDWR)) }
    }

    package var counts: Counts { shared.counts.withLock { $0 } }

    /// Begins to count anew.
    package func reset() { shared.counts.withLock { $0 = Counts() } }

    private static func address(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = port.bigEndian
        return address
    }

    private static func listen(_ listener: Int32) -> UInt16? {
        var address = address(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && Glibc.listen(listener, 64) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        return isBound ? UInt16(bigEndian: address.sin_port) : nil
    }

    private static func connect(_ port: UInt16) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        var address = address(port)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                Glibc.connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        if isConnected { return descriptor }
        close(descriptor)
        return nil
    }

    /// One connection: a thread for each direction; the second one to end closes both sockets.
    private static func relay(_ client: Int32, to port: UInt16, _ shared: Shared) {
        guard let server = connect(port) else {
            close(client)
            return
        }
        shared.counts.withLock { $0.connections += 1 }
        shared.open.withLock { $0.formUnion([client, server]) }
        let connection = Connection(client: client, server: server, shared: shared)
        Thread.detachNewThread { connection.passRequests() }
        Thread.detachNewThread { connection.passAnswers() }
    }

    private final class Connection: Sendable {
        private let client: Int32
        private let server: Int32
        private let shared: Shared
        private let isWaiting = Mutex(false)

        init(client: Int32, server: Int32, shared: Shared) {
            self.client = client
            self.server = server
            self.shared = shared
        }

        deinit {
            waits(false)
            shared.open.withLock { $0.subtract([client, server]) }
            close(client)
            close(server)
        }

        func passRequests() {
            while let bytes = read(client) {
                waits(true)
                guard send(bytes[...], to: server) else { break }
            }
            shutdown()
        }

        func passAnswers() {
            while let bytes = read(server) {
                waits(false)
                let (share, isCut) = shared.counts.withLock { counts in
                    counts.fromServer += bytes.count
                    let share = shared.cuts.withLock { cuts -> Int in
                        guard let cut = cuts.first, counts.toClients + bytes.count >= cut else { return bytes.count }
                        cuts.removeFirst()
                        return max(0, cut - counts.toClients)
                    }
                    counts.toClients += share
                    if share < bytes.count { counts.cuts += 1 }
                    return (share, share < bytes.count ? counts.cuts : nil)
                }
                guard send(bytes.prefix(share), to: client) else { break }
                guard let number = isCut else { continue }
                if number % 2 == 0 {
                    // Disconnecting at once sends a reset.
                    var linger = linger(l_onoff: 1, l_linger: 0)
                    setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
                    var nowhere = sockaddr()
                    nowhere.sa_family = sa_family_t(AF_UNSPEC)
                    Glibc.connect(client, &nowhere, socklen_t(MemoryLayout<sockaddr>.size))
                }
                break
            }
            shutdown()
        }

        private func waits(_ waits: Bool) {
            let change = isWaiting.withLock { waiting in
                defer { waiting = waits }
                return waiting == waits ? 0 : waits ? 1 : -1
            }
            guard change != 0 else { return }
            shared.counts.withLock { counts in
                counts.outstanding += change
                counts.requests += max(0, change)
                counts.mostOutstanding = max(counts.mostOutstanding, counts.outstanding)
            }
        }

        private func shutdown() {
            Glibc.shutdown(client, Int32(SHUT_RDWR))
            Glibc.shutdown(server, Int32(SHUT_RDWR))
        }

        private func read(_ descriptor: Int32) -> [UInt8]? {
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            return count > 0 ? Array(buffer[..<count]) : nil
        }

        private func send(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
            var rest = bytes
            while !rest.isEmpty {
                let sent = rest.withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard sent > 0 else { return false }
                rest = rest.dropFirst(sent)
            }
            return true
        }
    }
}
