package import Foundation
import Glibc

/// The lines that a process writes to a pipe.
///
/// A thread of its own reads them, as a full pipe must never hold the process up. Whoever asks for the lines reads
/// what is in the pipe first: a line written before an answer was sent is there for whoever has the answer.
package final class ProcessOutput: @unchecked Sendable {
    // Everything that changes is only touched under `condition`'s lock.
    private let handle: FileHandle
    private let condition = NSCondition()
    private var collected: [String] = []
    private var rest: [UInt8] = []
    private var isClosed = false

    /// - Parameter handle: the reading end. Reading it never waits from here on.
    package init(_ handle: FileHandle) {
        self.handle = handle
        let flags = fcntl(handle.fileDescriptor, F_GETFL)
        _ = fcntl(handle.fileDescriptor, F_SETFL, flags | O_NONBLOCK)
    }

    package var lines: [String] {
        condition.withLock {
            drain()
            return collected
        }
    }

    /// Collects lines until the other end is closed. Only this object is kept meanwhile, not the process.
    package func start() {
        let reader = Thread { [self] in
            var isOpen = true
            while isOpen {
                var ready = pollfd(fd: handle.fileDescriptor, events: Int16(POLLIN), revents: 0)
                _ = poll(&ready, 1, -1)
                isOpen = condition.withLock {
                    drain()
                    return !isClosed
                }
            }
        }
        reader.start()
    }

    /// Waits until the lines fulfil `found`; `nil` where they don't until `deadline` or the end.
    package func wait<Result>(until deadline: Date, for found: ([String]) -> Result?) -> Result? {
        condition.lock()
        defer { condition.unlock() }
        while true {
            drain()
            if let result = found(collected) { return result }
            guard !isClosed, condition.wait(until: deadline) else { return found(collected) }
        }
    }

    /// Takes what the pipe has, without waiting for more, and wakes who waits for it. Under the lock.
    private func drain() {
        while !isClosed, let bytes = readAtOnce() {
            isClosed = bytes.isEmpty
            rest += bytes
            condition.broadcast()
        }
        var begin = rest.startIndex
        while let end = rest[begin...].firstIndex(of: UInt8(ascii: "\n")) {
            collected.append(String(decoding: rest[begin..<end], as: UTF8.self))
            begin = end + 1
        }
        rest.removeSubrange(..<begin)
    }

    /// What one read gives, empty at the end; `nil` where there is nothing yet.
    private func readAtOnce() -> [UInt8]? {
        var isEmpty = false
        let bytes = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
            var result = 0
            repeat {
                result = read(handle.fileDescriptor, buffer.baseAddress, buffer.count)
            } while result < 0 && errno == EINTR
            isEmpty = result < 0 && errno == EAGAIN
            count = max(result, 0)
        }
        return isEmpty ? nil : bytes
    }
}
