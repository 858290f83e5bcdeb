internal import Dispatch
internal import Platform
internal import Synchronization

/// Takes away what nobody needs any more, on a queue of its own: it may be much, and nobody waits for it.
///
/// What it doesn't come to before the process ends, the next start sweeps.
final class Reclaimer: Sendable {
    /// Rows removed in one transaction, so that a publication doesn't wait long for its turn: about 20 ms.
    private static let rowsAtOnce = 5000

    private let layout: VolumeLayout
    private let index: Index
    /// One after the other.
    let queue = DispatchQueue(label: "specman.store.reclaim", qos: .utility)
    private let isClosed = Atomic(false)
    private let problems = Mutex<[StoreError]>([])
    /// Of releases that are still to be removed.
    private let waiting = Mutex<Set<String>>([])

    init(layout: VolumeLayout, index: Index) {
        self.layout = layout
        self.index = index
    }

    /// Removes the directory, the sidecar and the rows of a release that is not in the index any more.
    func reclaimRelease(number: Int64?, id: String) {
        waiting.withLock { _ = $0.insert(id) }
        run { () throws(StoreError) in
            defer { self.waiting.withLock { _ = $0.remove(id) } }
            do throws(SystemError) {
                // The sidecar goes first: a directory without one is never taken for a release.
                try self.layout.releases.removeTree(VolumeLayout.sidecar(of: id).bytes)
                try self.layout.releases.removeTree(id.bytes)
            } catch {
                throw StoreError(doing: "removing release \(id)", error)
            }
            if let number { try self.removeRows(of: number) }
        }
    }

    /// Whether the release `id` is still to be removed: what takes its name now would be removed in its place.
    func isToRemove(_ id: String) -> Bool {
        waiting.withLock { $0.contains(id) }
    }

    /// Removes the files' rows of an unpublished release.
    func reclaimRows(of number: Int64) {
        run { () throws(StoreError) in try self.removeRows(of: number) }
    }

    /// Removes `name` of `directory` with all that is in it.
    func reclaim(_ name: [UInt8], in directory: Directory) {
        run { () throws(StoreError) in
            do throws(SystemError) {
                try directory.removeTree(name)
            } catch {
                throw StoreError(doing: "removing what is not needed", error)
            }
        }
    }

    /// Waits until everything asked for so far is done.
    func settle() {
        queue.sync {}
    }

    /// Does nothing from now on: another holder of the lock may use the names.
    func close() {
        isClosed.store(true, ordering: .releasing)
        settle()
    }

    /// Keeps a failure that nobody waits for, for ``takeProblems()``.
    func report(_ problem: StoreError) {
        problems.withLock { $0.append(problem) }
    }

    /// The failures since it was last asked.
    func takeProblems() -> [StoreError] {
        problems.withLock { problems in
            defer { problems = [] }
            return problems
        }
    }

    private func removeRows(of number: Int64) throws(StoreError) {
        while !isClosed.load(ordering: .acquiring) {
            let areSomeLeft = try index.writeLazily("removing old rows") { database in
                try Index.removeRows(of: number, limit: Self.rowsAtOnce, database)
            }
            guard areSomeLeft else { break }
        }
        try index.shrink { !self.isClosed.load(ordering: .acquiring) }
    }

    private func run(_ work: @escaping @Sendable () throws(StoreError) -> Void) {
        queue.async {
            guard !self.isClosed.load(ordering: .acquiring) else { return }
            do throws(StoreError) { try work() } catch { self.report(error) }
        }
    }
}
