internal import Content
internal import Dispatch
internal import GRDB
internal import Platform
internal import Synchronization

/// What the producer and the writers of a staging share.
final class StagingCore: Sendable {
    /// Rows gathered before they go into the index, about 2 MiB: digests lie all over their index, so that each batch
    /// writes most of its pages anew, and fewer batches write less.
    private static let rowsAtOnce = 8192
    /// Bytes of paths and targets that do as well: thousands of the longest would be some 30 MiB.
    private static let bytesAtOnce = 4 << 20
    /// In bytes: what a directory takes, and a link whose target doesn't fit in its inode, on usual file systems.
    static let blockSize: Int64 = 4096
    /// In bytes: of a row in the index beside its path and target, with its place among the digests; a member's is less.
    private static let rowSize = 150
    /// Batches on their way into the index while the next one gathers.
    private static let batchesUnderWay = 1
    /// In bytes: what is written before the disk begins with it, while more comes.
    private static let syncedAtOnce = 128 << 20

    let layout: VolumeLayout
    let index: Index
    let number: Int64
    let root: Directory
    /// The releases whose files may be linked, by their number.
    let sources: [Int64: Release]
    /// The release that was served when the staging began.
    let active: Release?
    /// Whether what the index has of the members of that release's archives holds.
    let knowsMembers: Bool
    /// The latest second that a link of that release is served as.
    private let linkCeiling: Int64
    private let reserve: Int64
    private let gathered = Mutex(Gathered())
    private let inserting = DispatchQueue(label: "specman.store.rows")
    private let room = DispatchSemaphore(value: batchesUnderWay)
    private let syncing = DispatchQueue(label: "specman.store.sync")
    /// In bytes: what was written since the disk began last.
    private let unsynced = Atomic(0)
    private let isSyncing = Atomic(false)
    private let failure = Mutex<StoreError?>(nil)
    private let links = Atomic(true)

    /// Rows that are not on their way into the index yet.
    private struct Gathered {
        var rows: [IndexRow] = []
        var members: [IndexMember] = []
        /// Of paths and targets, and of what members hold.
        var bytes = 0
    }

    init(
        layout: VolumeLayout,
        index: Index,
        number: Int64,
        root: Directory,
        retained: RetainedReleases,
        reserve: Int64
    ) throws(StoreError) {
        self.layout = layout
        self.index = index
        self.number = number
        self.root = root
        self.reserve = reserve
        sources = Dictionary(retained.releases.map { ($0.number, $0) }) { first, _ in first }
        active = retained.active
        linkCeiling = try retained.active?.latestLink() ?? 0
        if let active {
            knowsMembers = try index.read("looking for known members") { database in
                try Index.isVouched(for: active.digest, number: active.number, database)
            }
        } else {
            knowsMembers = false
        }
    }

    /// Whether files of other releases can be linked; cleared by the first refusal that is one of the file system.
    var canLink: Bool {
        get { links.load(ordering: .relaxed) }
        set { links.store(newValue, ordering: .relaxed) }
    }

    /// Throws the first failure of any thread.
    func check() throws(StoreError) {
        if let failure = failure.withLock({ $0 }) { throw failure }
    }

    /// Keeps the first failure; what is still queued is dropped.
    func fail(_ error: StoreError) {
        failure.withLock { $0 = $0 ?? error }
    }

    var hasFailed: Bool { failure.withLock { $0 != nil } }

    /// Refuses `count` more bytes where less than the reserve would stay free.
    func requireSpace(_ count: Int64) throws(StoreError) {
        try layout.requireSpace(count, reserve: reserve)
    }

    /// Adds rows to the index when enough have come together, in the order in which they come. A failure shows at a
    /// later call.
    func add(_ new: [IndexRow]) {
        gathered.withLock { gathered in
            gathered.rows += new
            for row in new { gathered.bytes += row.path.bytes.count + row.target.count }
            submitIfMany(&gathered)
        }
    }

    private func submitIfMany(_ gathered: inout Gathered) {
        let count = gathered.rows.count + gathered.members.count
        if count >= Self.rowsAtOnce || gathered.bytes >= Self.bytesAtOnce { submit(&gathered) }
    }

    /// Adds what a member of an archive holds, with the next rows.
    func add(_ member: IndexMember) {
        gathered.withLock { gathered in
            gathered.members.append(member)
            gathered.bytes += member.entries.count
            submitIfMany(&gathered)
        }
    }

