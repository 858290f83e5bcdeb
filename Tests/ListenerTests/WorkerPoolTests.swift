import Dispatch
import Synchronization
import Testing

@testable import Listener

@Suite struct WorkerPoolTests {
    /// Far more than it takes; whoever starved was helped by Dispatch itself after half a minute.
    private static let patience = DispatchTimeInterval.seconds(10)

    /// As a connection does: it adds its next job when the one before is done.
    private final class Chain: Sendable {
        private let done = Atomic(0)
        private let isEnded = Atomic(false)
        private let hundred = DispatchSemaphore(value: 0)

        func run(on pool: WorkerPool) {
            pool.run { [self] in
                if done.add(1, ordering: .relaxed).newValue == 100 { hundred.signal() }
                if !isEnded.load(ordering: .relaxed) { run(on: pool) }
            }
        }

        /// Whether a hundred of its jobs have been done in time.
        func wait() -> Bool { hundred.wait(timeout: .now() + WorkerPoolTests.patience) == .success }

        func end() { isEnded.store(true, ordering: .relaxed) }
    }

    /// More than there are workers, and than there are processors: jobs that had been given to Dispatch and not begun were
    /// done when nothing else was left to do, which under load was never.
    @Test func nobodyStarvesWhileOthersKeepComing() {
        let pool = WorkerPool(limit: 16)
        let chains = (0..<64).map { _ in Chain() }
        defer { for chain in chains { chain.end() } }
        for chain in chains { chain.run(on: pool) }
        #expect(chains.allSatisfy { $0.wait() })
    }

    /// As many as a disk that does not answer holds up.
    @Test func whatIsBlockedHoldsUpNobody() {
        let pool = WorkerPool(limit: 64)
        let blocked = 32
        let (gate, done) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        defer { for _ in 0..<blocked { gate.signal() } }
        for _ in 0..<blocked { pool.run { gate.wait() } }
        pool.run { done.signal() }
        #expect(done.wait(timeout: .now() + Self.patience) == .success)
    }
}
