internal import CPlatform
internal import Glibc

/// An open file, socket or directory; closed when it goes out of scope.
package struct FileDescriptor: ~Copyable, Sendable {
    /// The number, valid for as long as this value lives.
    package let number: Int32

    /// Takes ownership of an open descriptor.
    package init(owning number: Int32) {
        self.number = number
    }

    deinit {
        // An error of close(2) can't be acted on here: what must be durable has been synced before.
        _ = Glibc.close(number)
    }

    /// Gives the descriptor away without closing it.
    package consuming func release() -> Int32 {
        let number = number
        discard self
        return number
    }

    /// Opens `path` (`open(2)`); `O_CLOEXEC` is always added.
    package static func open(_ path: String, _ flags: OpenFlags, mode: UInt32 = 0) throws(SystemError) -> FileDescriptor
    {
        FileDescriptor(
            owning: try systemCall("open", on: path) { specman_open(path, flags.rawValue | O_CLOEXEC, mode) }
        )
    }

    /// Reads up to `buffer.count` bytes (`read(2)`); 0 at the end.
    package borrowing func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        let number = number
        return try systemCall("read") { Glibc.read(number, buffer.baseAddress, buffer.count) }
    }

    /// Reads up to `buffer.count` bytes at `offset` (`pread(2)`); 0 at the end.
    package borrowing func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError) -> Int
    {
        let number = number
        return try systemCall("pread") { Glibc.pread(number, buffer.baseAddress, buffer.count, off_t(offset)) }
    }

    /// Reads up to `count` bytes as an array; empty at the end.
    package borrowing func read(upTo count: Int) throws(SystemError) -> [UInt8] {
        var failure: SystemError?
        let number = number
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, length in
            do throws(SystemError) {
                length = try systemCall("read") { Glibc.read(number, buffer.baseAddress, buffer.count) }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Writes all of `bytes` (`write(2)`), in as many calls as it takes.
    package borrowing func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        var rest = bytes[...]
        let number = number
        while !rest.isEmpty {
            let written = try systemCall("write") {
                let part = UnsafeRawBufferPointer(rebasing: rest)
                return Glibc.write(number, part.baseAddress, part.count)
            }
            rest = rest.dropFirst(written)
        }
    }

    /// Writes all of `bytes`.
    package borrowing func write(_ bytes: RawSpan) throws(SystemError) {
        var failure: SystemError?
        bytes.withUnsafeBytes { buffer in
            do throws(SystemError) { try write(buffer) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Makes what was written durable (`fsync(2)`).
    package borrowing func sync() throws(SystemError) {
        let number = number
        _ = try systemCall("fsync") { Glibc.fsync(number) }
    }

    /// Has the disk begin with what was written from `offset` on, without waiting for it (`sync_file_range(2)`).
    ///
    /// A hint: where it can't be followed, a later sync does the whole of the work and reports what failed.
    package borrowing func startWriting(from offset: Int64, count: Int64) {
        _ = specman_start_writing(number, offset, count)
    }

    /// What the file system knows of the file (`fstat(2)`).
    package borrowing func status() throws(SystemError) -> FileStatus {
        var status = stat()
        let number = number
        _ = try systemCall("fstat") { Glibc.fstat(number, &status) }
        return FileStatus(status)
    }

    /// The same of a regular file; anything else is refused. To be opened with ``OpenFlags/nonBlocking``, as opening a pipe
    /// waits for whoever writes to it.
    ///
    /// - Parameter subject: how the error names it.
    package borrowing func regularStatus(_ subject: String) throws(SystemError) -> FileStatus {
        let status = try status()
        guard status.kind == .file else { throw .notRegular(subject) }
        return status
    }
}

/// How a file is opened (`open(2)`).
package struct OpenFlags: OptionSet, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    package static let readOnly = OpenFlags(rawValue: O_RDONLY)
    package static let writeOnly = OpenFlags(rawValue: O_WRONLY)
    package static let readWrite = OpenFlags(rawValue: O_RDWR)
    package static let create = OpenFlags(rawValue: O_CREAT)
    package static let exclusive = OpenFlags(rawValue: O_EXCL)
    package static let truncate = OpenFlags(rawValue: O_TRUNC)
    package static let append = OpenFlags(rawValue: O_APPEND)
    package static let directory = OpenFlags(rawValue: O_DIRECTORY)
    package static let noFollow = OpenFlags(rawValue: O_NOFOLLOW)
    package static let nonBlocking = OpenFlags(rawValue: O_NONBLOCK)
    /// Past the page cache; memory, offset and length have to be aligned. Not every file system can.
    package static let direct = OpenFlags(rawValue: specman_direct())
}

/// What the file system knows of a file.
package struct FileStatus: Hashable, Sendable {
    /// What kind of file it is.
    package enum Kind: Sendable {
        case file
        case directory
        case symbolicLink
        case other
    }

    package let kind: Kind
    /// In bytes.
    package let size: Int64
    /// The permission bits.
    package let permissions: UInt32
    /// How many names the file has.
    package let links: UInt64
    package let inode: UInt64
    package let device: UInt64
    /// Of the last modification, since 1970.
    package let seconds: Int64
    package let nanoseconds: Int64

    init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFLNK: .symbolicLink
            default: .other
            }
        size = Int64(status.st_size)
        permissions = status.st_mode & 0o7777
        links = UInt64(status.st_nlink)
        inode = UInt64(status.st_ino)
        device = UInt64(status.st_dev)
        seconds = Int64(status.st_mtim.tv_sec)
        nanoseconds = Int64(status.st_mtim.tv_nsec)
    }
}
