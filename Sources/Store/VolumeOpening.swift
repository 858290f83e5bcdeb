internal import Content
internal import GRDB
internal import Platform

/// What a start does: it opens the index or rebuilds it, and gives away for removal what no release needs.
///
/// It reads names and the rows of releases, never files, so that a start takes no longer with more of them.
struct VolumeOpening {
    let index: Index
    let reclaimer: Reclaimer
    let state: Volume.State

    init(layout: VolumeLayout, options: Volume.Options) throws(StoreError) {
        let names = try Self.names(in: layout.releases)
        let directories = names.subtracting(names.filter { $0.hasSuffix(".json") })
        index = try Self.openIndex(layout, directories: directories, now: options.clock())
        reclaimer = Reclaimer(layout: layout, index: index)
        let now = options.clock()
        let found = try index.write("reading the releases") { database in
            var rows = try Index.releases(database)
            for row in rows where !directories.contains(row.id) { try Index.retire(row, database) }
            rows.removeAll { !directories.contains($0.id) }
            if !rows.isEmpty, !rows.contains(where: \.isActive) {
                rows[0].isActive = true
                try Index.activate(rows[0], database)
            }
            let active = rows.first(where: \.isActive)?.digest
            let (hold, isPending) = try Hold.read(from: layout.path, serving: active)
            if let hold { try Self.finish(hold, &rows, now: now, database) }
            let retired = Set(Self.beyondRetention(rows, retain: options.retain))
            for row in retired { try Index.retire(row, database) }
            rows.removeAll(where: retired.contains)
            return (
                rows: rows, hold: hold, isPending: isPending, numbers: try Index.numbers(database),
                lastEvent: try Index.lastEvent(database)
            )
        }
        var releases: [Release] = []
        for row in found.rows {
            do throws(SystemError) {
                let directory = try layout.releases.directory(row.id.bytes)
                let lease = ReleaseLease(number: row.number, id: row.id, directory: directory, reclaimer: reclaimer)
                releases.append(Release(row, lease: lease, index: index))
            } catch {
                throw StoreError(doing: "opening release \(row.id)", error)
            }
        }
        let active = found.rows.first(where: \.isActive)?.number
        let retained = RetainedReleases(releases, active: releases.first { $0.number == active })
        let stagings = try Self.names(in: layout.staging)
        // A number that something left over has is not used again before that is removed.
        let used = found.numbers + found.rows.map(\.number) + stagings.compactMap { Int64($0) }
        state = Volume.State(
            retained: retained,
            nextNumber: (used.max() ?? 0) + 1,
            lastEvent: found.lastEvent,
            hold: found.hold
        )
        do throws(StoreError) { try Hold.settle(found.isPending, in: layout) } catch { reclaimer.report(error) }
        for name in stagings { reclaim(staging: name, layout) }
        try sweep(layout, names: names, kept: found.rows, numbers: found.numbers)
        do throws(SystemError) {
            try layout.pointCurrent(at: retained.active?.id)
        } catch {
            // It is there for people; what is served comes from the index.
            reclaimer.report(StoreError(doing: "pointing current at the active release", error))
        }
    }

    /// Serves the release that is held, where a crash came between the hold and that, or the index was lost.
    private static func finish(
        _ hold: Hold,
        _ rows: inout [ReleaseRow],
        now: Timestamp,
        _ database: Database
    ) throws {
        guard let held = rows.firstIndex(where: { $0.digest == hold.digest }), !rows[held].isActive else { return }
        for position in rows.indices { rows[position].isActive = position == held }
        // Its files may be older than those served until now.
        rows[held].floor = max(now.seconds, try Index.lastEvent(database) + 1)
        try Index.activate(rows[held], database)
        try Index.record(.activated, rows[held], at: rows[held].floor, reason: hold.by, database)
    }

    /// The releases, newest first, that `retain` has no room for beside the active one.
    static func beyondRetention(_ rows: [ReleaseRow], retain: Int) -> [ReleaseRow] {
        let others = rows.filter { !$0.isActive }
        return Array(others.dropFirst(retain - (others.count < rows.count ? 1 : 0)))
    }

