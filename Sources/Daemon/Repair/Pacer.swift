internal import Dispatch
internal import Synchronization

/// Keeps work at an even pace: whoever is ahead of it waits.
final class Pacer: Sendable {
    /// The longest wait at once, so that who waits can be ended.
    private static let longestWait: Duration = .milliseconds(100)
    /// How far behind the work may make up by being faster: none of what it lost while it had to wait.
    private static let slack: Duration = .milliseconds(100)

    private let bytesPerSecond: Int
    private let due = Mutex(ContinuousClock.now)
    private let never = DispatchSemaphore(value: 0)

    init(bytesPerSecond: Int) {
        self.bytesPerSecond = max(1, bytesPerSecond)
    }

    /// Waits until `bytes` more are due.
    ///
    /// - Returns: `condition`, as it was last.
    func wait(after bytes: Int, onlyWhile condition: () -> Bool) -> Bool {
        let end = due.withLock { due in
            due = max(due, ContinuousClock.now - Self.slack) + .seconds(Double(bytes) / Double(bytesPerSecond))
            return due
        }
        while condition() {
            let left = ContinuousClock.now.duration(to: end)
            if left <= .zero { return true }
            _ = never.wait(timeout: .now() + min(left, Self.longestWait).dispatchInterval)
        }
        return false
    }
}
