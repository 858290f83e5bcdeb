internal import Content
internal import Dispatch
internal import Logging
internal import Registry
internal import Serving
internal import Store

/// What administrators have the daemon do, joined from the rooms; each is a line of the log, with who asked.
///
/// None of it holds a thread that answers requests. Holds, imports and verifications wait for others of their kind by
/// themselves: they queue here, instead of each on a thread. All who wait for a sync share the next one.
struct Administration: Sendable {
    let volume: Volume
    let synchronizer: Synchronizer
    let loop: SyncLoop
    let check: VolumeCheck
    /// For a sync that somebody waits for.
    let patience: Duration
    let log: Logger

    private let holds = DispatchQueue(label: "specman.administration.holds")
    private let imports = DispatchQueue(label: "specman.administration.imports")
    private let verifications = DispatchQueue(label: "specman.administration.verifications")

    var actions: SiteActions {
        SiteActions(
            sync: { reply in loop.pollNow(patience: patience) { reply(SyncReport($0, volume)) } },
            activate: { release, request, reply in
                Self.run(on: holds, reply) { () throws(StoreError) in try activate(release, request) }
            },
            resume: { name, reply in Self.run(on: holds, reply) { () throws(StoreError) in try resume(by: name) } },
            takeIn: { folder, tag, request, reply in imports.async { reply(takeIn(folder, tag, request)) } },
            verify: { repair, reply in
                Self.run(on: verifications, reply) { () throws(StoreError) in try check.verifyNow(repair: repair) }
            }
        )
    }

    private static func run<Value>(
        on queue: DispatchQueue,
        _ reply: @escaping SiteActions.Reply<Value>,
        _ body: @escaping @Sendable () throws(StoreError) -> Value
    ) {
        queue.async { reply(Result(catching: body)) }
    }

    private func activate(_ release: Release, _ request: HoldRequest) throws(StoreError) -> SyncReport {
        let release = try volume.hold(release, request)
        var fields: Logger.Metadata = ["by": "\(request.by)", "digest": "\(release.digest)"]
        if let reason = request.reason { fields["reason"] = "\(reason)" }
        log.warning("Holding \(release.tag)", metadata: fields)
        return SyncReport(result: .held, release: ReleaseSummary(release, active: true), note: volume.hold?.description)
    }

    private func resume(by name: String) throws(StoreError) -> SyncReport {
        let hold = try volume.resume(by: name)
        let release = volume.active.map { ReleaseSummary($0, active: true) }
        guard let hold else { return SyncReport(result: .unchanged, release: release, note: "nothing was held") }
        log.info("Following the registry again", metadata: ["by": "\(name)", "held": "\(hold)"])
        loop.pollSoon()
        return SyncReport(result: .resumed, release: release, note: "(\(hold.tag) was held \(hold))")
    }

    private func takeIn(_ folder: String, _ tag: Tag, _ request: HoldRequest) -> SyncReport {
        let directory = volume.path + "/staging/" + folder
        do {
            let source = try openSource(.layout(directory: directory), options: RegistryOptions())
            return SyncReport(synchronizer.takeIn(tag, from: source, holding: request), volume)
        } catch {
            return SyncReport(.failed(reason: "importing \(tag): \(error)", mayPass: false), volume)
        }
    }
}
