import GRDB
import SQLite
import Testing

@Suite struct RowStatementTests {
    private func database<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try DatabaseQueue().write { database in
            try database.execute(
                sql: "CREATE TABLE t (name BLOB NOT NULL PRIMARY KEY, number INTEGER NOT NULL, rest BLOB)"
            )
            return try body(database)
        }
    }

    private func insert(_ rows: [(name: [UInt8], number: Int64, rest: [UInt8]?)], _ database: Database) throws {
        let statement = RowStatement(try database.cachedStatement(sql: "INSERT INTO t VALUES (?, ?, ?)"))
        for row in rows {
            try statement.bind(row.name.span.bytes, at: 1)
            try statement.bind(row.number, at: 2)
            if let rest = row.rest { try statement.bind(rest.span.bytes, at: 3) } else { try statement.bindNull(at: 3) }
            #expect(try !statement.step())
            statement.reset()
        }
    }

    /// What GRDB reads is what was bound: empty bytes are no NULL, and NUL is a byte.
    @Test func whatIsBoundIsWhatIsRead() throws {
        let rows: [(name: [UInt8], number: Int64, rest: [UInt8]?)] = [
            ([], .min, nil), ([0, 1, 0xFF], .max, []), ([UInt8](repeating: 7, count: 5000), 0, [0]),
        ]
        try database { database in
            try insert(rows, database)
            #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM t WHERE rest IS NULL") == 1)
            let sql = "SELECT name, number, rest FROM t WHERE name = ?"
            for row in rows {
                let statement = RowStatement(try database.cachedStatement(sql: sql))
                try statement.bind(row.name.span.bytes, at: 1)
                #expect(try statement.step())
                #expect(statement.bytes(0) == row.name)
                #expect(statement.integer(1) == row.number)
                #expect(statement.bytes(2) == row.rest)
                #expect(try !statement.step())
            }
        }
    }

    /// One that is let go of in the middle is ready for the next who takes it from GRDB's cache.
    @Test func aStatementLeftInTheMiddleIsReset() throws {
        try database { database in
            try insert([([1], 1, nil), ([2], 2, nil)], database)
            for _ in 0..<2 {
                let statement = RowStatement(try database.cachedStatement(sql: "SELECT number FROM t ORDER BY name"))
                #expect(try statement.step())
                #expect(statement.integer(0) == 1)
            }
        }
    }

    @Test func failuresAreGRDBs() throws {
        try database { database in
            let error = #expect(throws: DatabaseError.self) {
                try insert([([1], 1, nil), ([1], 2, nil)], database)
            }
            #expect(error?.resultCode == .SQLITE_CONSTRAINT)
            #expect(error?.message?.contains("t.name") == true)
            let outOfRange = #expect(throws: DatabaseError.self) {
                try RowStatement(try database.cachedStatement(sql: "SELECT 1")).bind(1, at: 1)
            }
            #expect(outOfRange?.resultCode == .SQLITE_RANGE)
        }
    }
}
