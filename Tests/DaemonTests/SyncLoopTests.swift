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
        let answered = DispatchSemaphore(value: 0)
        let answer = Mutex<SyncOutcome?>(nil)
        let shared = Shared(answer: answer)
        DispatchQueue.global().async {
            let outcome = loop.pollNow(patience: .seconds(30))
            shared.set(outcome)
            answered.signal()
        }
        // The first poll ends with "unchanged"; whoever asks is given one of the polls that begin afterwards.
        gate.release.signal()
        gate.begun.wait()
        gate.release.signal()
        answered.wait()
        guard case .published = shared.get() else {
            Issue.record("\(String(describing: shared.get()))")
            return
        }
        loop.stop(patience: .seconds(30))
        #expect(loop.progress.unchanged == 1)
        #expect(loop.progress.published == 1)
        #expect(loop.progress.lastSuccess == Timestamp(seconds: 100))
    }

    private final class Shared: Sendable {
        private let answer: Mutex<SyncOutcome?>
        init(answer: consuming Mutex<SyncOutcome?>) { self.answer = answer }
        func set(_ outcome: SyncOutcome?) { answer.withLock { $0 = outcome } }
        func get() -> SyncOutcome? { answer.withLock { $0 } }
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
        #expect(loop.pollNow(patience: .seconds(30)) == nil)
    }
}
