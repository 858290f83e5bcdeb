import Content

/// What was unpacked so far: how many files, directories and bytes, and which path is what kind of thing.
///
/// It goes from one layer's reader to the next one's, so that limits and clashes are judged for the release as a whole.
/// A path takes 8 bytes, whatever its length: 61 bits of its hash and its kind, in a table at most three quarters full.
/// The hash is seeded anew for each register, so nobody can make paths that collide on purpose. Two paths that collide
/// by chance (for a million, one archive in four million) are at worst taken for one and refused as a clash.
package struct EntryRegister: Sendable {
    /// What a path is. 0 is left to empty slots.
    enum Kind: UInt64 {
        /// A directory that was only named as the ancestor of something.
        case impliedDirectory = 1
        case directory = 2
        case file = 3
        /// A file that a hard link points to: it can't be replaced any more, as readers differ on what the link then is.
        case linkedFile = 4
        case symbolicLink = 5
        case hardLink = 6
    }

    /// Files and links, each time they were given.
    package private(set) var fileCount = 0
    /// Directories, those without an entry of their own included.
    package private(set) var directoryCount = 0
    /// The bytes in all files and in the targets of symbolic links, replaced ones included.
    package private(set) var totalSize: Int64 = 0
    /// Whether a file was given again, which replaces the one before.
    package private(set) var hasReplacedFile = false

    private static let kindMask: UInt64 = 7
    /// Slots of an empty register: for most archives the table grows a few times only.
    private static let initialSlots = 1 << 10

    private var slots: [UInt64] = Array(repeating: 0, count: EntryRegister.initialSlots)
    private var usedSlots = 0
    private let seed = UInt64.random(in: .min ... .max)
    /// The directory of the last path, which is known to be one, and the hash as it stands after it: most paths have
    /// the same one as the path before them.
    private var lastParent: [UInt8] = []
    private var lastParentHash: Hasher

    package init() {
        var hash = Hasher()
        hash.combine(seed)
        lastParentHash = hash
    }

    /// Counts a file's bytes, before any of them is handed over.
    mutating func addFile(_ path: ReleasePath, size: Int64, limits: ArchiveLimits) throws(ArchiveError) {
        guard size <= limits.maxFileSize else {
            throw .fileTooLarge(EntryName(path.bytes), size: size, limit: limits.maxFileSize)
        }
        let sum = try total(with: size, limits: limits)
        try add(path, .file, limits: limits)
        totalSize = sum
    }

    /// Counts a symbolic link, and its target, which the disk and the index have to hold, too.
    mutating func addLink(_ path: ReleasePath, target: [UInt8], limits: ArchiveLimits) throws(ArchiveError) {
        let sum = try total(with: Int64(target.count), limits: limits)
        try add(path, .symbolicLink, limits: limits)
        totalSize = sum
    }

    /// Notes that `path`, which is not the root, is a thing of `kind`, and each of its ancestors a directory.
    ///
    /// - Throws: ``ArchiveError/clash(_:)``, ``ArchiveError/notBelowDirectory(_:ancestor:)``,
    ///   ``ArchiveError/tooManyFiles(limit:)``.
    mutating func add(_ path: ReleasePath, _ kind: Kind, limits: ArchiveLimits) throws(ArchiveError) {
        let hash = try enterParent(of: path, limits: limits)
        let slot = slot(of: hash)
        switch (Kind(rawValue: slots[slot] & Self.kindMask), kind) {
        case (nil, _):
            try count(kind, limits: limits)
            insert(hash, kind)
        case (.impliedDirectory, .directory): slots[slot] = hash & ~Self.kindMask | kind.rawValue
        case (.directory, .directory): try count(kind, limits: limits)
        case (.file, .file):
            try count(kind, limits: limits)
            hasReplacedFile = true
        default: throw .clash(EntryName(path.bytes))
        }
    }

    /// Notes that a hard link points to `target`; `false` where that is no file that was given before.
    mutating func link(to target: ReleasePath) -> Bool {
        var hash = seededHash
        let slot = slot(of: Self.finish(hash: &hash, over: target.bytes))
        switch Kind(rawValue: slots[slot] & Self.kindMask) {
        case .file:
            slots[slot] = slots[slot] & ~Self.kindMask | Kind.linkedFile.rawValue
            return true
        case .linkedFile, .hardLink: return true
        default: return false
        }
    }

    // MARK: Counting

    private func total(with size: Int64, limits: ArchiveLimits) throws(ArchiveError) -> Int64 {
        let (sum, overflow) = totalSize.addingReportingOverflow(size)
        guard !overflow, sum <= limits.maxTotalSize else { throw .totalTooLarge(limit: limits.maxTotalSize) }
        return sum
    }

    private mutating func count(_ kind: Kind, limits: ArchiveLimits) throws(ArchiveError) {
        switch kind {
        case .directory, .impliedDirectory:
            guard directoryCount < limits.maxFiles else { throw .tooManyFiles(limit: limits.maxFiles) }
            directoryCount += 1
        case .file, .linkedFile, .symbolicLink, .hardLink:
            guard fileCount < limits.maxFiles else { throw .tooManyFiles(limit: limits.maxFiles) }
            fileCount += 1
        }
    }

    // MARK: Ancestors

    /// Sees to it that all ancestors of `path` are directories, and gives the hash of the path itself.
    private mutating func enterParent(of path: ReleasePath, limits: ArchiveLimits) throws(ArchiveError) -> UInt64 {
        let bytes = path.bytes
        let parentEnd = bytes.lastIndex(of: UInt8(ascii: "/")) ?? 0
        if bytes[..<parentEnd] != lastParent[...] {
            var hash = seededHash
            var start = 0
            while start < parentEnd {
                let end = bytes[start...].firstIndex(of: UInt8(ascii: "/")) ?? parentEnd
                Self.combine(bytes, start..<end, into: &hash)
                try enterAncestor(Self.value(of: hash), of: bytes, end: end, limits: limits)
                start = end + 1
            }
            lastParent = Array(bytes[..<parentEnd])
            lastParentHash = hash
        }
        var hash = lastParentHash
        Self.combine(bytes, (parentEnd == 0 ? 0 : parentEnd + 1)..<bytes.count, into: &hash)
        return Self.value(of: hash)
    }

    private mutating func enterAncestor(
        _ hash: UInt64,
        of bytes: [UInt8],
        end: Int,
        limits: ArchiveLimits
    ) throws(ArchiveError) {
        switch Kind(rawValue: slots[slot(of: hash)] & Self.kindMask) {
        case nil:
            try count(.impliedDirectory, limits: limits)
            insert(hash, .impliedDirectory)
        case .directory, .impliedDirectory: break
        default: throw .notBelowDirectory(EntryName(bytes), ancestor: EntryName(bytes[..<end]))
        }
    }

    // MARK: Hashing

    private var seededHash: Hasher {
        var hash = Hasher()
        hash.combine(seed)
        return hash
    }

    /// Adds one component. Always component by component: the hash of a path and that of the same path as an ancestor
    /// are then fed alike.
    private static func combine(_ bytes: [UInt8], _ component: Range<Int>, into hash: inout Hasher) {
        // The buffer is only read, during the call.
        unsafe bytes.withUnsafeBytes { unsafe hash.combine(bytes: UnsafeRawBufferPointer(rebasing: $0[component])) }
        hash.combine(UInt8(ascii: "/"))
    }

    private static func value(of hash: Hasher) -> UInt64 {
        UInt64(bitPattern: Int64(hash.finalize()))
    }

    private static func finish(hash: inout Hasher, over bytes: [UInt8]) -> UInt64 {
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "/")) ?? bytes.count
            combine(bytes, start..<end, into: &hash)
            start = end + 1
        }
        return value(of: hash)
    }

    // MARK: The table

    /// The slot that holds `hash`, or the empty one where it belongs. There is always an empty one.
    private func slot(of hash: UInt64) -> Int {
        let mask = slots.count - 1
        var index = Int(truncatingIfNeeded: hash >> 3) & mask
        while slots[index] != 0, slots[index] & ~Self.kindMask != hash & ~Self.kindMask {
            index = (index + 1) & mask
        }
        return index
    }

    private mutating func insert(_ hash: UInt64, _ kind: Kind) {
        if (usedSlots + 1) * 4 > slots.count * 3 { grow() }
        slots[slot(of: hash)] = hash & ~Self.kindMask | kind.rawValue
        usedSlots += 1
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: 0, count: old.count * 2)
        for entry in old where entry != 0 { slots[slot(of: entry)] = entry }
    }
}
