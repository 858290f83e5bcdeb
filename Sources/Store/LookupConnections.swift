internal import GRDB
internal import Platform
internal import SQLite
internal import Synchronization

/// The index's connections for the look-ups that requests make: one row by its key.
///
/// Of such a look-up through GRDB's pool more than half goes into the pool: a queue, two locks, and a question whether the
/// schema has changed, which it can't while the daemon has the volume. Here whoever comes takes the first one that is free.
final class LookupConnections: Sendable {
    /// What requests use at a time while nothing is blocked, and no more than that: each may hold 2 MiB of pages.
    private static let most = 8

    private let statements: [SharedStatement]

    /// Opens them all: opened when they are needed, they would meet what has become of the file's name meanwhile.
    init(path: String, configuration: Configuration) throws {
        var configuration = configuration
        configuration.readonly = true
        // Who may wait for a lock asks the pool.
        configuration.busyMode = .immediateError
        statements = try (0..<min(Processors.count, Self.most)).map { _ in
            try SharedStatement(RowFinder.query, path: path, configuration: configuration)
        }
    }

    /// Calls `body` with a connection that nobody else uses, without a transaction; `nil` where all are in use, or somebody
    /// else has locked the index.
    func read<Value: Sendable>(_ body: (borrowing RowFinder) throws -> Value) throws -> Value? {
        for statement in statements {
            do {
                if let value = try statement.useIfFree({ try body(RowFinder($0)) }) { return value }
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
                return nil
            }
        }
        return nil
    }

    /// The same, but without waiting for the disk: `nil` where it is needed, too.
    func readAtOnce<Value: Sendable>(_ body: (borrowing RowFinder) throws -> Value) throws -> Value? {
        do {
            return try CachedPages.only { try read(body) } ?? nil
        } catch let error as DatabaseError where error.resultCode == .SQLITE_IOERR {
            return nil
        }
    }

    /// Closes them, once nobody looks anything up any more.
    func close() {
        for statement in statements { statement.close() }
    }
}
