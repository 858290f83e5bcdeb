package import GRDB
internal import Synchronization

/// One statement with a connection of its own, for whoever comes: through GRDB's queue and its cache of statements, a row
/// takes twice as long to be read.
package final class SharedStatement: @unchecked Sendable {
    private let connection: DatabaseQueue
    /// Whoever has it has connection and statement for himself.
    private let lock = Mutex(())
    private var statement: Statement?

    /// Opens the connection and prepares the statement.
    ///
    /// - Throws: GRDB's `DatabaseError`.
    package init(_ sql: String, path: String, configuration: Configuration) throws {
        connection = try DatabaseQueue(path: path, configuration: configuration)
        statement = nil
        try connection.unsafeRead { statement = try $0.makeStatement(sql: sql) }
    }

    /// Calls `body` with the statement; `nil` where somebody else is using it, who may have to wait for the disk, or it is
    /// closed.
    package func useIfFree<Value: Sendable>(_ body: (consuming RowStatement) throws -> Value) throws -> Value? {
        let value = try lock.withLockIfAvailable { _ throws -> Value? in
            try statement.map { try body(RowStatement($0)) }
        }
        return value ?? nil
    }

    /// Closes the connection, when nobody uses it any more.
    package func close() {
        // A connection with a statement that is still there can't be closed.
        lock.withLock { _ in statement = nil }
        // What a connection that is not closed keeps, it keeps until it is let go of.
        try? connection.close()
    }
}
