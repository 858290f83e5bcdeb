package import Content
internal import Foundation
internal import GRDB
internal import OpenSSL
internal import Platform
internal import SQLite

/// A file, link or directory of a release, or a kept archive, that is not what the index says.
package struct Damage: Sendable, Hashable {
    package enum Place: Sendable, Hashable {
        /// A name in a release.
        case entry(ReleasePath)
        /// The kept archive with this digest.
        case archive(Digest)
    }

    /// The release's directory, and its tag.
    package let release: String
    package let tag: Tag
    package let place: Place
    /// What is wrong, in a few words.
    package let reason: String
    /// Of the content that should be there; `nil` for directories and links.
    package let digest: Digest?
    /// In bytes.
    package let size: Int64

    /// The path of what is damaged, below the volume.
    package var path: String {
        switch place {
        case .entry(let path): "releases/\(release)/\(path)"
        case .archive(let digest): "archives/\(digest.hex)"
        }
    }
}

/// What a verification has found.
package struct VerificationReport: Sendable {
    /// Told of the bytes that were just hashed; waits where they came too fast.
    ///
    /// - Returns: whether to go on.
    package typealias Pace = (_ bytes: Int) -> Bool

    /// Files, links and directories looked at; a file of several releases counts in each.
    package internal(set) var entries = 0
    /// Bytes hashed; a file that is linked into several releases is read once.
    package internal(set) var bytes: Int64 = 0
    /// In the order in which it was found; ``Verification/mostDamages`` of them at most.
    package internal(set) var damages: [Damage] = []
    /// How many there are, those not kept included.
    package internal(set) var damaged = 0

    package init() {}

    /// Leaves out what is said of releases that retention has taken away meanwhile, as it takes their files.
    mutating func keep(_ releases: [Release]) {
        let ids = Set(releases.map(\.id))
        let others = damages.filter { !ids.contains($0.release) }
        damages.removeAll { !ids.contains($0.release) }
        damaged -= others.count
    }

    mutating func add(_ damage: Damage) {
        damaged += 1
        if damages.count < Verification.mostDamages { damages.append(damage) }
    }
}

/// Re-hashes releases and their archives against the index. It only reads.
struct Verification {
    /// How many damages are told one by one; a disk that has lost more needs no list of them.
    static let mostDamages = 10_000
    /// Rows read at once.
    private static let rowsAtOnce = 1024

    private let pace: VerificationReport.Pace
    /// Whether what wasn't in the page cache is dropped from it again: what is served has the better claim on it.
    private let sparesCache: Bool
    private var known = InodeDigests()
    private var archives: Set<Digest> = []
    private var report = VerificationReport()
    private var isStopped = false

    private init(sparingCache: Bool, pace: @escaping VerificationReport.Pace) {
        self.pace = pace
        sparesCache = sparingCache
    }

    /// Looks at all of `releases`.
    ///
    /// - Returns: what was found; `nil` where `pace` ended it.
    /// - Throws: where the index can't be read. A file that can't be read is a finding.
    static func run(
        _ releases: [Release],
        in layout: VolumeLayout,
        sparingCache: Bool,
        pace: @escaping VerificationReport.Pace
    ) throws(StoreError) -> VerificationReport? {
        var verification = Verification(sparingCache: sparingCache, pace: pace)
        for release in releases {
            try verification.look(at: release)
            verification.lookAtArchives(of: release, in: layout.archives)
        }
        return verification.isStopped ? nil : verification.report
    }

    private mutating func look(at release: Release) throws(StoreError) {
        var last: ReleasePath?
        while !isStopped {
            let after = last
            let rows = try release.index.read("verifying release \(release.id)") { database in
                try Index.rows(of: release.number, after: after, limit: Self.rowsAtOnce, database)
            }
            guard let end = rows.last else { return }
            for row in rows {
                if isStopped { return }
                report.entries += 1
                if let reason = fault(in: row, of: release) {
                    report.add(
                        Damage(
                            release: release.id,
                            tag: release.tag,
                            place: .entry(row.path),
                            reason: reason,
                            digest: row.digest,
                            size: row.size
                        )
                    )
                }
            }
            last = end.path
        }
    }

    private mutating func lookAtArchives(of release: Release, in directory: Directory) {
        for digest in release.archives where !isStopped && archives.insert(digest).inserted {
            let reason: String?
            do {
                let name = VolumeLayout.archive(digest).bytes
                let file = try directory.open(name, [.readOnly, .noFollow, .nonBlocking])
                let size = try file.status().size
                reason = try hash(SharedFile(file, size: size)) == digest ? nil : "its content is another"
            } catch {
                reason = Self.words(for: error)
            }
            guard let reason, !isStopped else { continue }
            report.add(
                Damage(
                    release: release.id,
                    tag: release.tag,
                    place: .archive(digest),
                    reason: reason,
                    digest: digest,
                    size: 0
                )
            )
        }
    }

    /// What is wrong with the name that `row` tells of; `nil` where nothing is.
    private mutating func fault(in row: IndexRow, of release: Release) -> String? {
        do {
            let directory = release.lease.directory
            switch row.kind {
            case .directory:
                return try directory.status(row.path.bytes)?.kind == .directory ? nil : "it is no directory"
            case .link:
                guard try directory.status(row.path.bytes)?.kind == .symbolicLink else { return "it is no link" }
                return try directory.symbolicLink(row.path.bytes) == row.target ? nil : "it leads elsewhere"
            case .file:
                let file = try directory.open(row.path.bytes, [.readOnly, .noFollow, .nonBlocking])
                let status = try file.status()
                guard status.kind == .file else { return "it is no file" }
                guard status.size == row.size else { return "it has \(status.size) bytes, not \(row.size)" }
                if let sum = known.digest(of: status) { return sum == row.digest ? nil : "its content is another" }
                let sum = try hash(SharedFile(file, size: status.size))
                if let sum { known.remember(sum, of: status) }
                return sum == row.digest || isStopped ? nil : "its content is another"
            }
        } catch {
            return Self.words(for: error)
        }
    }

    /// What is told of a name that could not be looked at.
    static func words(for error: any Error) -> String {
        guard let error = error as? SystemError else { return "\(error)" }
        if error.isNotFound { return "it is missing" }
        return error.isThroughLink ? "its path leads through a link" : "it can't be read: \(error)"
    }

    /// The digest of all of `file`; `nil` where the pace ended it.
    private mutating func hash(_ file: SharedFile) throws -> Digest? {
        var read: Int64 = 0
        let digest = try Digest.of(file, sparingCache: sparesCache) { bytes in
            read += Int64(bytes)
            return pace(bytes)
        }
        report.bytes += read
        if digest == nil { isStopped = true }
        return digest
    }
}

extension Index {
    /// Rows of release `number` in the order of the table, those that follow the path `after`.
    static func rows(
        of number: Int64,
        after path: ReleasePath?,
        limit: Int,
        _ database: Database
    ) throws -> [IndexRow] {
        let statement = RowStatement(
            try database.cachedStatement(
                sql: """
                    SELECT \(IndexRow.columns), directory, name FROM files
                    WHERE release = ? AND (directory, name) > (?, ?) ORDER BY directory, name LIMIT ?
                    """
            )
        )
        try statement.bind(number, at: 1)
        let path = path ?? .root
        // Bytes have no padding to show.
        try unsafe statement.bind(path.parentBytes.span.bytes, at: 2)
        try unsafe statement.bind(path.name.span.bytes, at: 3)
        try statement.bind(Int64(limit), at: 4)
        var rows: [IndexRow] = []
        while try statement.step() { rows.append(try IndexRow(of: statement)) }
        return rows
    }
}
