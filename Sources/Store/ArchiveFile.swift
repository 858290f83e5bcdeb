internal import Dispatch
internal import Platform
internal import Synchronization

/// The file of an archive as it is received: added to at its end by a thread of its own, so that the transfer waits for
/// the disk only once it is far ahead; past the page cache where the file system lets it (open(2), `O_DIRECT`).
///
/// An archive is written once and hardly ever read: in the page cache it costs a copy and a page for each page, and
/// pushes out what is served.
final class ArchiveFile: Sendable {
    /// In bytes: one write.
    static let bufferSize = 512 << 10

    private struct Filling {
        var buffer: AlignedBuffer?
        /// In bytes: of the file once all is written.
        var length: Int64
    }

    private let filling: Mutex<Filling>
    private let writer: Writer

    /// Opens the file of that name, or makes it.
    ///
    /// - Parameter alignment: In bytes: what offset and length of a direct write have to be multiples of.
    init(
        _ name: [UInt8],
        in directory: Directory,
        alignment: Int = AlignedBuffer.alignment
    ) throws(SystemError) {
        writer = try Writer(name, in: directory, alignment: alignment)
        filling = Mutex(Filling(length: writer.length))
    }

    deinit {
        // What was received is not to be received again. Who needs to know whether it worked has flushed before.
        filling.withLock { submit(&$0) }
        writer.settle()
    }

    /// How many bytes there are, those included that are on their way to the disk.
    var length: Int64 { filling.withLock { $0.length } }

    /// Adds a copy of `bytes` at the end. A failure shows at a later call, at the latest at ``flush()`` or ``sync()``.
    func append(_ bytes: RawSpan) throws(SystemError) {
        try writer.check()
        filling.withLock { filling in
            var offset = 0
            while offset < bytes.byteCount {
                let buffer = filling.buffer ?? writer.emptyBuffer()
                // Where an earlier attempt ended off a page's beginning, the first buffer ends at one.
                let begin = filling.length - Int64(buffer.count)
                let limit = Self.bufferSize - Int(begin % Int64(writer.alignment))
                let added = buffer.append(bytes.extracting(offset...), upTo: limit)
                offset += added
                filling.length += Int64(added)
                filling.buffer = buffer
                if buffer.count == limit { submit(&filling) }
            }
        }
    }

    /// Reads up to `count` bytes at `offset`; empty at the end.
    func read(at offset: Int64, upTo count: Int) throws(SystemError) -> [UInt8] {
        try flush()
        return try writer.read(at: offset, upTo: count)
    }

    /// Waits until all that was added is in the file.
    func flush() throws(SystemError) {
        filling.withLock { submit(&$0) }
        writer.settle()
        writer.giveBack()
        try writer.check()
    }

    /// Makes what was added durable.
    func sync() throws(SystemError) {
        try flush()
        try writer.sync()
    }

    /// Forgets what is not written yet, and waits for what is under way.
    func abandon() {
        writer.settle()
        filling.withLock { filling in
            filling.buffer = nil
            filling.length = writer.length
        }
        writer.giveBack()
    }

    private func submit(_ filling: inout Filling) {
        guard let buffer = filling.buffer.take(), !buffer.isEmpty else { return }
        writer.submit(buffer)
    }
}

extension ArchiveFile {
    /// The thread that writes, and what it needs.
    private final class Writer: Sendable {
        /// Buffers that are full and not written yet; with the one that is being filled, 2 MiB in all.
        private static let buffersUnderWay = 3

        let alignment: Int
        private let disk: Mutex<Disk>
        /// The first one; nothing is written after it. Not the disk's, which is held while it writes.
        private let failure = Mutex<SystemError?>(nil)
        private let spare = Mutex<[AlignedBuffer]>([])
        private let queue = DispatchQueue(label: "specman.store.archive")
        private let room = DispatchSemaphore(value: 0)

        init(_ name: [UInt8], in directory: Directory, alignment: Int) throws(SystemError) {
            self.alignment = alignment
            disk = Mutex(try Disk(name, in: directory, alignment: alignment))
            // A semaphore may not be let go of below the value that it began with: so it begins with none.
            for _ in 0..<Self.buffersUnderWay { room.signal() }
        }

