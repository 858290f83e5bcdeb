internal import Dispatch
internal import Synchronization

/// The bounded hand-over between the two stages of a sync: one side puts bytes, the other takes them, and whoever is
/// ahead waits. What is under way is bounded by ``depth`` buffers, whatever the archive's size.
///
/// A stage that fails says so here, and the other one ends with that error at its next call.
final class Handover: Sendable {
    /// The size of a buffer, in bytes: as much as the inflater gives at once.
    static let bufferSize = 256 << 10
    /// How many buffers may wait: enough to ride out the writer's fsyncs and the network's pauses, 4 MiB in all.
    static let depth = 16

    private struct State {
        var waiting: [[UInt8]] = []
        var spare: [[UInt8]] = []
        var isFinished = false
        var failure: (any Error)?
    }

    private let state = Mutex(State())
    private let room = DispatchSemaphore(value: 0)
    private let ready = DispatchSemaphore(value: 0)

    init() {
        // A semaphore may not be let go of below the value that it began with: so it begins with none.
        for _ in 0..<Self.depth { room.signal() }
    }

    /// Puts a copy of `bytes`, waiting for room.
    ///
    /// - Throws: what the other stage failed with.
    func put(_ bytes: RawSpan) throws {
        var offset = 0
        while offset < bytes.byteCount {
            let end = min(offset + Self.bufferSize, bytes.byteCount)
            room.wait()
            var buffer = try state.withLock { state in
                if let failure = state.failure { throw failure }
                return state.spare.popLast() ?? []
            }
            buffer.removeAll(keepingCapacity: true)
            buffer.reserveCapacity(Self.bufferSize)
            let part = bytes.extracting(offset..<end)
            // The span is read within this call only.
            unsafe part.withUnsafeBytes { unsafe buffer.append(contentsOf: $0) }
            state.withLock { $0.waiting.insert(buffer, at: 0) }
            ready.signal()
            offset = end
        }
    }

    /// Says that nothing more will come.
    func finish() {
        state.withLock { $0.isFinished = true }
        ready.signal()
    }

    /// Ends both stages with `error`; the first one given counts.
    func fail(_ error: any Error) {
        state.withLock { state in
            if state.failure == nil { state.failure = error }
        }
        ready.signal()
        room.signal()
    }

    /// Takes the next buffer, waiting for it; `nil` at the end.
    ///
    /// - Throws: what the other stage failed with.
    func take() throws -> [UInt8]? {
        ready.wait()
        return try state.withLock { state in
            if let failure = state.failure { throw failure }
            return state.waiting.popLast()
        }
    }

    /// Gives a buffer back for the next `put`.
    func giveBack(_ buffer: [UInt8]) {
        state.withLock { $0.spare.append(buffer) }
        room.signal()
    }

    /// What the sync failed with, if it did.
    var failure: (any Error)? { state.withLock { $0.failure } }
}
