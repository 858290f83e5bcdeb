internal import Archive
internal import Content
internal import Dispatch
internal import Logging
internal import Registry
internal import Store
internal import Synchronization

/// One poll of the source: which tag is newest, and where that is another release, the way of its bytes to the volume.
///
/// Log sentences are the guide's, in its order. A poll that finds nothing new says so at debug only; one that fails says
/// so in one error line unless it was said before, and what was served stays served.
final class Synchronizer: Sendable {
    private struct Memory {
        /// The artifact that was refused last, and why: it isn't downloaded again until it is another one.
        var refused: (digest: Digest, reason: String)?
        /// The tags without a date that have been named in a warning.
        var named: Set<Tag> = []
        /// The release that was served already when it was looked through last.
        var inspected: Digest?
        /// What is known of the tags, and of which repository: the Secret may come to name another.
        var catalogue: (location: Reference.Location, tags: TagCatalogue)?
        /// The newest candidate, as of the last poll that found out.
        var newest: Tag?
        /// What the registry had newest when that was last said to be held back.
        var heldBack: Tag?
    }

    let source: any ReleaseSource
    private let policy: TagPolicy
    private let verifier: SignatureVerifier
    let volume: Volume
    private let limits: ArchiveLimits
    private let inspector: ReleaseInspector
    private let timeout: Duration
    private let log: Logger
    private let cancellation = Cancellation()
    private let memory = Mutex(Memory())
    private let failures = Mutex(FailureLog())
    /// Held by whoever brings archives onto the volume: polls, imports and repairs, one at a time.
    private let turn = Mutex(())
    private let isTaking = Atomic(false)

    init(source: any ReleaseSource, configuration: Configuration, volume: Volume, log: Logger) throws {
        self.source = source
        self.volume = volume
        self.log = log
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
        let outcome = attempt("syncing with \(source.location)") { deadline in try run(before: deadline) }
        if case .failed(let reason, _) = outcome {
            if !cancellation.isCancelled { tell(reason) }
        } else if let streak = failures.withLock({ $0.succeeded() }) {
            log.info("Syncing works again", metadata: Self.fields(streak))
        }
        return outcome
    }

    /// Brings the release of `tag` in another source onto the volume, through all that a poll's goes through, serves it
    /// and holds there.
    func takeIn(_ tag: Tag, from source: any ReleaseSource, holding request: HoldRequest) -> SyncOutcome {
        let outcome = attempt("importing \(tag)") { deadline in
            log.info("Importing \(tag)", metadata: ["by": "\(request.by)"])
            let digest = try take(tag, digest: nil, from: source, holding: request, before: deadline)
            return .published(tag: tag, digest: digest)
        }
        if case .failed(let reason, _) = outcome { log.error("\(reason)") }
        return outcome
    }

    private func attempt(_ doing: String, _ body: (Deadline) throws -> SyncOutcome) -> SyncOutcome {
        // What the volume could not remove in the background has nowhere else to show.
        defer { for problem in volume.takeProblems() { log.warning("\(problem)") } }
        do {
            return try alone(body)
        } catch {
            if case StoreError.held = error, let active = volume.active {
                // It came while a release was on its way: that is no failure.
                log.info("Holding \(active.tag)", metadata: ["held": "\(volume.hold?.description ?? "")"])
                return .held(tag: active.tag, digest: active.digest, newest: newest ?? active.tag)
            }
            let reason = "\(doing): \(error)"
            return .failed(reason: reason, mayPass: Self.mayPass(error))
        }
    }

    /// One error line for each new reason; what goes on is said again after a while, and at debug meanwhile.
    private func tell(_ reason: String) {
        let (streak, tells) = failures.withLock { $0.failed(reason, at: .now, .current()) }
        var fields = streak.count > 1 ? Self.fields(streak) : [:]
        if let active = volume.active { fields["serving"] = "\(active.tag)" }
        log.log(level: tells ? .error : .debug, "\(reason)", metadata: fields)
    }

    private static func fields(_ streak: FailureLog.Streak) -> Logger.Metadata {
        ["failures": "\(streak.count)", "since": "\(streak.since.rfc3339)"]
    }

    private func run(before deadline: Deadline) throws -> SyncOutcome {
        let active = volume.active
        let choice = try catalogue().choose(active: active?.tag, before: deadline)
        let tag = choice.chosen.tag
        let names = choice.ranked.map { "\($0.tag)" }.joined(separator: " ")
        memory.withLock { $0.newest = tag }
        if let active, let hold = volume.hold { return held(hold, active, newest: tag, names, before: deadline) }
        // A digest that is pinned comes with a tag made of it, which says nothing against the one that is served.
        if let active, active.digest == choice.chosen.digest, active.tag == tag || tag.isReferrer {
            log.debug("Syncing with OCI repo")
            log.debug("tags[\(names)]")
            log.debug("nothing new", metadata: ["tag": "\(tag)", "digest": "\(active.digest)"])
            warnOfUndated(choice.undated)
            volume.forgetDownloads()
            inspect(active, before: deadline)
            // One that was taken before there were keys, or by a key that is trusted no more, is told of as well.
            try verify(active.digest, of: tag, before: deadline)
            return .unchanged(tag: active.tag, digest: active.digest)
        }
        // What was refused before and hasn't changed is nothing new either.
        let isKnown = memory.withLock { $0.refused }.map { $0.digest == choice.chosen.digest } ?? false
        log.log(level: isKnown ? .debug : .info, "Syncing with OCI repo")
        log.log(level: isKnown ? .debug : .info, "tags[\(names)]")
        warnOfUndated(choice.undated)
        return .published(
            tag: tag,
            digest: try take(tag, digest: choice.chosen.digest, from: source, holding: nil, before: deadline)
        )
    }