        /// How many bytes are in the file.
        var length: Int64 { disk.withLock { $0.length } }

        func emptyBuffer() -> AlignedBuffer {
            spare.withLock { $0.popLast() } ?? AlignedBuffer(capacity: ArchiveFile.bufferSize)
        }

        /// Hands `buffer` over, waiting while too much is under way.
        func submit(_ buffer: AlignedBuffer) {
            room.wait()
            queue.async { [self] in
                if failure.withLock({ $0 == nil }) {
                    do throws(SystemError) {
                        try disk.withLock { disk throws(SystemError) in try disk.add(buffer) }
                    } catch {
                        failure.withLock { $0 = error }
                    }
                }
                buffer.clear()
                spare.withLock { $0.append(buffer) }
                room.signal()
            }
        }

        /// Waits until all that was handed over is written.
        func settle() {
            queue.sync {}
        }

        /// Lets go of the memory of what is written: an archive may have many layers, and each waits for the publication.
        func giveBack() {
            spare.withLock { $0 = [] }
        }

        /// Throws the first failure.
        func check() throws(SystemError) {
            if let failure = failure.withLock({ $0 }) { throw failure }
        }

        func read(at offset: Int64, upTo count: Int) throws(SystemError) -> [UInt8] {
            try disk.withLock { disk throws(SystemError) in try disk.file.read(upTo: count, at: offset) }
        }

        func sync() throws(SystemError) {
            try disk.withLock { disk throws(SystemError) in try disk.file.sync() }
        }
    }

    private struct Disk: ~Copyable {
        /// How many bytes come together before the disk is told to begin with them, where they go to the page cache: what
        /// is left for the end is little, and the disk would have been idle until then.
        private static let writtenAtOnce: Int64 = 8 << 20

        let file: FileDescriptor
        private let alignment: Int
        private let name: [UInt8]
        private let directory: Directory
        /// Opened for the first whole blocks.
        private var direct: FileDescriptor?
        private var isDirect = true
        /// How many bytes are in the file.
        private(set) var length: Int64
        /// Up to where the disk was told to begin.
        private var begun: Int64

        init(_ name: [UInt8], in directory: Directory, alignment: Int) throws(SystemError) {
            let file = try directory.open(name, [.readWrite, .create, .append], mode: 0o644)
            length = try file.status().size
            begun = length
            self.file = file
            self.alignment = alignment
            self.name = name
            self.directory = directory
        }

        mutating func add(_ buffer: AlignedBuffer) throws(SystemError) {
            // The buffer is this call's until it returns.
            var rest = unsafe buffer.content
            let whole = rest.count - rest.count % alignment
            if isDirect, whole > 0, length % Int64(alignment) == 0 {
                let written = try unsafe addDirectly(UnsafeRawBufferPointer(rebasing: rest[..<whole]))
                length += Int64(written)
                unsafe rest = unsafe UnsafeRawBufferPointer(rebasing: rest[written...])
            }
            guard unsafe !rest.isEmpty else { return }
            try unsafe file.write(rest)
            length += Int64(rest.count)
            if length - begun >= Self.writtenAtOnce {
                file.startWriting(from: begun, count: length - begun)
                begun = length
            }
        }

        /// - Returns: How many bytes were written; fewer than all, and no more in this way, where the file system refuses.
        private mutating func addDirectly(_ blocks: UnsafeRawBufferPointer) throws(SystemError) -> Int {
            if direct == nil { direct = try? directory.open(name, [.writeOnly, .append, .direct]) }
            guard direct != nil else {
                isDirect = false
                return 0
            }
            do throws(SystemError) {
                try unsafe direct?.write(blocks)
                return blocks.count
            } catch  where error.isInvalid {
                // It lets a file be opened so, and wants larger blocks.
                isDirect = false
                return Int(min(Int64(blocks.count), max(0, try file.status().size - length)))
            }
        }
    }
}
