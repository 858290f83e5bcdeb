internal import Content
internal import Store

/// One generation of ``RecentFiles``: a table from paths as they were sent to files, which only grows.
///
/// Places found by hash, the next free one after it on a collision; an entry is in one array with all others and has a
/// target of its own only where it is not the file's path.
struct RecentPaths {
    struct Entry {
        let record: FileRecord
        /// Its place among the families.
        let family: UInt8
    }

    private struct Stored {
        let entry: Entry
        let hash: UInt32
        /// `nil` for a slash and the file's path.
        let target: [UInt8]?
    }

    /// Of an empty place.
    private static let none: UInt32 = .max

    private var entries: [Stored] = []
    /// Indices of `entries`; as many as a power of two, and at least twice as many as entries.
    private var places: [UInt32] = Array(repeating: Self.none, count: 64)
    /// In bytes: paths and targets, which may be long.
    private var nameBytes = 0

    /// What ``find(_:_:)`` and ``insert(_:_:_:)`` take; another in each process, so that nobody makes paths collide.
    static func hash(_ path: Span<UInt8>) -> UInt32 {
        var hasher = Hasher()
        // The bytes are looked at within the call.
        unsafe path.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        return UInt32(truncatingIfNeeded: hasher.finalize())
    }

    /// Whether it has `limit` entries, or as many bytes of names as these would take with usual ones.
    func isFull(_ limit: Int) -> Bool { entries.count >= limit || nameBytes >= limit * 64 }

    var count: Int { entries.count }

    func find(_ path: Span<UInt8>, _ hash: UInt32) -> Entry? {
        var place = Int(hash) & (places.count - 1)
        while places[place] != Self.none {
            let index = Int(places[place])
            if entries[index].hash == hash, matches(index, path) { return entries[index].entry }
            place = (place + 1) & (places.count - 1)
        }
        return nil
    }

    /// Adds what isn't there.
    mutating func insert(_ path: Span<UInt8>, _ hash: UInt32, _ entry: Entry) {
        let isPath = Self.equal(entry.record.path.bytes, path, from: 1)
        let target = isPath ? nil : path.indices.map { path[$0] }
        nameBytes += entry.record.path.bytes.count + (target?.count ?? 0)
        entries.append(Stored(entry: entry, hash: hash, target: target))
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

    private func matches(_ index: Int, _ path: Span<UInt8>) -> Bool {
        if let target = entries[index].target { return Self.equal(target, path, from: 0) }
        return Self.equal(entries[index].entry.record.path.bytes, path, from: 1)
    }

    /// Whether `bytes` are those of `path` from `start` on; with a slash before, where that is 1.
    private static func equal(_ bytes: [UInt8], _ path: Span<UInt8>, from start: Int) -> Bool {
        guard path.count == bytes.count + start, start == 0 || path[0] == UInt8(ascii: "/") else { return false }
        for index in bytes.indices where bytes[index] != path[start + index] { return false }
        return true
    }
}
