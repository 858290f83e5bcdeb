internal import Dispatch
internal import Platform
internal import Synchronization

/// Runs what may block, so that nothing blocks an event loop: in the order in which it comes, by a thread for each
/// processor, and by more where these are blocked themselves.
///
/// Each connection has at most one job at a time, so what waits is bounded by the connections.
final class WorkerPool: Sendable {
    typealias Job = @Sendable () -> Void

    /// In milliseconds: how long the next job may wait until another worker is set to work, and how often that is looked
    /// at while jobs wait.
    private static let patience = 5

    private struct State {
        var roster: WorkerRoster<Job>
        /// Queues without a worker.
        var idle: [DispatchQueue]
    }

    private let state: Mutex<State>
    private let watch = DispatchQueue(label: "specman.listener.watch")

    /// - Parameter limit: Jobs at a time.
    init(limit: Int) {
        // A queue for each worker: those of a concurrent queue are no more than there are processors, be they blocked or
        // not, and one that Dispatch does not start keeps the job it was to begin with.
        let idle = (0..<max(1, limit)).map { DispatchQueue(label: "specman.listener.worker-\($0)") }
        state = Mutex(
            State(
                roster: WorkerRoster(
                    usual: Processors.count,
                    limit: idle.count,
                    patience: UInt64(Self.patience) * 1_000_000
                ),
                idle: idle
            )
        )
    }

    func run(_ job: @escaping Job) {
        let now = MonotonicClock.nanoseconds
        let (placement, queue) = state.withLock { state in
            let placement = state.roster.add(job, at: now)
            return (placement, placement == .worker ? state.idle.popLast() : nil)
        }
        if let queue { return start(on: queue, with: job) }
        if placement == .watchedQueue { lookLater() }
    }

    private func start(on queue: DispatchQueue, with first: Job? = nil) {
        queue.async {
            first?()
            while let job = self.next(on: queue) { job() }
        }
    }

    private func next(on queue: DispatchQueue) -> Job? {
        state.withLock { state in
            let job = state.roster.take()
            if job == nil { state.idle.append(queue) }
            return job
        }
    }

    private func lookLater() {
        watch.asyncAfter(deadline: .now() + .milliseconds(Self.patience)) { self.look() }
    }

    private func look() {
        let now = MonotonicClock.nanoseconds
        let (looksAgain, queue) = state.withLock { state in
            let (startsWorker, looksAgain) = state.roster.look(at: now)
            return (looksAgain, startsWorker ? state.idle.popLast() : nil)
        }
        if let queue { start(on: queue) }
        if looksAgain { lookLater() }
    }
}
