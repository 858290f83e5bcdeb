package import Content
internal import Platform
internal import Synchronization

extension Volume {
    /// Begins a release of the manifest with `digest`.
    ///
    /// It is invisible until it is published; several may be in the making.
    package func stage(tag: Tag, digest: Digest) throws(StoreError) -> Staging {
        let (number, retained) = state.withLock { state in
            defer { state.nextNumber += 1 }
            return (state.nextNumber, state.retained)
        }
        try layout.requireSpace(0, reserve: options.reserve)
        let name = "\(number)".bytes
        do throws(StoreError) {
            return try StoreError.attempt("beginning a release in \(layout.path)/staging") {
                try layout.staging.makeDirectory(name)
                let core = try StagingCore(
                    layout: layout,
                    index: index,
                    number: number,
                    root: try layout.staging.directory(name),
                    retained: retained,
                    reserve: options.reserve
                )
                return Staging(tag: tag, digest: digest, core: core)
            }
        } catch {
            reclaimer.reclaim(name, in: layout.staging)
            throw error
        }
    }

    /// Frees all that `staging` took. Never fails: what can't be removed now, the next start removes.
    package func discard(_ staging: Staging) {
        staging.cancel(because: .index(doing: "unpacking", reason: "the release was given up"))
        reclaimer.reclaim("\(staging.number)".bytes, in: layout.staging)
        reclaimer.reclaimRows(of: staging.number)
    }

    /// What has been received of the blob that `descriptor` points at, from this attempt or an earlier one.
    ///
    /// - Throws: ``StoreError/belowReserve(volume:needed:free:reserve:)`` where the rest has no room.
    package func download(for descriptor: Descriptor) throws(StoreError) -> PartialDownload {
        let download = try PartialDownload(descriptor, layout: layout)
        try layout.requireSpace(descriptor.size - download.length, reserve: options.reserve)
        return download
    }

    /// Removes what was received of other blobs than `blobs`: of releases that never came, and won't come any more.
    ///
    /// Never fails: what can't be removed is a problem for the log.
    package func forgetDownloads(besides blobs: [Descriptor] = []) {
        change.withLock { _ in removeArchives(besides: blobs) }
    }

    /// Makes `staging` the release that is served, in the steps that ``Volume`` tells of, and drops what is beyond
    /// retention.
    ///
    /// A release of the same manifest that is retained already is activated instead, under the tag of `staging`.
    /// - Parameters:
    ///   - archives: The layers' bytes, verified, in the manifest's order; they are kept or removed.
    ///   - report: What was found in it; `nil` where nobody has looked.
    ///   - request: Who publishes it by hand, and wants it held; `nil` where it came from the registry.
    /// - Throws: Why it was not published; then `staging` is discarded, and ``download(for:)`` has the bytes still.
    ///   ``StoreError/held(release:hold:)`` where it came from the registry, and an administrator holds another.
    package func publish(
        _ staging: Staging,
        archives: [PartialDownload],
        report: CheckReport? = nil,
        holding request: HoldRequest? = nil
    ) throws(StoreError) -> Release {
        try change.withLock { _ throws(StoreError) in
            guard let request else { return try publishUnlessHeld(staging, archives, report) }
            return try holding(staging.digest, staging.tag, request) { () throws(StoreError) in
                try publish(staging, archives, report, by: request)
            }
        }
    }

    private func publishUnlessHeld(
        _ staging: Staging,
        _ archives: [PartialDownload],
        _ report: CheckReport?
    ) throws(StoreError) -> Release {
        do throws(StoreError) {
            try requireNoHold()
        } catch {
            discard(staging)
            throw error
        }
        return try publish(staging, archives, report, by: nil)
    }

    private func publish(
        _ staging: Staging,
        _ archives: [PartialDownload],
        _ report: CheckReport?,
        by request: HoldRequest?
    ) throws(StoreError) -> Release {
        if let existing = release(staging.digest) {
            discard(staging)
            let activated = try switchTo(existing, tag: staging.tag, by: request)
            removeArchives()
            return activated
        }
        var row: ReleaseRow
        do throws(StoreError) {
            try staging.seal()
            for archive in archives { try archive.flush() }
            staging.core.settle()
            try staging.core.check()
            row = try describe(staging, archives: archives)
        } catch {
            discard(staging)
            throw error
        }
        let release: Release
        do throws(StoreError) {
            release = try commit(row, archives, report, by: request)
        } catch {
            discard(staging)
            reclaimer.reclaimRelease(number: row.number, id: row.id)
            throw error
        }
        removeArchives()
        return release
    }

    /// Serves `release`, under `tag` where one is given.
    ///
    /// - Throws: ``StoreError/noSuchRelease(_:)`` where it is not retained any more, ``StoreError/held(release:hold:)``
    ///   where an administrator holds one.
    @discardableResult
    package func activate(_ release: Release, tag: Tag? = nil) throws(StoreError) -> Release {
        try change.withLock { _ throws(StoreError) in
            try requireNoHold()
            guard let retained = self.release(release.digest) else {
                throw StoreError.noSuchRelease("\(release.digest)")
            }
            return try switchTo(retained, tag: tag ?? retained.tag, by: nil)
        }
    }

