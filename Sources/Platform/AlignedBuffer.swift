/// Memory of a fixed size, aligned as direct input and output want it (open(2), `O_DIRECT`).
///
/// `@unchecked Sendable`: one owner at a time has it, and hands it over whole.
package final class AlignedBuffer: @unchecked Sendable {
    /// In bytes: a multiple of what all but unusual disks have for a block.
    package static let alignment = 4096

    private let memory: UnsafeMutableRawBufferPointer
    /// How many bytes are filled, from the start.
    package private(set) var count = 0

    /// - Parameter capacity: In bytes.
    package init(capacity: Int) {
        memory = .allocate(byteCount: max(1, capacity), alignment: Self.alignment)
    }

    deinit {
        memory.deallocate()
    }

    package var isEmpty: Bool { count == 0 }

    /// Adds the beginning of `bytes`, up to where `limit` bytes are filled.
    ///
    /// - Returns: how many bytes were added.
    package func append(_ bytes: RawSpan, upTo limit: Int) -> Int {
        let added = min(bytes.byteCount, max(0, min(limit, memory.count) - count))
        guard added > 0 else { return 0 }
        bytes.extracting(0..<added).withUnsafeBytes { source in
            UnsafeMutableRawBufferPointer(rebasing: memory[count..<count + added]).copyMemory(from: source)
        }
        count += added
        return added
    }

    package func clear() {
        count = 0
    }

    /// What is filled; valid until the next change.
    package var content: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: memory[..<count])
    }
}
