internal import CPlatform
internal import Glibc

/// A file open for reading, shared by the answers that send it; closed with the last of them.
///
/// It stays readable when its name is removed: a release that is taken away while it is being sent loses nothing.
package final class SharedFile: Sendable {
    private let descriptor: FileDescriptor
    /// In bytes, as it was when the file was opened.
    package let size: Int64

    package init(_ descriptor: consuming FileDescriptor, size: Int64) {
        self.descriptor = descriptor
        self.size = size
    }

    /// Reads up to `buffer.count` bytes at `offset`, waiting for the disk where it must; 0 at the end.
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError) -> Int {
        try descriptor.read(into: buffer, at: offset)
    }

    /// Reads up to `count` bytes at `offset` as an array; empty at the end.
    package func read(upTo count: Int, at offset: Int64) throws(SystemError) -> [UInt8] {
        try descriptor.read(upTo: count, at: offset)
    }

    /// Reads up to `buffer.count` bytes at `offset` where they are in the page cache; `nil` where the disk is needed.
    ///
    /// System call: `preadv2(2)` with `RWF_NOWAIT`. File systems that don't know it answer `nil`, too.
    package func readCached(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError) -> Int? {
        let number = descriptor.number
        do throws(SystemError) {
            return try systemCall("preadv2") {
                specman_pread_nowait(number, buffer.baseAddress, buffer.count, off_t(offset))
            }
        } catch {
            if error.code == EAGAIN || error.code == EOPNOTSUPP { return nil }
            throw error
        }
    }
}
