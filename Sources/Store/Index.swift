internal import Content
internal import Foundation
internal import GRDB
internal import Platform
internal import Synchronization

/// The SQLite database that says what the releases hold.
///
/// Derived data: ``Volume`` rebuilds it from the release directories when it is lost or no sound database.
/// WAL with `synchronous=FULL`: a committed publication survives a power loss, and readers never wait for the writer.
final class Index: Sendable {
    static let fileName = "index.sqlite"

    /// Connections that read at the same time: the listener's workers, the two writers of a staging, and whoever asks it for
    /// members.
    private static let readers = 6
    /// Pages (4 KiB) in the log before it is folded into the database: 16 MiB, so that a bulk insert doesn't stop often.
    private static let checkpointPages = 4096

    /// Bytes that the log may keep once it is folded: a long read beside a bulk insert has it grow.
    private static let mostLog = 64 << 20
    /// Pages that no row uses are given back to the volume where there are this many of them, 64 MiB, and two of three are such:
    /// after a large release that came to nothing. Otherwise the next release takes them.
    private static let unusedPages = 16_384
    /// Pages given back in one transaction: some 10 ms.
    private static let pagesAtOnce = 2048

    /// Memory for pages of the connection that writes, in KiB: where a batch of rows doesn't fit, its pages go into the log
    /// and back several times.
    private static let writerCache = 8 << 10

    private let pool: DatabasePool
    /// For requests; `nil` beside a daemon.
    private let lookups: LookupConnections?
    private let path: String
    /// Set by the first sign of damage.
    private let isDamaged = Atomic(false)

