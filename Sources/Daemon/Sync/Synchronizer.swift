internal import Archive
internal import Content
internal import Dispatch
internal import Logging
internal import Registry
internal import Store
internal import Synchronization

/// One poll of the source: which tag is newest, and where that is another release, the way of its bytes to the volume.
///
/// What it says of that is the ``SyncJournal``'s. A poll that fails leaves served what was served.
final class Synchronizer: Sendable {
    private struct Memory {
        /// The artifact that was refused last, and why: it is neither downloaded nor looked through again until it is another
        /// one, unless an administrator serves it all the same.
        var refused: (digest: Digest, reason: String)?
        /// The artifact for which what is known of the release before was found to be wrong: all of it is unpacked.
        var unrecognized: Digest?
        /// The release that was served already when it was looked through last.
        var inspected: Digest?
        /// The release that couldn't be looked through for damage on the disk.
        var damaged: Digest?
        /// What is known of the tags, and of which repository: the Secret may come to name another.
        var catalogue: (location: Reference.Location, tags: TagCatalogue)?
        /// The newest candidate, as of the last poll that found out.
        var newest: Tag?
    }

    let source: any ReleaseSource
    private let policy: TagPolicy
    private let verifier: SignatureVerifier
    let volume: Volume
    private let limits: ArchiveLimits
    private let inspector: ReleaseInspector
    private let timeout: Duration
    private let journal: SyncJournal
    private let progress: LayerPipeline.Progress?
    private let cancellation = Cancellation()
    private let memory = Mutex(Memory())
    /// Held by whoever brings archives onto the volume: polls, imports and repairs, one at a time.
    private let turn = Mutex(())
    private let isTaking = Atomic(false)

    /// - Parameter progress: told of what is received of a release.
    init(
        source: any ReleaseSource,
        configuration: Configuration,
        volume: Volume,
        log: Logger,
        progress: LayerPipeline.Progress? = nil
    ) throws {
        self.source = source
        self.volume = volume
        self.progress = progress
        journal = SyncJournal(log)
        timeout = configuration.source.timeout
        limits = ArchiveLimits(configuration.storage)
        inspector = ReleaseInspector(policy: configuration.source.checks, log: log)
        policy = configuration.source.tags
        verifier = SignatureVerifier(configuration.source.verifyKeys)
    }

    /// Ends a running poll soon, and every later one at once.
    func cancel() {
        cancellation.cancel()
    }

    /// The newest candidate of the registry, as of the last poll that found out.
    var newest: Tag? { memory.withLock { $0.newest } }

    /// Whether a release is being brought onto the volume: others who read much there wait.
    var isBusy: Bool { isTaking.load(ordering: .relaxed) }

    /// Does `body` while no poll and no import runs, with a deadline as a poll has it.
    func alone<Result: ~Copyable>(_ body: (Deadline) throws -> Result) rethrows -> Result {
        try turn.withLock { _ in try body(Deadline(after: timeout, cancellation: cancellation)) }
    }

    /// One poll, within `source.timeout`, all retries included.
    func poll() -> SyncOutcome {
        var hasOpened = false
        let outcome = attempt("syncing with \(source.location)") { deadline in
            let choice = try catalogue().choose(active: volume.active?.tag, before: deadline)
            hasOpened = true
            return try follow(choice, before: deadline)
        }
        if case .failed(let reason, _) = outcome {
            if !cancellation.isCancelled { journal.failed(reason, serving: volume.active, hasOpened: hasOpened) }
        } else {
            journal.succeeded()
        }
        return outcome
    }

    /// Brings the release of `tag` in another source onto the volume, through all that a poll's goes through, serves it
    /// and holds there.
    func takeIn(_ tag: Tag, from source: any ReleaseSource, holding request: HoldRequest) -> SyncOutcome {
        let outcome = attempt("importing \(tag)") { deadline in
            journal.importing(tag, by: request.by)
            let digest = try take(tag, digest: nil, from: source, holding: request, before: deadline)
            return .published(tag: tag, digest: digest)
        }
        if case .failed(let reason, _) = outcome { journal.importFailed(reason) }
        return outcome
    }

    private func attempt(_ doing: String, _ body: (Deadline) throws -> SyncOutcome) -> SyncOutcome {
        // What the volume could not remove in the background has nowhere else to show.
        defer { for problem in volume.takeProblems() { journal.warn("\(problem)") } }
        do {
            return try alone(body)
        } catch {
            if case StoreError.held = error, let active = volume.active {
                journal.overtaken(active, by: volume.hold)
                return .held(tag: active.tag, digest: active.digest, newest: newest ?? active.tag)
            }
            let reason = "\(doing): \(error)"
            return .failed(reason: reason, mayPass: Self.mayPass(error))
        }
    }

