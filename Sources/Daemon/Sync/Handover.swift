internal import Dispatch
internal import Synchronization

/// Bytes under way from one stage of a sync to the next, and marks between them.
struct HandoverBuffer<Mark: Sendable>: Sendable {
    var bytes: [UInt8] = []
    /// Each with how many of the bytes stand before it.
    var marks: [(offset: Int, mark: Mark)] = []

    /// The size of a buffer, in bytes: as much as the inflater gives at once.
    static var size: Int { 256 << 10 }
    /// The most marks: there may be any number with no byte between them.
    static var mostMarks: Int { 8 }

    var isFull: Bool { bytes.count == Self.size || marks.count == Self.mostMarks }
}

/// The bounded hand-over between two stages of a sync: one side puts bytes and marks, the other takes them in full buffers,
/// and whoever is ahead waits. What is under way is bounded by so many buffers, whatever the archive's size.
///
/// A stage that fails says so here, and the other one ends with that error at its next call.
final class Handover<Mark: Sendable>: Sendable {
    typealias Buffer = HandoverBuffer<Mark>

    private struct State {
        /// What is put next goes behind this.
        var filling: Buffer?
        var waiting: [Buffer] = []
        var spare: [Buffer] = []
        var isFinished = false
        var failure: (any Error)?
    }

    private let state = Mutex(State())
    private let room = DispatchSemaphore(value: 0)
    private let ready = DispatchSemaphore(value: 0)

    /// - Parameter depth: How many buffers may wait, those that are being filled and taken included.
    init(depth: Int) {
        // A semaphore may not be let go of below the value that it began with: so it begins with none.
        for _ in 0..<depth { room.signal() }
    }

    /// Puts a copy of `bytes`, waiting for room.
    ///
    /// - Throws: what the other stage failed with.
    func put(_ bytes: RawSpan) throws {
        var offset = 0
        while offset < bytes.byteCount {
            var buffer = try nextBuffer()
            let end = min(offset + Buffer.size - buffer.bytes.count, bytes.byteCount)
            let part = bytes.extracting(offset..<end)
            // The span is read within this call only.
            unsafe part.withUnsafeBytes { unsafe buffer.bytes.append(contentsOf: $0) }
            offset = end
            passOn(buffer)
        }
    }

    /// Puts a mark behind what was put so far, waiting for room.
    ///
    /// - Throws: what the other stage failed with.
    func put(_ mark: Mark) throws {
        var buffer = try nextBuffer()
        buffer.marks.append((buffer.bytes.count, mark))
        passOn(buffer)
    }

    private func passOn(_ buffer: Buffer) {
        let isFull = buffer.isFull
        state.withLock { if isFull { $0.waiting.insert(buffer, at: 0) } else { $0.filling = buffer } }
        if isFull { ready.signal() }
    }

    /// The buffer that is being filled, or an empty one once there is room.
    private func nextBuffer() throws -> Buffer {
        let begun = try state.withLock { state in
            if let failure = state.failure { throw failure }
            return state.filling.take()
        }
        if let begun { return begun }
        room.wait()
        var buffer = try state.withLock { state in
            if let failure = state.failure { throw failure }
            return state.spare.popLast() ?? Buffer()
        }
        buffer.bytes.removeAll(keepingCapacity: true)
        buffer.bytes.reserveCapacity(Buffer.size)
        buffer.marks.removeAll(keepingCapacity: true)
        return buffer
    }

    /// Says that nothing more will come.
    func finish() {
        let isLast = state.withLock { state in
            state.isFinished = true
            guard let last = state.filling.take() else { return false }
            state.waiting.insert(last, at: 0)
            return true
        }
        if isLast { ready.signal() }
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
    func take() throws -> Buffer? {
        ready.wait()
        return try state.withLock { state in
            if let failure = state.failure { throw failure }
            return state.waiting.popLast()
        }
    }

    /// Gives a buffer back for the next `put`.
    func giveBack(_ buffer: Buffer) {
        state.withLock { $0.spare.append(buffer) }
        room.signal()
    }

    /// What the sync failed with, if it did.
    var failure: (any Error)? { state.withLock { $0.failure } }
}
