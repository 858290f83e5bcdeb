package import Content
internal import Foundation
internal import Platform
internal import Synchronization

/// The directory that holds the releases, their index and their archives; one process at a time has it.
///
/// A publication goes through these steps; a crash or a power loss leaves this, and the next start does that:
///
/// | after | on the volume | the next start |
/// |---|---|---|
/// | a part of a download | `archives/DIGEST.partial` | keeps it: the next download goes on from there |
/// | staging began | `staging/N`, rows of N without a release | serves the release before; removes both |
/// | a hold's file, where it is published by hand | `hold.next.json` names a release that isn't there | removes it; the hold before stands |
/// | the file system's sync | the same, durable | the same |
/// | the sidecar | `releases/ID.json` | removes it, too |
/// | the directory's rename and its sync | `releases/ID` whole, no row in `releases` | removes it; where the index is lost, takes it as published |
/// | the archives' renames and their sync | archives of no release | calls them partial: the next download begins with them |
/// | the index's commit: **the publication** | everything, `current` on the release before, `hold.next.json` | serves the new release; points `current` at it; holds it |
/// | `current` | releases beyond retention, `hold.next.json` | removes them; holds it |
/// | the hold's renaming | archives that no retained release has | calls them partial; the next publication removes them |
///
/// An activation writes the hold, the release's sidecar under its new tag, the index and `current`, in this order. Until
/// the index's commit the next start serves and holds what was served and held before; the tag in the sidecar counts
/// only where the index is lost. What letting go of a hold leaves is a hold, or none.
///
/// A commit that failed and yet became durable would name a directory that was removed again: such a release is dropped
/// at the start, and the newest whole one is served. Removal happens in the background; a release that somebody still
/// holds is removed when they let go of it.
package final class Volume: Sendable {
    package struct Options: Sendable {
        /// How many releases are kept, the active one included; at least 1.
        package var retain: Int
        /// How many bytes stay free.
        package var reserve: Int64
        /// Whether the archives of retained releases are kept.
        package var keepArchives: Bool
        /// The time, for what is published.
        package var clock: @Sendable () -> Timestamp

        package init(
            retain: Int = 3,
            reserve: Int64 = 256 << 20,
            keepArchives: Bool = true,
            clock: @escaping @Sendable () -> Timestamp = { Timestamp(seconds: Int64(Date().timeIntervalSince1970)) }
        ) {
            self.retain = max(1, retain)
            self.reserve = reserve
            self.keepArchives = keepArchives
            self.clock = clock
        }
    }

    struct State: Sendable {
        var retained: RetainedReleases
        var nextNumber: Int64
        /// The second of the last publication or activation.
        var lastEvent: Int64
        /// Why nothing is published but by hand.
        var hold: Hold?
    }

    let options: Options
    let layout: VolumeLayout
    let index: Index
    let reclaimer: Reclaimer
    let state: Mutex<State>
    /// Held while the served release is changed.
    let change = Mutex(())
    private let changes = Atomic<UInt64>(1)
    private let observer = Mutex<(@Sendable () -> Void)?>(nil)
    private let lock: FileLock

    /// Opens the volume in `directory`, making it where there is none, and clears away what a crash left.
    ///
    /// - Throws: ``StoreError/locked(volume:process:)`` where another process has it; others where it can't be used.
    package init(directory: String, options: Options) throws(StoreError) {
        let layout = try VolumeLayout(making: directory)
        do throws(FileLock.Failure) {
            lock = try FileLock(VolumeLayout.lock.bytes, in: layout.root)
        } catch {
            switch error {
            case .held(let process): throw .locked(volume: directory, process: process)
            case .system(let cause): throw StoreError(doing: "locking the volume \(directory)", cause)
            }
        }
        let opening = try VolumeOpening(layout: layout, options: options)
        self.options = options
        self.layout = layout
        index = opening.index
        reclaimer = opening.reclaimer
        state = Mutex(opening.state)
    }

    deinit {
        reclaimer.close()
    }

    /// The releases on the volume in `directory`, for a command beside a running daemon: no lock, nothing written.
    package static func openReadOnly(directory: String) throws(StoreError) -> RetainedReleases {
        let layout = try VolumeLayout(existing: directory)
        let index = try Index(path: layout.indexPath, readOnly: true)
        let rows = try index.read("reading the releases") { database in try Index.releases(database) }
        var releases: [Release] = []
        for row in rows {
            // One that retention has taken away between the two reads.
            guard let directory = try? layout.releases.directory(row.id.bytes) else { continue }
            let lease = ReleaseLease(number: row.number, id: row.id, directory: directory, reclaimer: nil)
            releases.append(Release(row, lease: lease, index: index))
        }
        let number = rows.first(where: \.isActive)?.number
        // A commit that was taken back may stand in the log all the same, until the next one or the next start: what it
        // names is gone, and the newest whole one is served.
        let active = releases.first { $0.number == number } ?? releases.first
        let (hold, _) = try Hold.read(from: directory, serving: active?.digest)
        return RetainedReleases(releases, active: active, hold: hold)
    }

    /// `storage.directory`, as it was given.
    package var path: String { layout.path }

    /// The release that is served; `nil` before the first publication.
    package var active: Release? { state.withLock { $0.retained.active } }

    /// Grows whenever the served release or the retained ones change.
    package var generation: UInt64 { changes.load(ordering: .acquiring) }

    /// The retained releases, the newest first.
    package func releases() -> [Release] { state.withLock { $0.retained.releases } }

    /// The retained release with the tag, the digest (`sha256:…`) or its hex digits; the newest where several have it.
    package func release(named name: String) -> Release? { state.withLock { $0.retained.release(named: name) } }

    /// The retained release of the manifest with `digest`.
    package func release(_ digest: Digest) -> Release? {
        state.withLock { $0.retained.releases.first { $0.digest == digest } }
    }

    /// How many bytes the volume still takes.
    package func freeSpace() throws(StoreError) -> Int64 {
        do throws(SystemError) {
            return try layout.root.freeSpace()
        } catch {
            throw StoreError(doing: "asking for the free space of \(layout.path)", error)
        }
    }

    /// The failures of work that nobody waited for (removal, `current`) since it was last asked; for the log.
    package func takeProblems() -> [StoreError] { reclaimer.takeProblems() }

    /// Waits until what is not needed any more is removed.
    package func settle() { reclaimer.settle() }

    /// Has `act` called each time that ``generation`` has grown, on the thread that changed it; in the place of an earlier one.
    package func whenChanged(_ act: @escaping @Sendable () -> Void) {
        observer.withLock { $0 = act }
    }

    func noteChange() {
        changes.add(1, ordering: .acquiringAndReleasing)
        observer.withLock { $0 }?()
    }
}

/// The releases at one moment.
package struct RetainedReleases: Sendable {
    /// The newest first.
    package let releases: [Release]
    /// The one that is served.
    package let active: Release?
    /// Why it stays the one that is served, where an administrator chose it.
    package let hold: Hold?

    init(_ releases: [Release], active: Release?, hold: Hold? = nil) {
        self.releases = releases
        self.active = active
        self.hold = hold
    }

    /// The release with the tag, the digest (`sha256:…`) or its hex digits; the newest where several have it.
    package func release(named name: String) -> Release? {
        if let digest = Digest(name) ?? Digest(hex: name), let found = releases.first(where: { $0.digest == digest }) {
            return found
        }
        return releases.first { "\($0.tag)" == name }
    }
}
