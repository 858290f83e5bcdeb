internal import CZlib

/// Inflates gzip data that arrives in pieces: one member, or several that follow one another and count as one stream.
///
/// What is inflated goes through one buffer that is used again and again, so memory stays the same whatever the size.
/// A value that can't be copied, as the state behind it is one; freed when it goes out of scope.
/// Specification: RFC 1952, section 2.2 ("a gzip file consists of a series of members"); zlib `inflate`.
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

    // Used by one owner at a time: the value can't be copied, only moved. On the heap because zlib keeps its address.
    private let stream: UnsafeMutablePointer<z_stream>
    private let buffer: UnsafeMutableRawBufferPointer
    private var state = State.beforeFirstMember

    /// How many bytes were taken in so far.
    package private(set) var consumedCount: Int64 = 0
    /// How many members have ended.
    package private(set) var memberCount = 0

    /// Begins a stream.
    ///
    /// - Parameter bufferSize: the most bytes handed over at once, 1 to 2^31 - 1.
    /// - Throws: ``ZlibError/outOfMemory``, ``ZlibError/incompatibleLibrary``.
    package init(bufferSize: Int = Inflater.defaultBufferSize) throws(ZlibError) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15: the largest window; 16 more: a gzip header is required (zlib.h, inflateInit2).
        let result = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard result == Z_OK else {
            stream.deallocate()
            throw result == Z_VERSION_ERROR ? .incompatibleLibrary : .outOfMemory
        }
        self.stream = stream
        buffer = .allocate(byteCount: max(1, min(bufferSize, Int(Int32.max))), alignment: 64)
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        buffer.deallocate()
    }

    /// Takes the next bytes of the stream and hands over what they inflate to, in pieces of at most the buffer's size.
    ///
    /// - Parameter emit: gets each piece, which is only there during the call; what it throws ends the stream.
    /// - Throws: ``ZlibError`` where the data is damaged or followed by something else; what `emit` throws.
    package mutating func consume(_ bytes: RawSpan, emit: (RawSpan) throws -> Void) throws {
        var offset = 0
        repeat {
            offset += try consumeMember(bytes.extracting(droppingFirst: offset), emit: emit)
        } while offset < bytes.byteCount
    }

    /// Takes the next bytes as ``consume(_:emit:)`` does, but none that follow the end of a member.
    ///
    /// - Returns: how many were taken: all, or those up to the end.
    package mutating func consumeMember(_ bytes: RawSpan, emit: (RawSpan) throws -> Void) throws -> Int {
        if case .failed = state { throw ZlibError.finished }
        do {
            return try bytes.withUnsafeBytes { try inflate($0, emit: emit) }
        } catch {
            state = .failed
            throw error
        }
    }

    /// Whether the next byte would be the first one of a member.
    package var isBetweenMembers: Bool {
        switch state {
        case .beforeFirstMember, .afterMember: true
        case .inMember, .failed: false
        }
    }

    /// Counts a member of `byteCount` bytes that the caller has dealt with in another way: what comes next follows it.
    ///
    /// - Throws: ``ZlibError/finished`` within a member and after a failure.
    package mutating func skipMember(byteCount: Int) throws(ZlibError) {
        guard isBetweenMembers else { throw .finished }
        state = .afterMember
        consumedCount += Int64(byteCount)
        memberCount += 1
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

    /// - Returns: how many bytes were taken, up to the end of a member.
    private mutating func inflate(
        _ input: UnsafeRawBufferPointer,
        emit: (RawSpan) throws -> Void
    ) throws -> Int {
        var offset = 0
        // A full buffer may leave output behind in zlib, to be fetched without further input.
        var isBufferFull = false
        while offset < input.count || isBufferFull {
            if offset < input.count { try beginMember(with: input[offset]) }
            let available = min(input.count - offset, Int(Int32.max))
            // zlib reads through this pointer only; without ZLIB_CONST its type says otherwise.
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: input.baseAddress?.advanced(by: offset).assumingMemoryBound(to: UInt8.self)
            )
            stream.pointee.avail_in = UInt32(available)
            stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(buffer.count)
            let result = CZlib.inflate(stream, Z_NO_FLUSH)
            let taken = available - Int(stream.pointee.avail_in)
            offset += taken
            consumedCount += Int64(taken)
            let produced = buffer.count - Int(stream.pointee.avail_out)
            isBufferFull = produced == buffer.count && result == Z_OK
            var failure: ZlibError?
            switch result {
            case Z_OK: break
            case Z_STREAM_END:
                state = .afterMember
                memberCount += 1
            // No progress for want of input: there was none left, or the full buffer had nothing behind it.
            case Z_BUF_ERROR where taken == available: break
            case Z_MEM_ERROR: failure = .outOfMemory
            default: failure = .corrupt(reason: stream.pointee.msg.map { String(cString: $0) } ?? "code \(result)")
            }
            // What stands before damage is handed over all the same: how much that is must not depend on how the input
            // was cut.
            if produced > 0 { try emit(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: buffer[..<produced]))) }
            if let failure { throw failure }
            if case .afterMember = state { break }
        }
        return offset
    }

    /// Turns to the next member where the last one has ended; `first` is the byte that would begin it.
    private mutating func beginMember(with first: UInt8) throws(ZlibError) {
        switch state {
        case .beforeFirstMember: state = .inMember
        case .inMember, .failed: break
        case .afterMember:
            // RFC 1952 section 2.3.1: ID1 = 31. The rest of the header is checked by zlib.
            guard first == 0x1F else { throw .trailingBytes(offset: consumedCount) }
            guard inflateReset(stream) == Z_OK else { throw .corrupt(reason: "no further member can begin") }
            state = .inMember
        }
    }
}
