package import GRDB
internal import GRDBSQLite

/// A prepared statement of GRDB's that is bound and read column by column, without a value of GRDB's for each: where rows
/// come by the ten thousand, those cost more than SQLite itself.
///
/// It belongs to its connection, as GRDB's statement does: to be used within the access to the database that gave it,
/// or by whoever has the connection for himself.
/// SQLite: `sqlite3_bind_*`, `sqlite3_step`, `sqlite3_column_*`.
package struct RowStatement: ~Copyable {
    /// Kept, as it owns the pointer.
    private let owner: Statement
    private let statement: OpaquePointer

    /// Takes a statement that nobody else is stepping through.
    package init(_ statement: Statement) {
        owner = statement
        self.statement = statement.sqliteStatement
        sqlite3_reset(self.statement)
    }

    deinit {
        // A statement that was left in the middle would keep its transaction open.
        sqlite3_reset(statement)
        sqlite3_clear_bindings(statement)
    }

    /// Binds the parameter at `index`, from 1.
    package func bind(_ value: Int64, at index: Int32) throws {
        try check(sqlite3_bind_int64(statement, index, value))
    }

    /// Binds the parameter at `index`, from 1, to a copy of `bytes`.
    package func bind(_ bytes: RawSpan, at index: Int32) throws {
        let code = bytes.withUnsafeBytes { buffer in
            // Without a pointer SQLite would bind NULL.
            guard let start = buffer.baseAddress, !buffer.isEmpty else {
                return sqlite3_bind_zeroblob(statement, index, 0)
            }
            return sqlite3_bind_blob64(statement, index, start, UInt64(buffer.count), Self.copied)
        }
        try check(code)
    }

    /// Binds the parameter at `index`, from 1, to NULL.
    package func bindNull(at index: Int32) throws {
        try check(sqlite3_bind_null(statement, index))
    }

    /// Goes on to the next row; whether there is one.
    ///
    /// - Throws: GRDB's `DatabaseError`.
    package func step() throws -> Bool {
        switch sqlite3_step(statement) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw failure(code)
        }
    }

    /// Makes the statement ready for other values.
    package func reset() {
        // What it returns is what the last step has failed with, and said.
        sqlite3_reset(statement)
    }

    /// The value in `column`, from 0; 0 for NULL.
    package func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

    /// The bytes in `column`, from 0; `nil` for NULL.
    package func bytes(_ column: Int32) -> [UInt8]? {
        guard sqlite3_column_type(statement, column) != SQLITE_NULL else { return nil }
        // The pointer is asked for first, as that may convert the value (SQLite, "Result Values From A Query").
        let start = sqlite3_column_blob(statement, column)
        let count = Int(sqlite3_column_bytes(statement, column))
        return Array(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
    }

    /// `SQLITE_TRANSIENT`, a macro with a cast: SQLite copies before it returns.
    private static var copied: sqlite3_destructor_type {
        unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    }

    private func check(_ code: Int32) throws {
        guard code == SQLITE_OK else { throw failure(code) }
    }

    private func failure(_ code: Int32) -> DatabaseError {
        let message = sqlite3_errmsg(sqlite3_db_handle(statement)).map { String(cString: $0) }
        return DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
    }
}
