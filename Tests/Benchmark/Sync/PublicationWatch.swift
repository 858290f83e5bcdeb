import Dispatch
import Foundation
import Glibc
import Synchronization

/// Sees from outside when another release than before is served: `current` on the volume leads elsewhere.
final class PublicationWatch: Sendable {
    private let link: String
    private let before: String?
    private let seen = Mutex<Double?>(nil)
    private let isOver = Atomic(false)
    private let done = DispatchSemaphore(value: 0)

    /// Microseconds between two looks.
    private static let pause: UInt32 = 1000

    init(volume: String) {
        link = volume + "/current"
        before = Self.target(of: link)
        Thread { [self] in
            while !isOver.load(ordering: .relaxed) {
                let target = Self.target(of: link)
                if target != nil, target != before {
                    seen.withLock { $0 = BootTime.now }
                    break
                }
                usleep(Self.pause)
            }
            done.signal()
        }.start()
    }

    /// Where the link leads: one system call, as what is measured has the same processors.
    private static func target(of link: String) -> String? {
        withUnsafeTemporaryAllocation(byteCount: Int(PATH_MAX), alignment: 1) { buffer in
            guard let start = buffer.baseAddress else { return nil }
            let count = readlink(link, start, buffer.count)
            return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
        }
    }

    /// Ends the watch.
    ///
    /// - Returns: when the release was served, as ``BootTime`` has it.
    func end() throws -> Double {
        isOver.store(true, ordering: .relaxed)
        done.wait()
        guard let seen = seen.withLock({ $0 }) else { throw BenchmarkError("\(link) leads where it did before") }
        return seen
    }
}
