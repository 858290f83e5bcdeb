internal import CZlib

/// Deflates bytes that arrive in pieces into one gzip member, the same bytes always into the same member.
///
/// The header has no name, the modification time 0 and the system "unknown", so nothing of the machine or the moment
/// gets in. The result still depends on zlib's version and on how the input is cut: feed equal pieces for equal results.
/// Specification: RFC 1952, section 2.3; zlib `deflate`.
package struct Deflater: ~Copyable, @unchecked Sendable {
    /// How hard to try, from 1 (fast) to 9 (small); zlib's own default is 6.
    package static let defaultLevel: Int32 = 6

    /// RFC 1952, section 2.3.1, OS: 255 is "unknown".
    private static let unknownSystem: Int32 = 255
    /// The size of the output buffer, in bytes: enough for a megabyte of text at a time.
    private static let bufferSize = 256 << 10

    // Used by one owner at a time: the value can't be copied, only moved. On the heap because zlib keeps both addresses.
    private let stream: UnsafeMutablePointer<z_stream>
    private let header: UnsafeMutablePointer<gz_header>
    /// What the header's extra field holds; empty for none.
    private let extra: UnsafeMutableBufferPointer<UInt8>
    private let buffer: UnsafeMutableRawBufferPointer
    private var isOpen = true

    /// Begins a member.
    ///
    /// - Parameters:
    ///   - level: 1 to 9; beyond is clamped.
    ///   - hasLength: whether the header has room for the member's length (``MemberLength``).
    /// - Throws: ``ZlibError/outOfMemory``, ``ZlibError/incompatibleLibrary``.
    package init(level: Int32 = Deflater.defaultLevel, hasLength: Bool = false) throws(ZlibError) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15: the largest window; 16 more: a gzip header is written. 8: zlib's default memory level.
        var result = deflateInit2_(
            stream,
            min(max(level, 1), 9),
            Z_DEFLATED,
            15 + 16,
            8,
            Z_DEFAULT_STRATEGY,
            ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size)
        )
        guard result == Z_OK else {
            stream.deallocate()
            throw result == Z_VERSION_ERROR ? .incompatibleLibrary : .outOfMemory
        }
        let header = UnsafeMutablePointer<gz_header>.allocate(capacity: 1)
        header.initialize(to: gz_header())
        header.pointee.os = Self.unknownSystem
        let field = hasLength ? MemberLength.unknown : []
        let extra = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: field.count)
        _ = extra.initialize(from: field)
        if hasLength { (header.pointee.extra, header.pointee.extra_len) = (extra.baseAddress, UInt32(extra.count)) }
        result = deflateSetHeader(stream, header)
        guard result == Z_OK else {
            deflateEnd(stream)
            stream.deallocate()
            header.deallocate()
            extra.deallocate()
            throw .incompatibleLibrary
        }
        self.stream = stream
        self.header = header
        self.extra = extra
        buffer = .allocate(byteCount: Self.bufferSize, alignment: 64)
    }

    deinit {
        // Says "data error" where the member was left unfinished: nobody reads it then.
        _ = deflateEnd(stream)
        stream.deallocate()
        header.deallocate()
        extra.deallocate()
        buffer.deallocate()
    }

    /// Takes the next bytes and hands over what there is of the member.
    ///
    /// - Parameter emit: gets each piece, which is only there during the call.
    /// - Throws: ``ZlibError/finished`` after ``finish(emit:)`` or a failure; what `emit` throws.
    package mutating func consume(_ bytes: RawSpan, emit: (RawSpan) throws -> Void) throws {
        try bytes.withUnsafeBytes { try deflate($0, flush: Z_NO_FLUSH, emit: emit) }
    }

    /// Ends the member and hands over the rest of it.
    package mutating func finish(emit: (RawSpan) throws -> Void) throws {
        try deflate(UnsafeRawBufferPointer(start: nil, count: 0), flush: Z_FINISH, emit: emit)
        isOpen = false
    }

    /// Begins another member, whatever has become of the one before: half a megabyte of state and buffer is used again.
    ///
    /// - Throws: ``ZlibError/incompatibleLibrary``.
    package mutating func reset() throws(ZlibError) {
        // Fails only on a stream that was not begun (zlib.h, deflateReset).
        guard deflateReset(stream) == Z_OK, deflateSetHeader(stream, header) == Z_OK else {
            throw .incompatibleLibrary
        }
        isOpen = true
    }

    private mutating func deflate(
        _ input: UnsafeRawBufferPointer,
        flush: Int32,
        emit: (RawSpan) throws -> Void
    ) throws {
        guard isOpen else { throw ZlibError.finished }
        // Left so where `emit` throws: what it didn't take is lost.
        isOpen = false
        var offset = 0
        var isBufferFull = flush == Z_FINISH
        while offset < input.count || isBufferFull {
            let available = min(input.count - offset, Int(Int32.max))
            // zlib reads through this pointer only; without ZLIB_CONST its type says otherwise.
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: input.baseAddress?.advanced(by: offset).assumingMemoryBound(to: UInt8.self)
            )
            stream.pointee.avail_in = UInt32(available)
            stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(buffer.count)
            // Fails only on a stream that was not begun or has ended, which `isOpen` rules out (zlib.h, deflate).
            let result = CZlib.deflate(stream, flush)
            offset += available - Int(stream.pointee.avail_in)
            let produced = buffer.count - Int(stream.pointee.avail_out)
            isBufferFull = stream.pointee.avail_out == 0 && result != Z_STREAM_END
            guard result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR else {
                throw ZlibError.corrupt(reason: "deflate: code \(result)")
            }
            if produced > 0 { try emit(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: buffer[..<produced]))) }
        }
        isOpen = true
    }
}
