package import Content
internal import Dispatch
internal import Logging
internal import Synchronization

/// How a poll ended.
package enum SyncOutcome: Sendable {
    /// The active release is still the newest.
    case unchanged(tag: Tag, digest: Digest)
    /// Another release is served now.
    case published(tag: Tag, digest: Digest)
    /// An administrator holds the active release: nothing was taken, whatever is newest.
    case held(tag: Tag, digest: Digest, newest: Tag)
    /// What went wrong, in one line, and whether another try may help.
    case failed(reason: String, mayPass: Bool)
}

/// What the outside may know of the loop.
package struct SyncProgress: Sendable {
    package var lastAttempt: Timestamp?
    package var lastSuccess: Timestamp?
    package var next: Timestamp?
    package var lastError: String?
    /// Counts by result, and how long the last poll took.
    package var published = 0
    package var unchanged = 0
    package var held = 0
    package var failed = 0
    package var lastDuration: Duration = .zero

    /// How many polls there were.
    package var attempts: Int { published + unchanged + held + failed }
}

/// Polls for good: plain blocking code on a queue of its own, with jitter, backoff, and a door for those who want a
/// poll now.
package final class SyncLoop: Sendable {
    /// One poll. It runs on the loop's queue and may block.
    package typealias Poll = @Sendable () -> SyncOutcome

    private struct State {
        var progress = SyncProgress()
        var waiters: [Waiter] = []
        /// Whether somebody wants a poll who doesn't wait for it.
        var isAsked = false
        var isStopping = false
    }

    package typealias Reply = @Sendable (SyncOutcome?) -> Void

    /// Somebody who waits for a poll that begins after they asked: no thread, and told once.
    private final class Waiter: Sendable {
        private let reply: Mutex<Reply?>

        init(_ reply: @escaping Reply) {
            self.reply = Mutex(reply)
        }

        func tell(_ outcome: SyncOutcome?) {
            let reply = reply.withLock { reply in
                defer { reply = nil }
                return reply
            }
            reply?(outcome)
        }
    }

    private let schedule: Schedule
    private let poll: Poll
    private let now: @Sendable () -> Timestamp
    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let queue = DispatchQueue(label: "specman.sync")

    package init(schedule: Schedule, now: @escaping @Sendable () -> Timestamp, poll: @escaping Poll) {
        self.schedule = schedule
        self.now = now
        self.poll = poll
    }

    /// What the loop has done and will do next.
    package var progress: SyncProgress { state.withLock { $0.progress } }

    /// Begins polling, at once.
    package func start() {
        queue.async { [self] in
            run()
            ended.signal()
        }
    }

    /// Polls no more. Returns when a running poll has ended, or after `patience`: what it has staged is swept at the
    /// next start.
    package func stop(patience: Duration) {
        let waiters = state.withLock { state in
            state.isStopping = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.tell(nil) }
        wake.signal()
        _ = ended.wait(timeout: .now() + patience.dispatchInterval)
    }

    /// Has a poll begin, and tells `reply` its outcome, once and from any thread; `nil` where it didn't end within
    /// `patience`, or the daemon stops.
    ///
    /// A poll already under way may have read the tags before whoever asks pushed one: they are told of the next, which
    /// is one for all who asked meanwhile.
    package func pollNow(patience: Duration, reply: @escaping Reply) {
        let waiter = Waiter(reply)
        let isStopping = state.withLock { state in
            if !state.isStopping { state.waiters.append(waiter) }
            return state.isStopping
        }
        if isStopping { return reply(nil) }
        wake.signal()
        Self.patience.asyncAfter(deadline: .now() + patience.dispatchInterval) { [weak waiter] in waiter?.tell(nil) }
    }

    private static let patience = DispatchQueue(label: "specman.sync.patience")

    /// Has a poll begin as soon as none is running.
    package func pollSoon() {
        state.withLock { $0.isAsked = true }
        wake.signal()
    }

    private var isStopping: Bool { state.withLock { $0.isStopping } }

    private func run() {
        var failures = 0
        while !isStopping {
            let waiters = state.withLock { state in
                state.progress.lastAttempt = now()
                state.progress.next = nil
                state.isAsked = false
                defer { state.waiters = [] }
                return state.waiters
            }
            let start = ContinuousClock.now
            let outcome = poll()
            let took = start.duration(to: .now)
            if case .failed(_, mayPass: true) = outcome { failures += 1 } else { failures = 0 }
            let pause = schedule.pause(afterFailures: failures, random: .random(in: 0...1))
            state.withLock { $0.progress.note(outcome, took: took, at: now(), pause: pause) }
            for waiter in waiters { waiter.tell(outcome) }
            waitForNext(pause)
        }
    }

    /// Waits for the pause to pass, or for somebody who wants a poll.
    private func waitForNext(_ pause: Duration) {
        let deadline = ContinuousClock.now + pause
        while ContinuousClock.now < deadline {
            if state.withLock({ $0.isStopping || $0.isAsked || !$0.waiters.isEmpty }) { return }
            let left = ContinuousClock.now.duration(to: deadline)
            if wake.wait(timeout: .now() + left.dispatchInterval) == .timedOut { return }
        }
    }
}

extension SyncProgress {
    fileprivate mutating func note(_ outcome: SyncOutcome, took: Duration, at now: Timestamp, pause: Duration) {
        lastDuration = took
        // Rounded up: it is never due before the time that is told.
        next = Timestamp(seconds: now.seconds + pause.components.seconds + (pause.components.attoseconds > 0 ? 1 : 0))
        switch outcome {
        case .unchanged: unchanged += 1
        case .held: held += 1
        case .published: published += 1
        case .failed(let reason, _):
            failed += 1
            lastError = reason
            return
        }
        lastSuccess = now
        lastError = nil
    }
}

extension Duration {
    /// For Dispatch's timeouts; at most 292 years, at least nothing.
    var dispatchInterval: DispatchTimeInterval {
        let (seconds, attoseconds) = components
        let (nanoseconds, overflow) = Int(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return .nanoseconds(.max / 2) }
        return .nanoseconds(max(0, nanoseconds + Int(attoseconds / 1_000_000_000)))
    }
}
