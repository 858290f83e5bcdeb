import Dispatch
import Foundation
import Glibc
import Synchronization

/// Loads that wrk has not: handshakes, large downloads, connections that only wait.
enum Clients {
    /// Connects, asks for a small file and leaves, over and over, for `seconds`, from a thread for each of the clients.
    ///
    /// - Returns: connections a second, and their number.
    static func handshakes(
        _ port: UInt16,
        resumed: Bool,
        clients: Int,
        seconds: Double
    ) throws -> (rate: Double, count: Double) {
        let context = try TLSClient.Context()
        let start = ContinuousClock.now
        let end = start.advanced(by: .seconds(seconds))
        let count = try together(clients) { buffer in
            var count = 0
            var session: TLSClient.Session?
            while ContinuousClock.now < end {
                let client = try TLSClient(port: port, context: context, resuming: session)
                guard resumed == client.isResumed || (resumed && session == nil) else {
                    throw BenchmarkError("port \(port): a handshake was \(resumed ? "not " : "")resumed")
                }
                _ = try client.get(BenchmarkTree.smallPath, into: buffer)
                // The ticket comes after the handshake (RFC 8446 section 4.6.1), so it is read with the answer.
                if resumed { session = client.ticket }
                count += 1
            }
            return count
        }
        return (Double(count) / ContinuousClock.now.seconds(since: start), Double(count))
    }

    /// Fetches the large file with `clients` at once.
    ///
    /// - Returns: MiB a second, and MiB in all.
    static func download(_ port: UInt16, clients: Int, seconds: Double) throws -> (rate: Double, mebibytes: Double) {
        let context = try TLSClient.Context()
        let start = ContinuousClock.now
        let end = start.advanced(by: .seconds(seconds))
        let bytes = try together(clients) { buffer in
            let client = try TLSClient(port: port, context: context)
            var bytes = 0
            repeat {
                bytes += try client.get(BenchmarkTree.largePath, into: buffer)
            } while ContinuousClock.now < end
            return bytes
        }
        let mebibytes = Double(bytes) / Double(1 << 20)
        return (mebibytes / ContinuousClock.now.seconds(since: start), mebibytes)
    }

    /// Opens connections that have asked once and wait.
    ///
    /// - Parameter atOnce: how many come together: as many shake hands at the same time.
    /// - Returns: what each takes of the server's memory, in KiB.
    static func idle(_ server: ServerUnderTest, connections: Int, atOnce: Int) throws -> Double {
        let context = try TLSClient.Context()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { buffer.deallocate() }
        func open(_ count: Int, atOnce: Int) throws -> [TLSClient] {
            var clients: [TLSClient] = []
            while clients.count < count {
                let group = try (0..<min(atOnce, count - clients.count)).map { _ in
                    try TLSClient(connectingTo: server.port, context: context)
                }
                for client in group { client.greet() }
                for client in group {
                    try client.shakeHands()
                    _ = try client.get(BenchmarkTree.smallPath, into: buffer)
                }
                clients += group
            }
            return clients
        }
        // The first ones pay for what all share.
        let warm = try open(100, atOnce: 1)
        let before = server.tree.memory
        let clients = try open(connections, atOnce: atOnce)
        // What a server gives back once it is quiet, it has given back by then.
        sleep(3)
        let after = server.tree.memory
        withExtendedLifetime((warm, clients)) {}
        return (after - before) / Double(connections)
    }

    private final class Tally: Sendable {
        let total = Mutex(0)
        let failure = Mutex<(any Error)?>(nil)
    }

    /// Runs `work` on `threads` threads of its own, all at the same time, and adds up. (Dispatch's `concurrentPerform` would
    /// run no more of them at once than there are processors.)
    private static func together(
        _ threads: Int,
        _ work: @escaping @Sendable (UnsafeMutableRawBufferPointer) throws -> Int
    ) throws -> Int {
        let tally = Tally()
        let group = DispatchGroup()
        for _ in 0..<threads {
            group.enter()
            Thread.detachNewThread {
                let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
                defer {
                    buffer.deallocate()
                    group.leave()
                }
                do {
                    let count = try work(buffer)
                    tally.total.withLock { $0 += count }
                } catch {
                    tally.failure.withLock { $0 = error }
                }
            }
        }
        group.wait()
        if let failure = tally.failure.withLock({ $0 }) { throw failure }
        return tally.total.withLock { $0 }
    }
}
