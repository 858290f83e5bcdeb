import Dispatch
import Foundation
import Synchronization

/// Sees from outside when another release than before is served: `current` on the volume leads elsewhere.
final class PublicationWatch: Sendable {
    private let link: String
    private let before: String?
    private let start = ContinuousClock.now
    private let seen = Mutex<Double?>(nil)
    private let isOver = Atomic(false)
    private let done = DispatchSemaphore(value: 0)

    /// Microseconds between two looks.
    private static let pause: UInt32 = 1000

    init(volume: String) {
        link = volume + "/current"
        before = try? FileManager.default.destinationOfSymbolicLink(atPath: link)
        Thread { [self] in
            while !isOver.load(ordering: .relaxed) {
                let target = try? FileManager.default.destinationOfSymbolicLink(atPath: link)
                if target != nil, target != before {
                    seen.withLock { $0 = ContinuousClock.now.seconds(since: start) }
                    break
                }
                usleep(Self.pause)
            }
            done.signal()
        }.start()
    }

    /// Ends the watch.
    ///
    /// - Returns: the seconds from its beginning until the release was served.
    func end() throws -> Double {
        isOver.store(true, ordering: .relaxed)
        done.wait()
        guard let seen = seen.withLock({ $0 }) else { throw BenchmarkError("\(link) leads where it did before") }
        return seen
    }
}
