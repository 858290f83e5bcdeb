import GRDB
import SQLite
import TestSupport
import Testing

@Suite struct SharedStatementTests {
    /// A table whose rows are its own numbers.
    private func database(in directory: TemporaryDirectory, rows: Int = 10) throws -> String {
        let path = directory.appending("t.sqlite")
        let queue = try DatabaseQueue(path: path)
        try queue.write { database in
            try database.execute(sql: "CREATE TABLE t (number INTEGER PRIMARY KEY, rest BLOB)")
            for number in 0..<rows {
                try database.execute(sql: "INSERT INTO t VALUES (?, zeroblob(500))", arguments: [number])
            }
        }
        try queue.close()
        return path
    }

    private func statement(_ path: String) throws -> SharedStatement {
        var configuration = Configuration()
        configuration.readonly = true
        return try SharedStatement("SELECT number FROM t WHERE number = ?", path: path, configuration: configuration)
    }

    private func find(_ number: Int64, _ statement: SharedStatement) throws -> Int64? {
        try statement.useIfFree { row in
            try row.bind(number, at: 1)
            return try row.step() ? row.integer(0) : nil
        } ?? nil
    }

    @Test func isThereForOneAtATime() throws {
        let directory = try TemporaryDirectory()
        let statement = try statement(database(in: directory))
        let inner = try statement.useIfFree { row in
            try row.bind(3, at: 1)
            #expect(try row.step())
            return try find(4, statement)
        }
        #expect(inner == .some(nil))
        // What was left in the middle is at its beginning again.
        #expect(try find(4, statement) == 4)
        #expect(try find(10, statement) == nil)
        #expect(throws: CancellationError.self) { try statement.useIfFree { _ in throw CancellationError() } }
        #expect(try find(5, statement) == 5)
    }

    @Test func isClosedForGood() throws {
        let directory = try TemporaryDirectory()
        let statement = try statement(database(in: directory))
        #expect(try find(5, statement) == 5)
        statement.close()
        #expect(try find(5, statement) == nil)
        statement.close()
    }

    @Test(.enabled(if: ColdFile.isPossible, "only where files can be taken from the page cache"))
    func givesUpWhereTheDiskIsNeeded() throws {
        let directory = try TemporaryDirectory()
        let path = try database(in: directory, rows: 4000)
        let statement = try statement(path)
        var given = 0
        for number: Int64 in stride(from: 0, to: 4000, by: 100) {
            try ColdFile.make(path)
            do {
                // The disk may be quicker than the question: then there is nothing to wait for.
                #expect(try CachedPages.only { try find(number, statement) } ?? nil == number)
            } catch let error as DatabaseError {
                #expect(error.resultCode == .SQLITE_IOERR)
                given += 1
            }
            #expect(try find(number, statement) == number)
            #expect(try CachedPages.only { try find(number, statement) } ?? nil == number)
        }
        #expect(given > 0)
    }
}