    /// Empties `staging/` at once, by a rename to a name among the releases that none of them has; what was staged is
    /// removed in the background. A crash meanwhile leaves a directory that the next start sweeps.
    private func reclaim(staging name: String, _ layout: VolumeLayout) {
        let swept = ".swept-\(name)"
        do throws(SystemError) {
            try layout.staging.rename(name.bytes, to: layout.releases, as: swept.bytes)
            reclaimer.reclaim(swept.bytes, in: layout.releases)
        } catch {
            // An earlier start's leftover has the name still: this one is removed where it is.
            reclaimer.reclaim(name.bytes, in: layout.staging)
        }
    }

    private func sweep(
        _ layout: VolumeLayout,
        names: Set<String>,
        kept: [ReleaseRow],
        numbers: [Int64]
    ) throws(StoreError) {
        let ids = Set(kept.map(\.id))
        let expected = ids.union(ids.map(VolumeLayout.sidecar))
        for name in names.subtracting(expected) { reclaimer.reclaim(name.bytes, in: layout.releases) }
        for number in Set(numbers).subtracting(kept.map(\.number)) { reclaimer.reclaimRows(of: number) }
        let archives = Set(kept.flatMap(\.archives).map(VolumeLayout.archive))
        for name in try Self.names(in: layout.archives) where !archives.contains(name) && !name.hasSuffix(".partial") {
            // Of a release that was all but published, most likely: the next download begins with these bytes.
            try StoreError.attempt("putting back the archive \(name)") {
                try layout.archives.rename(name.bytes, to: layout.archives, as: (name + ".partial").bytes)
            }
        }
    }

    /// Opens the index; where there is none, or none that can be used, makes it anew from the releases.
    private static func openIndex(
        _ layout: VolumeLayout,
        directories: Set<String>,
        now: Timestamp
    ) throws(StoreError) -> Index {
        let candidates = directories.sorted()
        return try StoreError.attempt("opening the index") {
            if try layout.root.status(VolumeLayout.rebuildMark.bytes) == nil {
                do throws(StoreError) {
                    let index = try Index(path: layout.indexPath, readOnly: false)
                    let known = try index.read("reading the releases") { database in try Index.releases(database) }
                    let isTakenBack = Self.isTakenBack(known, directories, layout)
                    if known.contains(where: { directories.contains($0.id) }), !isTakenBack { return index }
                    if known.isEmpty {
                        try IndexRebuild(layout: layout, index: index, now: now).run(candidates)
                        return index
                    }
                    // It knows of none of the releases that are there, or of another one than was served. A commit whose
                    // fsync(2) failed was given up and its directory removed, but what the disk kept of the log counts
                    // after a crash: whoever believed it would sweep releases that were retained.
                    if directories.isEmpty { return index }
                } catch {
                    guard case .corruptIndex = error else { throw error }
                }
            }
            for suffix in ["", "-wal", "-shm"] { try layout.root.removeTree((Index.fileName + suffix).bytes) }
            let index = try Index(path: layout.indexPath, readOnly: false)
            try IndexRebuild(layout: layout, index: index, now: now).run(candidates)
            try layout.root.removeTree(VolumeLayout.rebuildMark.bytes)
            return index
        }
    }

    /// Whether the index serves a release that isn't there, and doesn't know one that is there whole.
    private static func isTakenBack(
        _ known: [ReleaseRow],
        _ directories: Set<String>,
        _ layout: VolumeLayout
    ) -> Bool {
        guard let active = known.first(where: \.isActive), !directories.contains(active.id) else { return false }
        return directories.subtracting(known.map(\.id)).contains { Sidecar.read(of: $0, in: layout) != nil }
    }

    private static func names(in directory: Directory) throws(StoreError) -> Set<String> {
        do throws(SystemError) {
            return Set(try directory.names().map { String(decoding: $0, as: UTF8.self) })
        } catch {
            throw StoreError(doing: "listing \(directory.path)", error)
        }
    }
}
