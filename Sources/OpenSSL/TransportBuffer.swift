internal import COpenSSL

/// A fixed piece of memory through which bytes pass: filled at its end, taken from its start.
///
/// Not `Sendable`: it belongs to one event loop. Copies nothing and never grows, so that nothing is allocated while
/// a request is answered.
///
/// Without the run-time checks for overlapping accesses, of which a request has some thirty here: none of the
/// properties is ever passed on as `inout`.
package final class TransportBuffer {
    @exclusivity(unchecked) @usableFromInline package private(set) var base: UnsafeMutableRawPointer
    @exclusivity(unchecked) package private(set) var capacity: Int
    @exclusivity(unchecked) @usableFromInline package var start = 0
    @exclusivity(unchecked) @usableFromInline package var end = 0

    /// - Parameter capacity: In bytes.
    package init(capacity: Int) {
        self.capacity = max(1, capacity)
        base = .allocate(byteCount: self.capacity, alignment: 64)
    }

    deinit {
        base.deallocate()
    }

    /// How many bytes can be taken.
    @inlinable package var count: Int { end - start }
    @inlinable package var isEmpty: Bool { start == end }
    /// How many bytes can be added.
    @inlinable package var room: Int { capacity - end }

    /// The bytes that can be taken; valid until the next change.
    @inlinable package var readable: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + start, count: end - start)
    }

    /// The memory that can be filled; valid until the next change.
    @inlinable package var writable: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: base + end, count: capacity - end)
    }

    /// Says that `count` bytes of ``writable`` were filled.
    @inlinable package func filled(_ count: Int) {
        end = min(capacity, end + count)
    }

    /// Takes `count` bytes away from the start.
    @inlinable package func take(_ count: Int) {
        start = min(end, start + count)
        if start == end { clear() }
    }

    @inlinable package func clear() {
        start = 0
        end = 0
    }

    /// Moves what there is to the beginning of the memory, so that all the room is at its end.
    package func compact() {
        guard start > 0 else { return }
        base.copyMemory(from: base + start, byteCount: end - start)
        end -= start
        start = 0
    }

    /// Exchanges memory and content with `other`.
    package func swap(with other: TransportBuffer) {
        (base, other.base) = (other.base, base)
        (capacity, other.capacity) = (other.capacity, capacity)
        (start, other.start) = (other.start, start)
        (end, other.end) = (other.end, end)
    }

    /// Adds all of `bytes`, or none where they don't fit.
    package func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count <= room else { return false }
        if let source = bytes.baseAddress { (base + end).copyMemory(from: source, byteCount: bytes.count) }
        end += bytes.count
        return true
    }

    /// Adds all of `bytes`, or none where they don't fit.
    package func append(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { append($0) }
    }

    /// A copy of what can be taken.
    package var contents: [UInt8] { Array(readable) }
}
