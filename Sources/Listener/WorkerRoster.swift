/// The book that a ``WorkerPool`` keeps, without its threads and its clock: which job is next, and whether another worker
/// is to begin. Times are in nanoseconds, of any clock that never goes back.
struct WorkerRoster<Job> {
    /// What becomes of a job that was added.
    enum Placement: Equatable {
        /// A worker is to begin with it.
        case worker
        /// It waits; the workers there are come to it.
        case queue
        /// It waits, and nobody looks yet how long the next one has: ``look(at:)`` is to be called in a while.
        case watchedQueue
    }

    /// How many workers there are without anything being blocked: one for each processor.
    private let usual: Int
    private let limit: Int
    /// How long the job that is next may wait before it is taken that the workers are blocked.
    private let patience: UInt64

    private(set) var running = 0
    private var waiting: [(job: Job, since: UInt64)] = []
    /// Of `waiting`, where the next job is; what lies before it is done.
    private var next = 0
    private var isWatched = false

    /// - Parameter limit: Workers at a time, at least 1.
    init(usual: Int, limit: Int, patience: UInt64) {
        self.limit = max(1, limit)
        self.usual = min(max(1, usual), self.limit)
        self.patience = patience
    }

    /// Adds a job.
    mutating func add(_ job: Job, at now: UInt64) -> Placement {
        // Where one waits, another would overtake it.
        if running < usual, next == waiting.count {
            running += 1
            return .worker
        }
        waiting.append((job, now))
        defer { isWatched = true }
        return isWatched ? .queue : .watchedQueue
    }

    /// The job for a worker that has none; `nil` where it is to end.
    mutating func take() -> Job? {
        guard next < waiting.count else {
            waiting.removeAll(keepingCapacity: waiting.capacity <= Self.keptCapacity)
            next = 0
            running -= 1
            return nil
        }
        let job = waiting[next].job
        next += 1
        // Gives the memory of what is done back, at a cost shared by all jobs.
        if next > Self.keptCapacity, next * 2 > waiting.count {
            waiting.removeFirst(next)
            next = 0
        }
        return job
    }

    private static var keptCapacity: Int { 1024 }

    /// Looks whether the job that is next has waited for long; then another worker is to begin, and to ``take()``.
    ///
    /// - Returns: whether one is to begin, and whether to look again in a while.
    mutating func look(at now: UInt64) -> (startsWorker: Bool, looksAgain: Bool) {
        guard next < waiting.count else {
            isWatched = false
            return (false, false)
        }
        guard running < limit, now >= waiting[next].since, now - waiting[next].since >= patience else {
            return (false, true)
        }
        running += 1
        return (true, true)
    }
}