    /// A poll under a hold: what is newest is told once, and nothing is taken.
    private func held(
        _ hold: Hold,
        _ active: Release,
        newest tag: Tag,
        _ names: String,
        before deadline: Deadline
    ) -> SyncOutcome {
        volume.forgetDownloads()
        inspect(active, before: deadline)
        let isNew = memory.withLock { memory in
            defer { memory.heldBack = tag }
            return memory.heldBack != tag
        }
        let fields: Logger.Metadata = ["newest": "\(tag)", "held": "\(hold)"]
        log.log(level: isNew ? .info : .debug, "Holding \(active.tag)", metadata: fields)
        log.debug("tags[\(names)]")
        return .held(tag: active.tag, digest: active.digest, newest: tag)
    }

    /// Looks through the release that is served, once, where that wasn't done before its publication.
    private func inspect(_ active: Release, since basis: Release? = nil, before deadline: Deadline) {
        guard memory.withLock({ $0.inspected }) != active.digest else { return }
        do {
            try inspector.inspectIfUnknown(active, since: basis, before: deadline)
        } catch {
            if cancellation.isCancelled { return }
            log.warning("\(error)")
            // The time was over: the next poll has its own.
            if error is RegistryError { return }
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
        if request == nil, let refused = memory.withLock({ $0.refused }), refused.digest == manifest.digest {
            throw Refusal(reason: refused.reason)
        }
        // What an administrator brings by hand, they vouch for by that.
        if request == nil { try verify(manifest.digest, of: tag, before: deadline) }
        if let retained = volume.release(named: "\(manifest.digest)") {
            // A tag that points at what is on the volume already costs no download.
            log.info("Persisting \(tag)")
            let name = tag.isReferrer ? nil : tag
            let release =
                if let request {
                    try volume.hold(retained, tag: name, request)
                } else {
                    try volume.activate(retained, tag: name)
                }
            volume.forgetDownloads()
            announce(release, since: start)
            return release.digest
        }
        if request == nil { log.info("Downloading \(tag)") }
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
                announce(release, since: start)
                inspect(release, since: basis, before: deadline)
                return release.digest
            } catch  where source.hasAnother(after: error) {
                // The mirror rests; the others, or the origin, are asked in its place at once.
                continue
            }
        }
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
        do {
            let downloads = try unpack(layers, from: source, into: staging, before: deadline)
            log.info("listing dir \(staging.location)")
            for layer in layers { log.info("filename: \(layer.title ?? layer.digest.hex), isDir: false") }
            let report = try inspector.inspectBeforehand(staging, before: deadline)
            log.info("Persisting \(tag)")
            return try volume.publish(staging, archives: downloads, report: report, holding: request)
        } catch {
            volume.discard(staging)
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
        if isNew { log.info("Verified \(tag)", metadata: ["digest": "\(digest)", "key": "\(key)"]) }
    }

    private func unpack(
        _ layers: [Descriptor],
        from source: any ReleaseSource,
        into staging: Staging,
        before deadline: Deadline
    ) throws -> [PartialDownload] {
        let pipeline = LayerPipeline(source: source, limits: limits)
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
                log.debug("verified", metadata: ["digest": "\(result.blob.descriptor.digest)"])
                register = result.register
            } catch {
                forget(download, after: error)
                throw error
            }
            downloads.append(download)
        }
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
            log.warning("\(error)")
        }
    }

    private func announce(_ release: Release, since start: ContinuousClock.Instant) {
        log.info(
            "Serving \(release.tag)",
            metadata: [
                "digest": "\(release.digest)", "files": "\(release.files)", "bytes": "\(release.bytes)",
                "took": "\(DurationText.format(start.duration(to: .now)))",
            ]
        )
    }

    private func warnOfUndated(_ undated: [Tag]) {
        let new = memory.withLock { memory in
            let new = undated.filter { !memory.named.contains($0) }
            memory.named.formUnion(new)
            return new
        }
        guard !new.isEmpty else { return }
        let names = new.map { "\($0)" }.joined(separator: " ")
        log.warning(
            "tags without a creation date: 0.0.0, then the highest version wins; the ORAS command and specman push write dates",
            metadata: ["tags": "\(names)"]
        )
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
