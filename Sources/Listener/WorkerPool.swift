internal import Dispatch
internal import Synchronization

/// Runs what may block, a bounded number at a time, so that nothing blocks an event loop.
///
/// Each connection has at most one job at a time, so what waits is bounded by the connections.
final class WorkerPool: Sendable {
    private struct State {
        var running = 0
        var waiting: [@Sendable () -> Void] = []
        /// Of `waiting`, where the next job is; what lies before it is done.
        var next = 0
    }

    private let queue = DispatchQueue(label: "specman.listener.workers", attributes: .concurrent)
    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: Jobs at a time.
    init(limit: Int) {
        self.limit = max(1, limit)
    }

    func run(_ job: @escaping @Sendable () -> Void) {
        let mayStart = state.withLock { state in
            if state.running < limit {
                state.running += 1
                return true
            }
            state.waiting.append(job)
            return false
        }
        if mayStart { queue.async { self.work(job) } }
    }

    /// Does a job, and those that wait, until none is left.
    private func work(_ first: @Sendable () -> Void) {
        first()
        while let job = takeNext() { job() }
    }

    private func takeNext() -> (@Sendable () -> Void)? {
        state.withLock { state in
            guard state.next < state.waiting.count else {
                state.waiting.removeAll()
                state.next = 0
                state.running -= 1
                return nil
            }
            let job = state.waiting[state.next]
            state.next += 1
            // Gives the memory of what is done back, at a cost shared by all jobs.
            if state.next > 1024, state.next * 2 > state.waiting.count {
                state.waiting.removeFirst(state.next)
                state.next = 0
            }
            return job
        }
    }
}
