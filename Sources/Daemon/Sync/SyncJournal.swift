internal import Content
internal import Logging
internal import Registry
internal import Store
internal import Synchronization

/// What polls and imports say in the log. The sentences are the guide's, in its order; what goes on unchanged is said
/// once, and at debug meanwhile.
final class SyncJournal: Sendable {
    private struct Memory {
        var failures = FailureLog()
        /// The tags without a date that have been named in a warning.
        var undated: Set<Tag> = []
        /// What the registry had newest when that was last said to be held back.
        var heldBack: Tag?
    }

    private let log: Logger
    private let memory = Mutex(Memory())

    init(_ log: Logger) {
        self.log = log
    }

    /// A poll has found out what is newest.
    ///
    /// - Parameters:
    ///   - ranked: the candidates, the chosen one last.
    ///   - isNews: whether it leads to anything that was not said before.
    func polled(_ ranked: [Tag], undated: [Tag], isNews: Bool) {
        log.log(level: isNews ? .info : .debug, Self.opening)
        log.log(level: isNews ? .info : .debug, "\(Self.list(ranked))")
        warn(ofUndated: undated)
    }

    private static let opening: Logger.Message = "Syncing with OCI repo"

    private static func list(_ ranked: [Tag]) -> String {
        "tags[" + ranked.map { "\($0)" }.joined(separator: " ") + "]"
    }

    /// One line for all the tags that are new among these.
    private func warn(ofUndated tags: [Tag]) {
        let new = memory.withLock { memory in
            let new = tags.filter { !memory.undated.contains($0) }
            memory.undated.formUnion(new)
            return new
        }
        guard !new.isEmpty else { return }
        let names = new.map { "\($0)" }.joined(separator: " ")
        log.warning(
            "tags without a creation date: 0.0.0, then the highest version wins; the ORAS command and specman push write dates",
            metadata: ["tags": "\(names)"]
        )
    }

    /// What was to be taken from the release that is served isn't there, and comes from the archive.
    func unpackingAll(of tag: Tag, because error: any Error) {
        log.warning("unpacking all of the archive", metadata: ["tag": "\(tag)", "reason": "\(error)"])
    }

    func foundNothingNew(_ active: Release, newest tag: Tag) {
        log.debug("nothing new", metadata: ["tag": "\(tag)", "digest": "\(active.digest)"])
    }

    /// A poll under a hold.
    func held(_ active: Release, by hold: Hold, newest tag: Tag, _ ranked: [Tag]) {
        let isNew = memory.withLock { memory in
            defer { memory.heldBack = tag }
            return memory.heldBack != tag
        }
        let fields: Logger.Metadata = ["newest": "\(tag)", "held": "\(hold)"]
        log.log(level: isNew ? .info : .debug, "Holding \(active.tag)", metadata: fields)
        log.debug("\(Self.list(ranked))")
    }

    /// A hold came while a release was on its way: that is no failure.
    func overtaken(_ active: Release, by hold: Hold?) {
        log.info("Holding \(active.tag)", metadata: ["held": "\(hold?.description ?? "")"])
    }

    func verified(_ tag: Tag, _ digest: Digest, by key: String) {
        log.info("Verified \(tag)", metadata: ["digest": "\(digest)", "key": "\(key)"])
    }

    func importing(_ tag: Tag, by user: String) {
        log.info("Importing \(tag)", metadata: ["by": "\(user)"])
    }

    func downloading(_ tag: Tag) {
        log.info("Downloading \(tag)")
    }

    /// A layer has come whole.
    func verified(_ layer: Digest) {
        log.debug("verified", metadata: ["digest": "\(layer)"])
    }

    /// How much of a layer was taken from the release that is served.
    func unpacked(_ layer: Descriptor, known members: Int) {
        guard members > 0 else { return }
        log.debug(
            "taken from the release that is served",
            metadata: ["layer": "\(layer.digest)", "members": "\(members)"]
        )
    }

    func unpacked(_ layers: [Descriptor], to location: String) {
        log.info("listing dir \(location)")
        for layer in layers { log.info("filename: \(layer.title ?? layer.digest.hex), isDir: false") }
    }

    func persisting(_ tag: Tag) {
        log.info("Persisting \(tag)")
    }

    func serving(_ release: Release, since start: ContinuousClock.Instant) {
        log.info(
            "Serving \(release.tag)",
            metadata: [
                "digest": "\(release.digest)", "files": "\(release.files)", "bytes": "\(release.bytes)",
                "took": "\(DurationText.format(start.duration(to: .now)))",
            ]
        )
    }

    /// A poll has failed: one error line for each new reason, and again after a while.
    ///
    /// - Parameter hasOpened: whether ``polled(_:undated:isNews:)`` has come first. Where the registry can't be asked
    ///   for its tags it has not, and who looks for the guide's first sentence shall find it before the error.
    func failed(_ reason: String, serving active: Release?, hasOpened: Bool) {
        let (streak, tells) = memory.withLock { $0.failures.failed(reason, at: .now, .current()) }
        var fields = streak.count > 1 ? Self.fields(streak) : [:]
        if let active { fields["serving"] = "\(active.tag)" }
        if !hasOpened { log.log(level: tells ? .info : .debug, Self.opening) }
        log.log(level: tells ? .error : .debug, "\(reason)", metadata: fields)
    }

    /// A poll has succeeded.
    func succeeded() {
        guard let streak = memory.withLock({ $0.failures.succeeded() }) else { return }
        log.info("Syncing works again", metadata: Self.fields(streak))
    }

    private static func fields(_ streak: FailureLog.Streak) -> Logger.Metadata {
        ["failures": "\(streak.count)", "since": "\(streak.since.rfc3339)"]
    }

    /// An import has failed.
    func importFailed(_ reason: String) {
        log.error("\(reason)")
    }

    /// Something that doesn't end the sync.
    func warn(_ problem: String) {
        log.warning("\(problem)")
    }
}