    /// Does what the choice asks for.
    private func follow(_ choice: Choice, before deadline: Deadline) throws -> SyncOutcome {
        let tag = choice.chosen.tag
        let ranked = choice.ranked.map(\.tag)
        memory.withLock { $0.newest = tag }
        let active = volume.active
        if let active, let hold = volume.hold {
            volume.forgetDownloads()
            inspect(active, before: deadline)
            journal.held(active, by: hold, newest: tag, ranked)
            return .held(tag: active.tag, digest: active.digest, newest: tag)
        }
        // A digest that is pinned comes with a tag made of it, which says nothing against the one that is served.
        if let active, active.digest == choice.chosen.digest, active.tag == tag || tag.isReferrer {
            journal.polled(ranked, undated: choice.undated, isNews: false)
            journal.foundNothingNew(active, newest: tag)
            volume.forgetDownloads()
            inspect(active, before: deadline)
            // One that was taken before there were keys, or by a key that is trusted no more, is told of as well.
            try verify(active.digest, of: tag, before: deadline)
            return .unchanged(tag: active.tag, digest: active.digest)
        }
        // What was refused before and hasn't changed is nothing new either.
        let isKnown = memory.withLock { $0.refused }.map { $0.digest == choice.chosen.digest } ?? false
        journal.polled(ranked, undated: choice.undated, isNews: !isKnown)
        return .published(
            tag: tag,
            digest: try take(tag, digest: choice.chosen.digest, from: source, holding: nil, before: deadline)
        )
    }

    /// Looks through the release that is served, once, where that wasn't done before its publication.
    private func inspect(_ active: Release, since basis: Release? = nil, before deadline: Deadline) {
        guard memory.withLock({ $0.inspected }) != active.digest else { return }
        do {
            try inspector.inspectIfUnknown(active, since: basis, before: deadline)
        } catch {
            if cancellation.isCancelled { return }
            // Damage may be mended by the next poll, and is told of once.
            let isDamage = if case StoreError.damaged = error { true } else { false }
            let isNews = memory.withLock { memory in
                defer { if isDamage { memory.damaged = active.digest } }
                return !isDamage || memory.damaged != active.digest
            }
            if isNews { journal.warn("\(error)") }
            // Where the time was over the next poll has its own.
            if isDamage || error is RegistryError { return }
        }
        memory.withLock { $0.inspected = active.digest }
    }

    private func catalogue() -> TagCatalogue {
        let location = source.location
        return memory.withLock { memory in
            if let known = memory.catalogue, known.location == location { return known.tags }
            let tags = TagCatalogue(source: source, policy: policy)
            memory.catalogue = (location, tags)
            return tags
        }
    }

    /// Brings the artifact of `tag` onto the volume, and gives its digest.
    private func take(
        _ tag: Tag,
        digest: Digest?,
        from source: any ReleaseSource,
        holding request: HoldRequest?,
        before deadline: Deadline
    ) throws -> Digest {
        isTaking.store(true, ordering: .relaxed)
        defer { isTaking.store(false, ordering: .relaxed) }
        let start = ContinuousClock.now
        // By digest where it is known: a tag that moves between the list and this request must not mix two artifacts.
        let manifest = try source.manifest(digest.map { .digest($0) } ?? .tag(tag), before: deadline)
        if request == nil, manifest.digest != volume.active?.digest, let refused = memory.withLock({ $0.refused }),
            refused.digest == manifest.digest
        {
            throw Refusal(reason: refused.reason)
        }
        // What an administrator brings by hand, they vouch for by that.
        if request == nil { try verify(manifest.digest, of: tag, before: deadline) }
        if let retained = volume.release(named: "\(manifest.digest)") {
            let release = try serve(retained, as: tag, holding: request, before: deadline)
            journal.serving(release, since: start)
            return release.digest
        }
        if request == nil { journal.downloading(tag) }
        let layers: [Descriptor]
        do {
            layers = try manifest.releaseLayers(of: "\(source.location):\(tag)")
        } catch {
            memory.withLock { $0.refused = (manifest.digest, "\(error)") }
            throw error
        }
        // What an earlier artifact has left half received may be the room that this one needs.
        volume.forgetDownloads(besides: layers)
        while true {
            do {
                let basis = volume.active
                let release = try persist(
                    layers,
                    of: manifest,
                    as: tag,
                    from: source,
                    holding: request,
                    before: deadline
                )
                journal.serving(release, since: start)
                inspect(release, since: basis, before: deadline)
                return release.digest
            } catch  where source.hasAnother(after: error) {
                // The mirror rests; the others, or the origin, are asked in its place at once.
                continue
            } catch let failure as MemberRecognition.Failure {
                journal.unpackingAll(of: tag, because: failure)
                memory.withLock { $0.unrecognized = manifest.digest }
                // Two of them may be more than there is room for.
                volume.settle()
            }
        }
    }

