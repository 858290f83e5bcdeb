import Serving
import Store

extension SiteActions {
    /// Actions on a volume without a registry, for tests that look at other things.
    init(on volume: Volume, sync: @escaping @Sendable () -> SyncReport) {
        self.init(
            sync: sync,
            activate: { release, request throws(StoreError) in
                let release = try volume.hold(release, request)
                return SyncReport(result: .held, release: ReleaseSummary(release, active: true))
            },
            resume: { name throws(StoreError) in
                let hold = try volume.resume(by: name)
                return SyncReport(result: .resumed, release: nil, note: hold?.description)
            },
            takeIn: { folder, tag, request in
                SyncReport(result: .held, release: nil, note: "\(folder) \(tag) \(request.by)")
            },
            verify: { repair throws(StoreError) in
                let report = try volume.verify()
                return VerificationDocument(
                    entries: report?.entries ?? 0,
                    bytes: report?.bytes ?? 0,
                    damaged: report?.damaged ?? 0,
                    restored: 0,
                    damages: [],
                    error: repair ? "nothing to mend from" : nil
                )
            }
        )
    }
}
