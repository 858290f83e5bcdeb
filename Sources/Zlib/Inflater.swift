internal import CISAL

/// Inflates gzip data that arrives in pieces: one member, or several that follow one another and count as one stream.
///
/// What is inflated goes through one buffer that is used again and again, so memory stays the same whatever the size.
/// A value that can't be copied, as the state behind it is one; freed when it goes out of scope.
/// Specification: RFC 1952, section 2.2 ("a gzip file consists of a series of members"); ISA-L `isal_inflate`.
package struct Inflater: ~Copyable, @unchecked Sendable {
    /// The size of the buffer, in bytes: large enough that the cost of a hand-over vanishes, small enough for the cache.
    package static let defaultBufferSize = 256 << 10

    /// Where the stream is. A member's end is only known to be the stream's when nothing follows.
    private enum State {
        case beforeFirstMember
        case inMember
        case afterMember
        case failed
    }

    // Used by one owner at a time: the value can't be copied, only moved. On the heap: it is 86 KiB.
    private let stream: UnsafeMutablePointer<inflate_state>
    private let buffer: UnsafeMutableRawBufferPointer
    private var state = State.beforeFirstMember
    /// Of the member that has begun. The library's own loses its place where a header comes in pieces.
    private var header = GzipHeader()

    /// How many bytes were taken in so far.
    package private(set) var consumedCount: Int64 = 0
    /// How many members have ended.
    package private(set) var memberCount = 0

    /// Begins a stream.
    ///
    /// - Parameter bufferSize: the most bytes handed over at once, 1 to 2^31 - 1.
    package init(bufferSize: Int = Inflater.defaultBufferSize) {
        stream = .allocate(capacity: 1)
        // ISA-L sets what it reads; the rest must not be what the heap held before.
        UnsafeMutableRawPointer(stream).initializeMemory(
            as: UInt8.self,
            repeating: 0,
            count: MemoryLayout<inflate_state>.size
        )
        isal_inflate_init(stream)
        stream.pointee.crc_flag = UInt32(ISAL_GZIP_NO_HDR_VER)
        buffer = .allocate(byteCount: max(1, min(bufferSize, Int(Int32.max))), alignment: 64)
    }

    deinit {
        stream.deallocate()
        buffer.deallocate()
    }

    /// Takes the next bytes of the stream and hands over what they inflate to, in pieces of at most the buffer's size.
    ///
    /// - Parameter emit: gets each piece, which is only there during the call; what it throws ends the stream.
    /// - Throws: ``ZlibError`` where the data is damaged or followed by something else; what `emit` throws.
    package mutating func consume(_ bytes: RawSpan, emit: (RawSpan) throws -> Void) throws {
        if case .failed = state { throw ZlibError.finished }
        do {
            try bytes.withUnsafeBytes { try inflate($0, emit: emit) }
        } catch {
            state = .failed
            throw error
        }
    }

    /// Says that nothing follows.
    ///
    /// - Throws: ``ZlibError/truncated`` unless the last member is complete; ``ZlibError/finished`` after a failure.
    package mutating func finish() throws(ZlibError) {
        switch state {
        case .afterMember: state = .failed
        case .beforeFirstMember, .inMember: throw .truncated
        case .failed: throw .finished
        }
    }

    private mutating func inflate(_ input: UnsafeRawBufferPointer, emit: (RawSpan) throws -> Void) throws {
        var offset = 0
        // A full buffer may leave output behind in the library, to be fetched without further input.
        var isBufferFull = false
        while offset < input.count || isBufferFull {
            if offset < input.count {
                try beginMember(with: input[offset])
                let taken = try header.take(UnsafeRawBufferPointer(rebasing: input[offset...]))
                offset += taken
                consumedCount += Int64(taken)
                guard header.isComplete else { continue }
            }
            let available = min(input.count - offset, Int(Int32.max))
            // The library reads through this pointer only; its type says otherwise.
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: input.baseAddress?.advanced(by: offset).assumingMemoryBound(to: UInt8.self)
            )
            stream.pointee.avail_in = UInt32(available)
            stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(buffer.count)
            let result = isal_inflate(stream)
            let taken = available - Int(stream.pointee.avail_in)
            offset += taken
            consumedCount += Int64(taken)
            let produced = buffer.count - Int(stream.pointee.avail_out)
            var failure = Self.failure(result)
            let isAtEnd = stream.pointee.block_state == ISAL_BLOCK_FINISH
            // What it read ahead of a member's end it gives back, but never more than it was given in this piece.
            if offset < 0 || taken == 0 && produced == 0 && !isAtEnd && offset < input.count {
                failure = failure ?? .corrupt(reason: "the library makes no progress")
            }
            isBufferFull = produced == buffer.count && !isAtEnd
            if failure == nil, isAtEnd, case .inMember = state {
                state = .afterMember
                memberCount += 1
            }
            // What stands before damage is handed over all the same, as far as it is known.
            if produced > 0 { try emit(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: buffer[..<produced]))) }
            if let failure { throw failure }
        }
    }

    /// Turns to the next member where the last one has ended; `first` is the byte that would begin it.
    private mutating func beginMember(with first: UInt8) throws(ZlibError) {
        switch state {
        case .beforeFirstMember: state = .inMember
        case .inMember, .failed: break
        case .afterMember:
            // RFC 1952 section 2.3.1: ID1 = 31. The header looks at the rest.
            guard first == 0x1F else { throw .trailingBytes(offset: consumedCount) }
            isal_inflate_reset(stream)
            header = GzipHeader()
            state = .inMember
        }
    }

    private static func failure(_ result: Int32) -> ZlibError? {
        switch result {
        case ISAL_DECOMP_OK, ISAL_END_INPUT: nil
        case ISAL_INVALID_BLOCK: .corrupt(reason: "invalid block")
        case ISAL_INVALID_SYMBOL: .corrupt(reason: "invalid code")
        case ISAL_INVALID_LOOKBACK: .corrupt(reason: "invalid distance too far back")
        case ISAL_INCORRECT_CHECKSUM: .corrupt(reason: "incorrect data or length check")
        default: .corrupt(reason: "code \(result)")
        }
    }
}
