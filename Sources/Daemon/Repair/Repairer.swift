internal import Archive
internal import Content
internal import Platform
internal import Registry
internal import Store

/// Restores what is damaged on the volume: from the kept archives, then from the registry.
struct Repairer {
    /// Where a content was restored from.
    enum Origin: String, Sendable {
        case archive
        case registry
    }

    /// What came of it.
    struct Outcome {
        var restored: [Damage: Origin] = [:]
        /// Why the rest couldn't be, in one line.
        var error: String?
    }

    let volume: Volume
    /// Where releases come from; `nil` where only the archives are to be used.
    let source: (any ReleaseSource)?
    let limits: ArchiveLimits

    /// How much of an archive is read at once, in bytes.
    private static let pieceSize = 256 << 10

    /// What is known of one release's damages while they are being mended.
    private struct Job {
        let release: Release
        let damages: [Damage]
        /// The contents that are to be had from somewhere.
        let wanted: Set<Digest>
        let sizes: Set<Int64>
        /// The kept archives that are missing or damaged.
        var archives: Set<Digest>
        var origins: [Digest: Origin] = [:]

        init(_ release: Release, _ damages: [Damage]) {
            self.release = release
            self.damages = damages
            var archives: Set<Digest> = []
            var files: [Damage] = []
            for damage in damages {
                if case .archive(let digest) = damage.place { archives.insert(digest) } else { files.append(damage) }
            }
            self.archives = archives
            wanted = Set(files.compactMap(\.digest))
            sizes = Set(files.filter { $0.digest != nil }.map(\.size))
        }
    }

    /// Mends what can be mended of `damages`.
    func mend(_ damages: [Damage], before deadline: Deadline) -> Outcome {
        var outcome = Outcome()
        do {
            let mending = try volume.beginMending()
            let releases = volume.releases()
            for (id, damages) in Dictionary(grouping: damages, by: \.release) {
                guard let release = releases.first(where: { $0.id == id }) else { continue }
                var job = Job(release, damages)
                do {
                    try collect(&job, into: mending, before: deadline)
                } catch {
                    outcome.error = "\(error)"
                }
                for damage in job.damages {
                    if case .archive(let digest) = damage.place {
                        if !job.archives.contains(digest) { outcome.restored[damage] = .registry }
                        continue
                    }
                    do throws(StoreError) {
                        guard try mending.mend(damage, in: release) else { continue }
                        outcome.restored[damage] = damage.digest.flatMap { job.origins[$0] } ?? .archive
                    } catch {
                        // One file that the disk won't give up is no reason to leave the others as they are.
                        outcome.error = outcome.error ?? "\(error)"
                    }
                }
            }
        } catch {
            outcome.error = "\(error)"
        }
        return outcome
    }

    /// Brings the contents that are wanted together, and the archives that are missing.
    private func collect(_ job: inout Job, into mending: Mending, before deadline: Deadline) throws {
        var failure: (any Error)?
        for digest in job.release.archives where !job.archives.contains(digest) && !isComplete(job, mending) {
            do {
                guard let archive = try volume.openArchive(digest) else { continue }
                var extraction = Extraction(size: archive.size, limits: limits, wanted: job.wanted, job.sizes, mending)
                var offset: Int64 = 0
                while true {
                    let bytes = try archive.read(upTo: Self.pieceSize, at: offset)
                    if bytes.isEmpty { break }
                    // Bytes have no padding whose content could be undefined.
                    try unsafe extraction.take(bytes.span.bytes)
                    offset += Int64(bytes.count)
                }
                try extraction.finish()
            } catch {
                // The archive is damaged itself; the registry has another.
                failure = error
            }
        }
        for digest in job.wanted where mending.has(digest) { job.origins[digest] = .archive }
        if isComplete(job, mending), job.archives.isEmpty { return }
        guard let source else {
            if let failure { throw failure }
            if job.wanted.isEmpty, job.archives.isEmpty { return }
            throw CommandFailure("no kept archive has it, and no registry is configured; import the archive again")
        }
        try fetch(&job, from: source, into: mending, before: deadline)
    }

    private func isComplete(_ job: Job, _ mending: Mending) -> Bool { job.wanted.allSatisfy(mending.has) }

    /// Has the release's layers come from the registry again.
    private func fetch(
        _ job: inout Job,
        from source: any ReleaseSource,
        into mending: Mending,
        before deadline: Deadline
    ) throws {
        let manifest = try source.manifest(.digest(job.release.digest), before: deadline)
        for layer in try manifest.releaseLayers(of: "\(source.location) \(job.release.tag)") {
            let isKept = job.archives.contains(layer.digest)
            if isComplete(job, mending), !isKept { continue }
            if isKept { try volume.removeDamagedArchive(layer.digest) }
            let download = isKept ? try volume.download(for: layer) : nil
            try download?.reset()
            var extraction = Extraction(size: layer.size, limits: limits, wanted: job.wanted, job.sizes, mending)
            _ = try Download.run(layer, from: source, before: deadline) { bytes, _ in
                try download?.append(bytes)
                try extraction.take(bytes)
            }
            try extraction.finish()
            if let download {
                try volume.keepArchive(download)
                job.archives.remove(layer.digest)
            }
        }
        for digest in job.wanted where mending.has(digest) && job.origins[digest] == nil {
            job.origins[digest] = .registry
        }
    }
}