    /// Serves what is on the volume already: that costs no download.
    private func serve(
        _ retained: Release,
        as tag: Tag,
        holding request: HoldRequest?,
        before deadline: Deadline
    ) throws -> Release {
        // What is served stays served, also under another name.
        if retained.digest != volume.active?.digest {
            do {
                try inspector.inspectBeforehand(retained, before: deadline)
            } catch  where ArtifactFault.isOne(error) {
                memory.withLock { $0.refused = (retained.digest, "\(error)") }
                throw error
            }
        }
        journal.persisting(tag)
        let name = tag.isReferrer ? nil : tag
        let release =
            if let request {
                try volume.hold(retained, tag: name, request)
            } else {
                try volume.activate(retained, tag: name)
            }
        volume.forgetDownloads()
        return release
    }

    /// Downloads, unpacks and publishes.
    private func persist(
        _ layers: [Descriptor],
        of manifest: Manifest,
        as tag: Tag,
        from source: any ReleaseSource,
        holding request: HoldRequest?,
        before deadline: Deadline
    ) throws -> Release {
        let staging = try volume.stage(tag: tag, digest: manifest.digest)
        let recognizesMembers = memory.withLock { $0.unrecognized } != manifest.digest
        do {
            let pipeline = LayerPipeline(
                source: source,
                limits: limits,
                recognizesMembers: recognizesMembers,
                progress: progress
            )
            let downloads = try unpack(layers, by: pipeline, into: staging, before: deadline)
            journal.unpacked(layers, to: staging.location)
            let report = try inspector.inspectBeforehand(staging, before: deadline)
            journal.persisting(tag)
            return try volume.publish(staging, archives: downloads, report: report, holding: request)
        } catch {
            volume.discard(staging)
            if recognizesMembers, let failure = MemberRecognition.failure(behind: error, of: staging) { throw failure }
            let isRefused = ArtifactFault.isOne(error)
            if isRefused { memory.withLock { $0.refused = (manifest.digest, "\(error)") } }
            // What is refused isn't taken up again; and where there is no room, none may be held for the next attempt.
            if isRefused || (error as? StoreError)?.isOutOfSpace ?? false { volume.forgetDownloads() }
            throw error
        }
    }

    /// Nothing of a release is downloaded, and none is served, before somebody trusted has vouched for its manifest.
    private func verify(_ digest: Digest, of tag: Tag, before deadline: Deadline) throws {
        guard verifier.isNeeded else { return }
        let (key, isNew) = try verifier.verify(digest, as: "\(source.location):\(tag)", from: source, before: deadline)
        if isNew { journal.verified(tag, digest, by: key) }
    }

    private func unpack(
        _ layers: [Descriptor],
        by pipeline: LayerPipeline,
        into staging: Staging,
        before deadline: Deadline
    ) throws -> [PartialDownload] {
        var register = EntryRegister()
        var downloads: [PartialDownload] = []
        for layer in layers {
            let download = try volume.download(for: layer)
            do {
                let result = try pipeline.run(
                    layer,
                    download: download,
                    into: staging,
                    after: register,
                    before: deadline
                )
                journal.verified(result.blob.descriptor.digest)
                journal.unpacked(layer, known: result.unpacked.knownMembers)
                register = result.unpacked.register
            } catch {
                if MemberRecognition.failure(behind: error, of: staging) == nil { forget(download, after: error) }
                throw error
            }
            downloads.append(download)
        }
        // A file that is given twice is at its path what the later part of the archive says, not the earlier.
        if !register.hasReplacedFile { staging.vouchForMembers() }
        return downloads
    }

    /// What was kept of a download is taken up again next time, unless the bytes themselves are what was wrong.
    private func forget(_ download: PartialDownload, after error: any Error) {
        switch error {
        case RegistryError.digestMismatch, RegistryError.sizeMismatch, RegistryError.tainted: break
        case _ where ArtifactFault.isOne(error): break
        default: return
        }
        do {
            try download.discard()
        } catch {
            journal.warn("\(error)")
        }
    }

    /// An artifact that was refused before and hasn't changed.
    private struct Refusal: Error, CustomStringConvertible {
        let reason: String
        var description: String { reason }
    }

    /// Whether trying again soon can help.
    private static func mayPass(_ error: any Error) -> Bool {
        switch error {
        case let error as RegistryError: error.isTransient
        case is StoreError: !ArtifactFault.isOne(error)
        default: false
        }
    }
}
