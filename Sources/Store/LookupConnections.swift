internal import GRDB
internal import Platform
internal import SQLite
internal import Synchronization

/// The index's connections for the look-ups that requests make: one row by its key.
///
/// Of such a look-up through GRDB's pool more than half goes into the pool: a queue, two locks, and a question whether the
/// schema has changed, which it can't while the daemon has the volume. These go from hand to hand.
final class LookupConnections: Sendable {
    /// What requests use at a time while nothing is blocked, and no more than that: each may hold 2 MiB of pages.
    private static let most = 8

    private let idle: Mutex<[LookupConnection]>

    /// Opens them all: opened when they are needed, they would meet what has become of the file's name meanwhile.
    init(path: String, configuration: Configuration) throws {
        var configuration = configuration
        configuration.readonly = true
        // Who may wait for a lock asks the pool.
        configuration.busyMode = .immediateError
        let connections = try (0..<min(Processors.count, Self.most)).map { _ in
            try LookupConnection(path: path, configuration: configuration)
        }
        idle = Mutex(connections)
    }

    /// Calls `body` with a connection that nobody else uses, without a transaction; `nil` where all are in use, or somebody
    /// else has locked the index.
    func read<Value>(_ body: (borrowing RowFinder) throws -> Value) throws -> Value? {
        guard let connection = idle.withLock({ $0.popLast() }) else { return nil }
        defer { idle.withLock { $0.append(connection) } }
        do {
            return try connection.read(body)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            return nil
        }
    }

    /// The same, but without waiting for the disk: `nil` where it is needed, too.
    func readAtOnce<Value>(_ body: (borrowing RowFinder) throws -> Value) throws -> Value? {
        do {
            return try CachedPages.only { try read(body) } ?? nil
        } catch let error as DatabaseError where error.resultCode == .SQLITE_IOERR {
            return nil
        }
    }

    /// Closes those that nobody uses.
    func close() {
        let connections = idle.withLock { idle in
            defer { idle = [] }
            return idle
        }
        for connection in connections { connection.close() }
    }
}

/// One of them, with the one statement that it is for: through GRDB's queue and its cache of statements, each look-up would
/// take twice as long.
///
/// Used by one thread at a time: whoever has taken it out of ``LookupConnections``.
private final class LookupConnection: @unchecked Sendable {
    private let connection: DatabaseQueue
    private var rows: RowFinder?

    init(path: String, configuration: Configuration) throws {
        connection = try DatabaseQueue(path: path, configuration: configuration)
        try connection.unsafeRead { rows = try RowFinder($0) }
    }

    func read<Value>(_ body: (borrowing RowFinder) throws -> Value) throws -> Value? {
        switch rows {
        case .some(let rows): try body(rows)
        case .none: nil
        }
    }

    func close() {
        // A connection with a statement that is still there can't be closed.
        rows = nil
        // What a connection that is not closed keeps, it keeps until it is let go of.
        try? connection.close()
    }
}