    private func describe(_ staging: Staging, archives: [PartialDownload]) throws(StoreError) -> ReleaseRow {
        let (retained, lastEvent) = state.withLock { ($0.retained, $0.lastEvent) }
        let number = staging.number
        let totals = try index.read("counting the files") { database in try Index.totals(of: number, database) }
        // Each event has a second of its own, whatever the clock does: what changed is always newer than before.
        let second = max(options.clock().seconds, lastEvent + 1)
        // The times of the files were judged against the release that was served when the staging began.
        let active = staging.core.active
        let isBasis = active?.number == retained.active?.number && active?.floor == retained.active?.floor
        return ReleaseRow(
            number: number,
            id: try unusedID(tag: staging.tag, digest: staging.digest),
            tag: staging.tag,
            digest: staging.digest,
            files: totals.files,
            bytes: totals.bytes,
            links: totals.links,
            publishedAt: Timestamp(seconds: second),
            floor: isBasis ? 0 : second,
            isActive: true,
            archives: options.keepArchives ? archives.map(\.descriptor.digest) : []
        )
    }

    /// A name for the release's directory that says which one it is, and that nothing has or waits to lose.
    private func unusedID(tag: Tag, digest: Digest) throws(StoreError) -> String {
        let name = "\(tag)-\(digest.hex.prefix(12))"
        var id = name
        var suffix = 1
        return try StoreError.attempt("naming the release \(name)") {
            while try reclaimer.isToRemove(id) || layout.releases.status(id.bytes) != nil
                || layout.releases.status(VolumeLayout.sidecar(of: id).bytes) != nil
            {
                suffix += 1
                id = "\(name)-\(suffix)"
            }
            return id
        }
    }

    private func commit(
        _ row: ReleaseRow,
        _ archives: [PartialDownload],
        _ report: CheckReport?,
        by request: HoldRequest?
    ) throws(StoreError) -> Release {
        let directory = try StoreError.attempt("publishing \(row.tag)") {
            try layout.staging.syncFileSystem()
            try Sidecar(row).write(of: row.id, in: layout)
            try layout.staging.rename("\(row.number)".bytes, to: layout.releases, as: row.id.bytes)
            try layout.releases.sync()
            try layout.staging.sync()
            return try layout.releases.directory(row.id.bytes)
        }
        if options.keepArchives {
            // Two layers may be the same bytes, under two titles.
            var kept: Set<Digest> = []
            for archive in archives where kept.insert(archive.descriptor.digest).inserted { try archive.keep() }
            do throws(SystemError) { try layout.archives.sync() } catch {
                throw StoreError(doing: "keeping the archives of \(row.tag)", error)
            }
        }
        let lease = ReleaseLease(number: row.number, id: row.id, directory: directory, reclaimer: reclaimer)
        let release = Release(row, lease: lease, index: index)
        let releases = [release] + self.releases()
        let retired = retiredReleases(releases, active: release)
        try index.write("publishing \(row.tag)") { database in
            try Index.add(row, database)
            if let report { try Index.put(report, of: row.number, database) }
            try Index.record(.published, row, at: row.publishedAt.seconds, reason: request?.note, database)
            for old in retired {
                try Index.retire(old.row, database)
                try Index.record(.retired, old.row, at: row.publishedAt.seconds, database)
            }
        }
        serve(release, of: releases, retired: retired, at: row.publishedAt.seconds)
        return release
    }

    func switchTo(_ release: Release, tag: Tag, by request: HoldRequest?) throws(StoreError) -> Release {
        let (retained, lastEvent) = state.withLock { ($0.retained, $0.lastEvent) }
        if retained.active?.number == release.number, release.tag == tag { return release }
        let second = max(options.clock().seconds, lastEvent + 1)
        var row = release.row
        row.tag = tag
        // Its files may be older than those served until now.
        if retained.active?.number != release.number { row.floor = second }
        row.isActive = true
        try Sidecar(row).write(of: row.id, in: layout)
        let renamed = row
        try index.write("activating \(tag)") { database in
            try Index.activate(renamed, database)
            try Index.record(.activated, renamed, at: second, reason: request?.note, database)
        }
        let activated = Release(row, lease: release.lease, index: index)
        let releases = retained.releases.map { $0.number == row.number ? activated : $0 }
        serve(activated, of: releases, retired: [], at: second)
        return activated
    }

    private func retiredReleases(_ releases: [Release], active: Release) -> [Release] {
        let rows = releases.map { release in
            var row = release.row
            row.isActive = release.number == active.number
            return row
        }
        let numbers = Set(VolumeOpening.beyondRetention(rows, retain: options.retain).map(\.number))
        return releases.filter { numbers.contains($0.number) }
    }

    /// Shows what the index has committed: nothing here can fail the publication any more.
    private func serve(_ release: Release, of releases: [Release], retired: [Release], at second: Int64) {
        let numbers = Set(retired.map(\.number))
        let retained = RetainedReleases(releases.filter { !numbers.contains($0.number) }, active: release)
        state.withLock { state in
            state.retained = retained
            state.lastEvent = second
        }
        noteChange()
        for old in retired { old.lease.retire() }
        do throws(SystemError) {
            try layout.pointCurrent(at: release.id)
        } catch {
            reclaimer.report(StoreError(doing: "pointing current at \(release.id)", error))
        }
    }

    /// Removes the archives that no retained release has, and what was received for releases that never came.
    ///
    /// At once, not in the background: the next download may use the same names.
    ///
    /// - Parameter blobs: what stays all the same, complete or not.
    private func removeArchives(besides blobs: [Descriptor] = []) {
        var kept = Set(releases().flatMap(\.archives).map(VolumeLayout.archive))
        for blob in blobs {
            kept.insert(VolumeLayout.archive(blob.digest))
            kept.insert(VolumeLayout.partialArchive(blob.digest))
        }
        do throws(SystemError) {
            for name in try layout.archives.names() where !kept.contains(String(decoding: name, as: UTF8.self)) {
                try layout.archives.removeTree(name)
            }
        } catch {
            reclaimer.report(StoreError(doing: "removing old archives", error))
        }
    }
}
