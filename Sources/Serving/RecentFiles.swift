internal import Content
internal import Store
internal import Synchronization

/// The files that paths in the served release led to lately, so that the next answer needs no look-up in the index, which is
/// on the disk. Forgets everything when another release is served.
///
/// Two generations of half the room each: what is found again in the older one goes to the younger, too, and when that is
/// full it takes the older one's place. So nothing is searched for what to forget, and what is asked for often stays.
final class RecentFiles: Sendable {
    struct Found {
        let file: RecentPaths.Entry
        let families: Families
    }

    /// Of answers with files of one type (``Answer/family``).
    struct Families {
        let type: String
        /// Whether such a file may have a gzip form.
        let hasForms: Bool
        let identity: UInt64
        let gzip: UInt64
    }

    private struct State {
        weak var release: Release?
        var families: [Families] = []
        /// Numbers given away, for all releases.
        var lastFamily: UInt64 = 0
        var younger = RecentPaths()
        var older = RecentPaths()

        mutating func insert(_ path: Span<UInt8>, _ hash: UInt32, _ entry: RecentPaths.Entry, limit: Int) {
            if younger.isFull(limit / 2) {
                older = younger
                younger = RecentPaths()
            }
            younger.insert(path, hash, entry)
        }
    }

    /// Types of a release's files: endings known to ``MediaType``, with and without a gzip form.
    private static let mostFamilies = 255
    /// Files kept, of some 150 bytes each.
    private static let limit = 131_072

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int = RecentFiles.limit) {
        self.limit = limit
    }

    /// The file that `path`, as it was sent, led to when `release` was asked.
    func find(_ path: Span<UInt8>, of release: Release) -> Found? {
        state.withLock { state in
            guard state.release === release else { return nil }
            let hash = RecentPaths.hash(path)
            var entry = state.younger.find(path, hash)
            if entry == nil, let old = state.older.find(path, hash) {
                state.insert(path, hash, old, limit: limit)
                entry = old
            }
            guard let entry else { return nil }
            return Found(file: entry, families: state.families[Int(entry.family)])
        }
    }

    /// Remembers that `path`, as it was sent, leads to a file of `release`, which is served.
    ///
    /// - Returns: what ``find(_:of:)`` gives from now on; `nil` for a directory, and where there are too many families.
    func remember(
        _ path: [UInt8],
        _ record: FileRecord,
        type: String,
        hasForms: Bool,
        of release: Release
    ) -> Found? {
        guard let digest = record.digest else { return nil }
        return state.withLock { state in
            if state.release !== release {
                state = State(release: release, lastFamily: state.lastFamily)
            }
            var place = state.families.firstIndex { $0.type == type && $0.hasForms == hasForms }
            if place == nil, state.families.count < Self.mostFamilies {
                place = state.families.count
                let last = state.lastFamily
                state.families.append(Families(type: type, hasForms: hasForms, identity: last + 1, gzip: last + 2))
                state.lastFamily += 2
            }
            guard let place, let number = UInt8(exactly: place) else { return nil }
            let hash = RecentPaths.hash(path.span)
            let entry = RecentPaths.Entry(
                path: record.path.bytes,
                size: record.size,
                digest: digest,
                modified: record.modified,
                family: number
            )
            if state.younger.find(path.span, hash) == nil { state.insert(path.span, hash, entry, limit: limit) }
            return Found(file: entry, families: state.families[place])
        }
    }
}