    /// Opens the index at `path`, making it where it isn't there and may be written.
    init(path: String, readOnly: Bool) throws(StoreError) {
        self.path = path
        var configuration = Configuration()
        configuration.readonly = readOnly
        configuration.maximumReaderCount = Self.readers
        // Only commands beside the daemon meet its locks, at a checkpoint or a recovery.
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            guard !database.configuration.readonly else { return }
            // Of a new database; one without stays without, and to one that has it already it would be written once more, which
            // the disk would be waited for (SQLite, "PRAGMA auto_vacuum": 2 is incremental).
            if try Int.fetchOne(database, sql: "PRAGMA auto_vacuum") != 2 {
                try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
            }
            try database.execute(sql: "PRAGMA synchronous = FULL")
            try database.execute(sql: "PRAGMA journal_size_limit = \(Self.mostLog)")
            try database.execute(sql: "PRAGMA wal_autocheckpoint = \(Self.checkpointPages)")
            // Negative: in KiB (SQLite, "PRAGMA cache_size").
            try database.execute(sql: "PRAGMA cache_size = -\(Self.writerCache)")
        }
        do {
            pool = try DatabasePool(path: path, configuration: configuration)
            if !readOnly {
                try Self.migrator.migrate(pool)
                try Self.openReaders(of: pool)
            }
            lookups = readOnly ? nil : try LookupConnections(path: path, configuration: configuration)
        } catch {
            throw StoreError(doing: "opening the index", error)
        }
    }

    deinit {
        // Before the pool's, whose last one folds the log into the database and removes it: those that only read can't.
        lookups?.close()
    }

    /// Opens all connections that read, each from a thread of its own, as one thread may only use one.
    ///
    /// Opened when they are needed, they would meet what has become of the file's name meanwhile: what is open goes on
    /// when somebody removes the file.
    private static func openReaders(of pool: DatabasePool) throws {
        let (opened, done) = (DispatchGroup(), DispatchGroup())
        let failure = Mutex<(any Error)?>(nil)
        for _ in 0..<readers { opened.enter() }
        for _ in 0..<readers {
            done.enter()
            Thread {
                do {
                    try pool.unsafeRead { _ in
                        opened.leave()
                        // A connection that is given back would be given to the next thread.
                        opened.wait()
                    }
                } catch {
                    failure.withLock { $0 = error }
                    opened.leave()
                }
                done.leave()
            }.start()
        }
        done.wait()
        if let error = failure.withLock({ $0 }) { throw error }
    }

    /// Reads without a transaction: each statement sees one state, and the rows of a published release don't change.
    func read<Value>(_ doing: String, _ body: (Database) throws -> Value) throws(StoreError) -> Value {
        try attempt(doing) { try pool.unsafeRead(body) }
    }

    /// Reads as ``read(_:_:)`` does, a row or a few: what requests do.
    func lookUp<Value: Sendable>(
        _ doing: @autoclosure () -> String,
        _ body: (borrowing RowFinder) throws -> Value
    ) throws(StoreError) -> Value {
        try attempt(doing()) {
            try lookups?.read(body) ?? pool.unsafeRead { database in try body(try RowFinder(database)) }
        }
    }

    /// Reads as ``lookUp(_:_:)`` does, but without waiting for anything; `nil` where that can't be done, or fails: the other
    /// can say why.
    func lookUpAtOnce<Value: Sendable>(_ body: (borrowing RowFinder) throws -> Value?) -> Value? {
        try? lookups?.readAtOnce(body) ?? nil
    }

    /// Reads in one transaction: where there are many statements, taking SQLite's lock for each costs more than they do.
    func readTogether<Value>(_ doing: String, _ body: (Database) throws -> Value) throws(StoreError) -> Value {
        try attempt(doing) {
            try pool.unsafeRead { database in
                var value: Value?
                try database.inTransaction(.deferred) {
                    value = try body(database)
                    return .commit
                }
                guard let value else { throw StoreError.index(doing: doing, reason: "the transaction ended early") }
                return value
            }
        }
    }

    /// Writes in one durable transaction.
    func write<Value>(_ doing: String, _ body: (Database) throws -> Value) throws(StoreError) -> Value {
        try attempt(doing) { try pool.write(body) }
    }

    /// Writes in one transaction that a power loss may undo, until the next durable one makes both durable.
    ///
    /// SQLite: in WAL mode `synchronous=NORMAL` leaves out only the sync of the log at a commit; a later sync of the log
    /// covers all before it.
    func writeLazily<Value>(_ doing: String, _ body: (Database) throws -> Value) throws(StoreError) -> Value {
        try attempt(doing) {
            try pool.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = NORMAL")
                let result = Result {
                    var value: Value?
                    try database.inTransaction {
                        value = try body(database)
                        return .commit
                    }
                    return value
                }
                try database.execute(sql: "PRAGMA synchronous = FULL")
                guard let value = try result.get() else {
                    throw StoreError.index(doing: doing, reason: "the transaction ended early")
                }
                startWritingLog()
                return value
            }
        }
    }

    /// Has the disk begin with the log: the sync before it is folded into the database would wait for all of it at once, and
    /// a staging with it.
    ///
    /// SQLite has no lock on this file that closing it could end (`fcntl(2)`): those are on the database and its `-shm`.
    private func startWritingLog() {
        guard let log = try? FileDescriptor.open(path + "-wal", [.readOnly, .noFollow, .nonBlocking]) else { return }
        log.startWriting(from: 0, count: 0)
    }

    /// Gives the volume back what a great deal of removed rows took; does nothing where that isn't much.
    ///
    /// - Parameters:
    ///   - least: how many pages must be unused.
    ///   - goesOn: asked between two steps.
    func shrink(from least: Int = Index.unusedPages, while goesOn: () -> Bool) throws(StoreError) {
        let doing = "giving unused pages of the index back"
        var isSmaller = false
        while goesOn() {
            let isDone = try attempt(doing) {
                try pool.writeWithoutTransaction { database in
                    let unused = try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
                    let all = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
                    // Once begun, to the end.
                    guard isSmaller ? unused > 0 : unused >= least && unused > all / 3 * 2 else { return true }
                    try database.execute(sql: "PRAGMA incremental_vacuum(\(Self.pagesAtOnce))")
                    return try Int.fetchOne(database, sql: "PRAGMA freelist_count") == unused
                }
            }
            if isDone { break }
            isSmaller = true
        }
        guard isSmaller else { return }
        // The file is cut, and the log with it, unless somebody reads an old state: then the next checkpoint does it.
        _ = try? pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
    }

    /// Does `body`; where it meets a damaged database, leaves a mark that has the next start rebuild it.
    private func attempt<Value>(
        _ doing: @autoclosure () -> String,
        _ body: () throws -> Value
    ) throws(StoreError) -> Value {
        do throws(StoreError) {
            return try StoreError.attempt(doing(), body)
        } catch {
            if case .corruptIndex = error, !pool.configuration.readonly,
                !isDamaged.exchange(true, ordering: .relaxed)
            {
                let slash = path.lastIndex(of: "/") ?? path.startIndex
                // Where not even that can be written, the start meets the same error and does the same.
                try? WholeFile.write([], to: path[..<slash] + "/" + VolumeLayout.rebuildMark)
            }
            throw error
        }
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 releases, files, history") { database in
            try database.execute(sql: schema)
        }
        migrator.registerMigration("2 findings") { database in
            try database.execute(sql: findingsSchema)
        }
        migrator.registerMigration("3 members") { database in
            try database.execute(sql: membersSchema)
        }
        return migrator
    }

    /// `files` is kept in the order of its key: a path is found in one descent, and a directory is one range.
    /// A release's rows are invisible until its row in `releases` is there. `kind`: 0 file, 1 directory, 2 link.
    /// `seconds` 0 stands for the moment of publication.
    private static let schema = """
        CREATE TABLE releases (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            tag TEXT NOT NULL,
            digest BLOB NOT NULL UNIQUE,
            files INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            links INTEGER NOT NULL,
            published_seconds INTEGER NOT NULL,
            published_nanoseconds INTEGER NOT NULL,
            floor_seconds INTEGER NOT NULL,
            active INTEGER NOT NULL
        );
        CREATE TABLE files (
            release INTEGER NOT NULL,
            directory BLOB NOT NULL,
            name BLOB NOT NULL,
            kind INTEGER NOT NULL,
            size INTEGER NOT NULL,
            digest BLOB,
            seconds INTEGER NOT NULL,
            nanoseconds INTEGER NOT NULL,
            target BLOB,
            PRIMARY KEY (release, directory, name)
        ) WITHOUT ROWID;
        CREATE INDEX files_by_digest ON files (digest) WHERE digest IS NOT NULL;
        CREATE TABLE archives (
            release INTEGER NOT NULL,
            position INTEGER NOT NULL,
            digest BLOB NOT NULL,
            PRIMARY KEY (release, position)
        ) WITHOUT ROWID;
        CREATE TABLE history (
            seconds INTEGER NOT NULL,
            event TEXT NOT NULL,
            tag TEXT NOT NULL,
            digest BLOB NOT NULL,
            reason TEXT
        );
        """
}
