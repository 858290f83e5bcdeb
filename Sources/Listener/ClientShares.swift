internal import Platform
internal import Synchronization

/// How many connections each client has on an endpoint. Asked when a connection is accepted and when one ends, never
/// for a request.
final class ClientShares: Sendable {
    private let counts = Mutex<[Origin: Int]>([:])
    private let limit: Int

    /// - Parameter limit: Connections at a time of one client.
    init(limit: Int) {
        self.limit = limit
    }

    /// Counts another connection; `false` where the client has its share already.
    func take(_ origin: Origin) -> Bool {
        counts.withLock { counts in
            let count = counts[origin, default: 0]
            guard count < limit else { return false }
            counts[origin] = count + 1
            return true
        }
    }

    /// Counts one connection less. A client without connections is forgotten, so that the table stays as small as
    /// the number of connections.
    func giveBack(_ origin: Origin) {
        counts.withLock { counts in
            let count = counts[origin, default: 0]
            counts[origin] = count > 1 ? count - 1 : nil
        }
    }
}
