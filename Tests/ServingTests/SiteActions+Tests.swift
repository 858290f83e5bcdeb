import HTTP
import Serving
import Store
import Synchronization
import Testing

extension SiteActions {
    /// Actions on a volume without a registry, for tests that look at other things.
    init(on volume: Volume, sync: @escaping @Sendable () -> SyncReport) {
        self.init(
            sync: { reply in reply(sync()) },
            activate: { release, request, reply in
                reply(
                    Result { () throws(StoreError) in
                        let release = try volume.hold(release, request)
                        return SyncReport(result: .held, release: ReleaseSummary(release, active: true))
                    }
                )
            },
            resume: { name, reply in
                reply(
                    Result { () throws(StoreError) in
                        let hold = try volume.resume(by: name)
                        return SyncReport(result: .resumed, release: nil, note: hold?.description)
                    }
                )
            },
            takeIn: { folder, tag, request, reply in
                reply(SyncReport(result: .held, release: nil, note: "\(folder) \(tag) \(request.by)"))
            },
            verify: { repair, reply in
                reply(
                    Result { () throws(StoreError) in
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
        )
    }
}

extension Site {
    /// The answer, where it is there at once, as the actions of these tests have it; else 500.
    func answer(to request: Request) -> Answer<StoredFile> {
        let answers = Answers()
        answer(to: request) { answer in answers.add(answer) }
        let all = answers.all
        #expect(all.count == 1)
        return all.first ?? Answer(.internalServerError)
    }
}

/// What was replied.
private final class Answers: Sendable {
    private let answers = Mutex<[Answer<StoredFile>]>([])

    var all: [Answer<StoredFile>] { answers.withLock { $0 } }

    func add(_ answer: Answer<StoredFile>) { answers.withLock { $0.append(answer) } }
}
