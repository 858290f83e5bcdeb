internal import Platform
internal import Synchronization

/// Keeps a release's directory and rows for as long as anybody holds a ``Release`` of it.
final class ReleaseLease: Sendable {
    let number: Int64
    let id: String
    let directory: Directory
    private let reclaimer: Reclaimer?
    private let isRetired = Atomic(false)

    init(number: Int64, id: String, directory: Directory, reclaimer: Reclaimer?) {
        self.number = number
        self.id = id
        self.directory = directory
        self.reclaimer = reclaimer
    }

    /// Has the release removed when its last holder lets go of it.
    func retire() {
        isRetired.store(true, ordering: .releasing)
    }

    deinit {
        if isRetired.load(ordering: .acquiring) { reclaimer?.reclaimRelease(number: number, id: id) }
    }
}
