internal import Dispatch
internal import Synchronization

/// When a sync has to be over, all its retries included, and how it can be ended before.
///
/// Measured on the clock that goes on through suspension and knows no time zones or corrections (`CLOCK_BOOTTIME`).
package struct Deadline: Sendable {
    private let end: ContinuousClock.Instant
    /// Ends everything under this deadline at once when it is cancelled.
    package let cancellation: Cancellation

    /// - Parameter duration: from now on.
    package init(after duration: Duration, cancellation: Cancellation = Cancellation()) {
        end = ContinuousClock.now + duration
        self.cancellation = cancellation
    }

    /// One that leaves others half of what is left.
    package var half: Deadline { Deadline(after: remaining / 2, cancellation: cancellation) }

    /// What is left; zero where nothing is.
    package var remaining: Duration { max(.zero, end - .now) }

    package var hasPassed: Bool { remaining == .zero }

    /// Fails where nothing more may be begun.
    ///
    /// - Throws: `RegistryError.deadline` or `.cancelled`.
    package func check(_ attempt: @autoclosure () -> String) throws(RegistryError) {
        if cancellation.isCancelled { throw .cancelled(attempt: attempt()) }
        if hasPassed { throw .deadline(attempt: attempt()) }
    }
}

/// A flag that several threads may wait for, raised once.
package final class Cancellation: Sendable {
    /// Asked for each file that is looked through: a semaphore's wait that ends at once sleeps some 60 µs all the same.
    private let isRaised = Atomic(false)
    /// Signalled once; whoever takes the signal passes it on.
    private let raised = DispatchSemaphore(value: 0)

    package init() {}

    package func cancel() {
        isRaised.store(true, ordering: .releasing)
        raised.signal()
    }

    package var isCancelled: Bool { isRaised.load(ordering: .acquiring) }

    /// Sleeps for `duration`, or until cancelled.
    ///
    /// - Returns: whether it is cancelled.
    @discardableResult
    package func wait(_ duration: Duration) -> Bool {
        let (seconds, attoseconds) = duration.components
        // A year is as good as forever, and can't overflow.
        let nanoseconds = Int(min(max(seconds, 0), 31_536_000)) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
        guard raised.wait(timeout: .now() + .nanoseconds(max(0, nanoseconds))) == .success else { return false }
        raised.signal()
        return true
    }
}
