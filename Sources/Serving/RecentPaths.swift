internal import Content
internal import Store

/// One generation of ``RecentFiles``: a table from paths as they were sent to files, which only grows.
///
/// Places found by hash, the next free one after it on a collision; all entries are in one array, and all their names in
/// another. Memory of each entry's own would lie between what connections take and give back, and stay when that has gone.
struct RecentPaths {
    struct Entry {
        /// The file's real path within the release.
        let path: [UInt8]
        /// In bytes.
        let size: Int64
        let digest: Digest
        let modified: Timestamp
        /// Its place among the families.
        let family: UInt8
    }

    /// Bitwise copyable: it refers to no memory of its own.
    private struct Stored: BitwiseCopyable {
        let digest: Digest
        let modified: Timestamp
        let size: Int64
        /// Where its names begin: the path and, behind it, the target where that isn't plain.
        let start: UInt32
        let pathCount: UInt32
        let targetCount: UInt32
        let hash: UInt32
        /// Whether the target is a slash and the path.
        let isPlain: Bool
        let family: UInt8
    }

    /// Of an empty place.
    private static let none: UInt32 = .max

    private var entries: [Stored] = []
    private var names: [UInt8] = []
    /// Indices of `entries`; as many as a power of two, and at least twice as many as entries.
    private var places: [UInt32] = Array(repeating: Self.none, count: 64)

    /// What ``find(_:_:)`` and ``insert(_:_:_:)`` take; another in each process, so that nobody makes paths collide.
    static func hash(_ path: Span<UInt8>) -> UInt32 {
        var hasher = Hasher()
        // The bytes are looked at within the call.
        unsafe path.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        return UInt32(truncatingIfNeeded: hasher.finalize())
    }

    /// Whether it has `limit` entries, or as many bytes of names as these would take with usual ones.
    func isFull(_ limit: Int) -> Bool { entries.count >= limit || names.count >= limit * 64 }

    func find(_ path: Span<UInt8>, _ hash: UInt32) -> Entry? {
        var place = Int(hash) & (places.count - 1)
        while places[place] != Self.none {
            let stored = entries[Int(places[place])]
            if stored.hash == hash, matches(stored, path) { return entry(stored) }
            place = (place + 1) & (places.count - 1)
        }
        return nil
    }

    /// Adds what isn't there, while its names are within what 32 bits can tell.
    mutating func insert(_ target: Span<UInt8>, _ hash: UInt32, _ entry: Entry) {
        guard let start = UInt32(exactly: names.count), let pathCount = UInt32(exactly: entry.path.count),
            let targetCount = UInt32(exactly: target.count)
        else { return }
        names += entry.path
        let isPlain = isSlashAndName(Int(start)..<names.count, target)
        if !isPlain { for index in target.indices { names.append(target[index]) } }
        entries.append(
            Stored(
                digest: entry.digest,
                modified: entry.modified,
                size: entry.size,
                start: start,
                pathCount: pathCount,
                targetCount: targetCount,
                hash: hash,
                isPlain: isPlain,
                family: entry.family
            )
        )
        if entries.count * 2 > places.count {
            places = Array(repeating: Self.none, count: places.count * 2)
            for index in entries.indices { put(index) }
        } else {
            put(entries.count - 1)
        }
    }

    private mutating func put(_ index: Int) {
        var place = Int(entries[index].hash) & (places.count - 1)
        while places[place] != Self.none { place = (place + 1) & (places.count - 1) }
        places[place] = UInt32(truncatingIfNeeded: index)
    }

    private func entry(_ stored: Stored) -> Entry {
        Entry(
            path: Array(names[pathRange(stored)]),
            size: stored.size,
            digest: stored.digest,
            modified: stored.modified,
            family: stored.family
        )
    }

    private func pathRange(_ stored: Stored) -> Range<Int> {
        Int(stored.start)..<Int(stored.start) + Int(stored.pathCount)
    }

    private func matches(_ stored: Stored, _ target: Span<UInt8>) -> Bool {
        guard target.count == Int(stored.targetCount) else { return false }
        let path = pathRange(stored)
        if stored.isPlain { return isSlashAndName(path, target) }
        return isName(path.upperBound..<path.upperBound + target.count, target, from: 0)
    }

    private func isSlashAndName(_ range: Range<Int>, _ target: Span<UInt8>) -> Bool {
        target.count == range.count + 1 && target[0] == UInt8(ascii: "/") && isName(range, target, from: 1)
    }

    /// Whether those bytes of the names are `target`'s from `start` on.
    private func isName(_ range: Range<Int>, _ target: Span<UInt8>, from start: Int) -> Bool {
        for index in range where names[index] != target[start + index - range.lowerBound] { return false }
        return true
    }
}
