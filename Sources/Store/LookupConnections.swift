internal import GRDB
internal import Platform
internal import Synchronization

/// The index's connections for the look-ups that requests make: one row by its key.
///
/// Of such a look-up through GRDB's pool more than half goes into the pool: a queue, two locks, and a question whether the
/// schema has changed, which it can't while the daemon has the volume. These go from hand to hand.
final class LookupConnections: Sendable {
    /// What requests use at a time while nothing is blocked, and no more than that: each may hold 2 MiB of pages.
    private static let most = 8

    private let idle: Mutex<[DatabaseQueue]>

    /// Opens them all: opened when they are needed, they would meet what has become of the file's name meanwhile.
    init(path: String, configuration: Configuration) throws {
        var configuration = configuration
        configuration.readonly = true
        let connections = try (0..<min(Processors.count, Self.most)).map { _ in
            try DatabaseQueue(path: path, configuration: configuration)
        }
        idle = Mutex(connections)
    }

    /// Calls `body` with a connection that nobody else uses, without a transaction; `nil` where all are in use.
    func read<Value>(_ body: (Database) throws -> Value) throws -> Value? {
        guard let connection = idle.withLock({ $0.popLast() }) else { return nil }
        defer { idle.withLock { $0.append(connection) } }
        return try connection.unsafeRead(body)
    }

    /// Closes those that nobody uses.
    func close() {
        let connections = idle.withLock { idle in
            defer { idle = [] }
            return idle
        }
        // What a connection that is not closed keeps, it keeps until it is let go of.
        for connection in connections { try? connection.close() }
    }
}