    /// Adds all rows there are to the index, and waits until they are there.
    func flush() throws(StoreError) {
        gathered.withLock { submit(&$0) }
        inserting.sync {}
        try check()
    }

    /// Counts bytes of files that were written, and has the disk begin with them now and then, so that it isn't idle until
    /// the end, and one processor then. A failure shows at a later ``check()``.
    func wrote(_ count: Int) {
        let all = unsynced.add(count, ordering: .relaxed).newValue
        guard all >= Self.syncedAtOnce, !isSyncing.exchange(true, ordering: .relaxed) else { return }
        unsynced.store(0, ordering: .relaxed)
        beginSyncing()
    }

    /// Has the disk begin with what is staged. A failure shows at the next ``check()`` after ``settle()``.
    func beginSyncing() {
        syncing.async { [self] in
            defer { isSyncing.store(false, ordering: .relaxed) }
            guard !hasFailed else { return }
            do throws(SystemError) {
                try root.syncFileSystem()
            } catch {
                fail(StoreError(doing: "making the release durable", error))
            }
        }
    }

    /// Waits until nothing is on its way into the index, or to the disk by ``beginSyncing()``.
    func settle() {
        inserting.sync {}
        syncing.sync {}
    }

    /// Hands the rows over, waiting while too many are under way: nobody may overtake, or the earlier of two rows with
    /// one path would win.
    private func submit(_ gathered: inout Gathered) {
        let (batch, members) = (gathered.rows, gathered.members)
        guard !batch.isEmpty || !members.isEmpty else { return }
        // Each row has its whole path: a million of long ones are gigabytes.
        let size = gathered.bytes + (batch.count + members.count) * Self.rowSize
        gathered = Gathered()
        gathered.rows.reserveCapacity(Self.rowsAtOnce)
        room.wait()
        inserting.async { [self] in
            defer { room.signal() }
            guard !hasFailed else { return }
            do throws(StoreError) {
                try requireSpace(Int64(size))
                try index.writeLazily("indexing the release") { database in
                    try Index.insert(batch, into: number, database)
                    try Index.insert(members, into: number, database)
                }
            } catch {
                fail(error)
            }
        }
    }

    /// What the release served so far has at `path`.
    func previous(at path: ReleasePath, _ finder: borrowing RowFinder) throws -> IndexRow? {
        guard let active else { return nil }
        return try finder.row(at: path, of: active.number)
    }

    /// A file with `digest` in a retained release: the one at the same path, else any.
    func source(
        of digest: Digest,
        at path: ReleasePath,
        previous: IndexRow?,
        _ database: Database
    ) throws -> (release: Release, path: ReleasePath)? {
        guard canLink else { return nil }
        if let active, previous?.kind == .file, previous?.digest == digest { return (active, path) }
        guard let (number, path) = try Index.file(with: digest, before: number, database),
            let release = sources[number]
        else { return nil }
        return (release, path)
    }

    /// What `Last-Modified` may say of a row; `nil` for the moment of publication.
    ///
    /// A client may have any earlier answer for the path. So what is unchanged keeps its time. A file that has changed
    /// has the archive's time where that is newer by a second, the unit of HTTP dates, than its own and than any link's:
    /// a path through links is as new as the newest of them and the file. What is new to the path, where it may have
    /// been in a release before, and a link that leads elsewhere are as new as the publication.
    func modified(_ row: IndexRow, archived: Timestamp, previous: IndexRow?) -> Timestamp? {
        guard let active else { return archived.seconds > 0 ? archived : nil }
        guard let previous, previous.kind == row.kind else { return nil }
        let before = active.served(previous.modified)
        if previous.digest == row.digest, previous.target == row.target { return before }
        guard row.kind == .file, archived.seconds > max(before.seconds, linkCeiling) else { return nil }
        return archived
    }
}

extension VolumeLayout {
    /// Refuses to write `count` more bytes where less than `reserve` would stay free.
    func requireSpace(_ count: Int64, reserve: Int64) throws(StoreError) {
        let free = try StoreError.attempt("asking for the free space of \(path)") { try root.freeSpace() }
        let (rest, overflow) = free.subtractingReportingOverflow(reserve)
        guard !overflow, rest >= count else {
            throw .belowReserve(volume: path, needed: count, free: free, reserve: reserve)
        }
    }
}
