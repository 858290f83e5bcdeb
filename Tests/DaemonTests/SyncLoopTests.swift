import Content
import Daemon
import Dispatch
import Synchronization
import Testing

@Suite struct SyncLoopTests {
    private static func digest() throws -> Digest { try #require(Digest(bytes: [UInt8](repeating: 7, count: 32))) }

    /// A poll that a test lets through one by one.
    private final class Gate: Sendable {
        let begun = DispatchSemaphore(value: 0)
        let release = DispatchSemaphore(value: 0)
        let outcomes: Mutex<[SyncOutcome]>

        init(_ outcomes: [SyncOutcome]) {
            self.outcomes = Mutex(outcomes)
        }

        func poll() -> SyncOutcome {
            begun.signal()
            release.wait()
            return outcomes.withLock { $0.isEmpty ? .failed(reason: "no more", mayPass: false) : $0.removeFirst() }
        }
    }

    private func loop(_ gate: Gate, interval: Duration = .seconds(3600)) -> SyncLoop {
        SyncLoop(schedule: Schedule(interval: interval), now: { Timestamp(seconds: 100) }, poll: gate.poll)
    }

    @Test func whoAsksDuringAPollGetsTheNextOne() throws {
        let tag = try #require(Tag("1.0.0"))
        let digest = try Self.digest()
        let gate = Gate([.unchanged(tag: tag, digest: digest), .published(tag: tag, digest: digest)])
        let loop = loop(gate)
        loop.start()
        gate.begun.wait()
        let replies = Replies()
        for _ in 0..<100 { loop.pollNow(patience: .seconds(60), reply: replies.add) }
        // The first poll ends with "unchanged"; who asked meanwhile is told of the next one, which is one for all.
        gate.release.signal()
        gate.begun.wait()
        #expect(replies.all.isEmpty)
        gate.release.signal()
        let outcomes = replies.wait(for: 100)
        let published = outcomes.filter { if case .published = $0 { true } else { false } }
        #expect(published.count == 100, "\(outcomes)")
        loop.stop(patience: .seconds(30))
        #expect(loop.progress.unchanged == 1)
        #expect(loop.progress.published == 1)
        #expect(loop.progress.lastSuccess == Timestamp(seconds: 100))
    }

    /// What was told, from any thread.
    private final class Replies: Sendable {
        private let outcomes = Mutex<[SyncOutcome?]>([])
        private let came = DispatchSemaphore(value: 0)

        var all: [SyncOutcome?] { outcomes.withLock { $0 } }

        @Sendable func add(_ outcome: SyncOutcome?) {
            outcomes.withLock { $0.append(outcome) }
            came.signal()
        }

        /// Waits until so many have been told.
        func wait(for count: Int) -> [SyncOutcome?] {
            for _ in 0..<count where came.wait(timeout: .now() + 60) == .timedOut { break }
            return all
        }
    }

    @Test func whoWaitsForTooLongIsToldSo() throws {
        let gate = Gate([])
        let loop = loop(gate)
        loop.start()
        gate.begun.wait()
        let replies = Replies()
        loop.pollNow(patience: .milliseconds(1), reply: replies.add)
        #expect(replies.wait(for: 1).count { $0 == nil } == 1)
        // And those whom nobody will tell any more, once it stops; nobody twice.
        loop.pollNow(patience: .seconds(3600), reply: replies.add)
        gate.release.signal()
        gate.release.signal()
        loop.stop(patience: .seconds(30))
        #expect(replies.wait(for: 1).count == 2)
    }

    @Test func failuresAreRememberedAndForgotten() throws {
        let tag = try #require(Tag("1.0.0"))
        let digest = try Self.digest()
        let gate = Gate([.failed(reason: "registry away", mayPass: true), .unchanged(tag: tag, digest: digest)])
        let loop = loop(gate, interval: .milliseconds(100))
        loop.start()
        gate.begun.wait()
        gate.release.signal()
        gate.begun.wait()
        #expect(loop.progress.lastError == "registry away")
        gate.release.signal()
        gate.begun.wait()
        #expect(loop.progress.lastError == nil)
        #expect(loop.progress.failed == 1)
        gate.release.signal()
        loop.stop(patience: .seconds(30))
        let replies = Replies()
        loop.pollNow(patience: .seconds(30), reply: replies.add)
        #expect(replies.all.count { $0 == nil } == 1)
    }
}
