internal import Content
internal import GRDB
internal import OpenSSL
internal import Platform

/// Makes the index anew from the release directories and their sidecars.
///
/// Each file is read once, however many releases it is linked into. The times of the archive's entries are lost with
/// the index: everything is served as modified at the rebuild, which no client can take for something older.
struct IndexRebuild {
    /// Rows in one transaction, and so in memory.
    private static let rowsAtOnce = 4096

    let layout: VolumeLayout
    let index: Index
    let now: Timestamp

    /// Takes those of `ids` that have a sidecar, in the order of their publication.
    ///
    /// The release that `current` points at becomes the active one, else the newest.
    func run(_ ids: [String]) throws(StoreError) {
        var releases = ids.compactMap { Sidecar.read(of: $0, in: layout) }
        releases.sort { ($0.publishedAt, $0.id) < ($1.publishedAt, $1.id) }
        // One digest, one release: two are left only by a crash while one of them was being removed.
        var digests: Set<Digest> = []
        releases = releases.reversed().filter { digests.insert($0.digest).inserted }.reversed()
        guard let newest = releases.last else { return }
        // Without a readable link there is none that was served last.
        let target = (try? layout.root.symbolicLink(VolumeLayout.current.bytes)) ?? []
        let current = releases.first { "releases/\($0.id)".bytes == target } ?? newest
        let floor = max(now.seconds, newest.publishedAt.seconds + 1)
        // What an interrupted staging or rebuild left.
        try index.writeLazily("emptying the index") { database in
            try database.execute(sql: "DELETE FROM files")
            try database.execute(sql: "DELETE FROM members")
        }
        var known = InodeDigests()
        for offset in releases.indices {
            releases[offset].number = Int64(offset) + 1
            releases[offset].floor = floor
            releases[offset].isActive = releases[offset].id == current.id
            try addFiles(of: releases[offset], &known)
        }
        // All in one step: with only some of them in the index, a start would take the others for leftovers.
        let found = releases
        try index.write("rebuilding the index") { database in
            for var release in found {
                (release.files, release.bytes, release.links) = try Index.totals(of: release.number, database)
                try Index.add(release, database)
                try Index.record(.rebuilt, release, at: floor, database)
            }
        }
    }

    private func addFiles(of release: ReleaseRow, _ known: inout InodeDigests) throws(StoreError) {
        try StoreError.attempt("rebuilding the index of release \(release.id)") {
            let root = try layout.releases.directory(release.id.bytes)
            let number = release.number
            var rows: [IndexRow] = []
            var pending = [ReleasePath.root]
            while let path = pending.popLast() {
                let directory = try root.directory(path.bytes)
                for name in try directory.names() {
                    guard let status = try directory.status(name) else { continue }
                    var row = IndexRow(path: try path.appending(name), kind: .directory, modified: nil)
                    switch status.kind {
                    case .directory: pending.append(row.path)
                    case .symbolicLink:
                        row.kind = .link
                        row.target = try directory.symbolicLink(name)
                    case .file:
                        row.kind = .file
                        row.size = status.size
                        row.digest = try digest(of: name, in: directory, status, &known)
                    case .other: continue
                    }
                    rows.append(row)
                }
                if rows.count >= Self.rowsAtOnce {
                    let batch = rows
                    try index.writeLazily("rebuilding \(release.id)") { database in
                        try Index.insert(batch, into: number, database)
                    }
                    rows = []
                }
            }
            let batch = rows
            try index.writeLazily("rebuilding \(release.id)") { database in
                try Index.insert(batch, into: number, database)
            }
        }
    }

    private func digest(
        of name: [UInt8],
        in directory: Directory,
        _ status: FileStatus,
        _ known: inout InodeDigests
    ) throws -> Digest? {
        if let digest = known.digest(of: status) { return digest }
        let file = SharedFile(try directory.open(name, [.readOnly, .noFollow, .nonBlocking]), size: status.size)
        guard let digest = try Digest.of(file) else { return nil }
        known.remember(digest, of: status)
        return digest
    }
}
