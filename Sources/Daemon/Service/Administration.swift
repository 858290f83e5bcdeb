internal import Content
internal import Logging
internal import Registry
internal import Serving
internal import Store

/// What administrators have the daemon do, joined from the rooms; each is a line of the log, with who asked.
struct Administration: Sendable {
    let volume: Volume
    let synchronizer: Synchronizer
    let loop: SyncLoop
    let check: VolumeCheck
    /// For a sync that somebody waits for.
    let patience: Duration
    let log: Logger

    var actions: SiteActions {
        SiteActions(
            sync: { SyncReport(loop.pollNow(patience: patience), volume) },
            activate: activate,
            resume: resume,
            takeIn: takeIn,
            verify: { repair throws(StoreError) in try check.verifyNow(repair: repair) }
        )
    }

    @Sendable private func activate(_ release: Release, _ request: HoldRequest) throws(StoreError) -> SyncReport {
        let release = try volume.hold(release, request)
        var fields: Logger.Metadata = ["by": "\(request.by)", "digest": "\(release.digest)"]
        if let reason = request.reason { fields["reason"] = "\(reason)" }
        log.warning("Holding \(release.tag)", metadata: fields)
        return SyncReport(result: .held, release: ReleaseSummary(release, active: true), note: volume.hold?.description)
    }

    @Sendable private func resume(by name: String) throws(StoreError) -> SyncReport {
        let hold = try volume.resume(by: name)
        let release = volume.active.map { ReleaseSummary($0, active: true) }
        guard let hold else { return SyncReport(result: .unchanged, release: release, note: "nothing was held") }
        log.info("Following the registry again", metadata: ["by": "\(name)", "held": "\(hold)"])
        loop.pollSoon()
        return SyncReport(result: .resumed, release: release, note: "\(hold.tag) was held \(hold)")
    }

    @Sendable private func takeIn(_ folder: String, _ tag: Tag, _ request: HoldRequest) -> SyncReport {
        let directory = volume.path + "/staging/" + folder
        do {
            let source = try openSource(.layout(directory: directory), options: RegistryOptions())
            return SyncReport(synchronizer.takeIn(tag, from: source, holding: request), volume)
        } catch {
            return SyncReport(.failed(reason: "importing \(tag): \(error)", mayPass: false), volume)
        }
    }
}
