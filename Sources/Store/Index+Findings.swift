package import Content
internal import Foundation
internal import GRDB

extension Index {
    /// `checks` has a row for each release that was looked through; a name for each check that ran, with blanks between.
    static let findingsSchema = """
        CREATE TABLE checks (
            release INTEGER PRIMARY KEY,
            names TEXT NOT NULL,
            revision INTEGER NOT NULL,
            omitted INTEGER NOT NULL
        );
        CREATE TABLE findings (
            release INTEGER NOT NULL,
            position INTEGER NOT NULL,
            name TEXT NOT NULL,
            path BLOB NOT NULL,
            reason TEXT NOT NULL,
            PRIMARY KEY (release, position)
        ) WITHOUT ROWID;
        """

    /// What was found in release `number`; `nil` where it has not been looked through.
    static func report(of number: Int64, _ database: Database) throws -> CheckReport? {
        guard let row = try Row.fetchOne(database, sql: "SELECT * FROM checks WHERE release = ?", arguments: [number])
        else { return nil }
        let names = try row.decode(String.self, forColumn: "names").split(separator: " ")
        var report = CheckReport(
            checks: Set(names.compactMap { Finding.Check(rawValue: String($0)) }),
            omitted: try row.decode(forColumn: "omitted"),
            revision: try row.decode(forColumn: "revision")
        )
        report.findings = try Row.fetchAll(
            database,
            sql: "SELECT name, path, reason FROM findings WHERE release = ? ORDER BY position",
            arguments: [number]
        ).compactMap { row in
            guard let check = Finding.Check(rawValue: try row.decode(atIndex: 0)) else { return nil }
            let path = try ReleasePath(try row.decode(Data.self, atIndex: 1))
            return Finding(check, path, try row.decode(atIndex: 2))
        }
        return report
    }

    /// Keeps `report` of release `number` in the place of an earlier one.
    static func put(_ report: CheckReport, of number: Int64, _ database: Database) throws {
        try removeReport(of: number, database)
        let names = report.checks.map(\.rawValue).sorted().joined(separator: " ")
        try database.execute(
            sql: "INSERT INTO checks VALUES (?, ?, ?, ?)",
            arguments: [number, names, report.revision, report.omitted]
        )
        for (position, finding) in report.findings.enumerated() {
            try database.execute(
                sql: "INSERT INTO findings VALUES (?, ?, ?, ?, ?)",
                arguments: [number, position, finding.check.rawValue, Data(finding.path.bytes), finding.reason]
            )
        }
    }

    static func removeReport(of number: Int64, _ database: Database) throws {
        try database.execute(sql: "DELETE FROM checks WHERE release = ?", arguments: [number])
        try database.execute(sql: "DELETE FROM findings WHERE release = ?", arguments: [number])
    }
}

extension Release {
    /// What its checks have found; `nil` where it has not been looked through, or the index was lost since.
    package func report() throws(StoreError) -> CheckReport? {
        let number = number
        return try index.read("reading what was found in \(tag)") { database in
            try Index.report(of: number, database)
        }
    }

    /// Keeps what checks after its publication have found.
    package func keep(_ report: CheckReport) throws(StoreError) {
        let number = number
        try index.write("keeping what was found in \(tag)") { database in
            try Index.put(report, of: number, database)
        }
    }
}
