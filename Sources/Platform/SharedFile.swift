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

    /// Reads up to `count` bytes at `offset` as an array; empty at the end.
    ///
    /// - Parameter sparingCache: Whether bytes that had to come from the disk are dropped from the page cache again, so
    ///   that a walk through everything drives out nothing that others need (`posix_fadvise(2)`).
    package func read(upTo count: Int, at offset: Int64, sparingCache: Bool) throws(SystemError) -> [UInt8] {
        guard sparingCache else { return try read(upTo: count, at: offset) }
        var cached: Int?
        var failure: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, length in
            do throws(SystemError) {
                cached = try readCached(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
                length = cached ?? 0
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        if cached != nil { return bytes }
        let fresh = try read(upTo: count, at: offset)
        // Advice: where it can't be taken, nothing is lost.
        _ = posix_fadvise(descriptor.number, off_t(offset), off_t(fresh.count), POSIX_FADV_DONTNEED)
        return fresh
    }

    /// Whether the file system tells what is in the page cache from what it would have to fetch (`FMODE_NOWAIT`): those of
    /// a network mostly don't, and may wait for a server at any call.
    package var tellsWhatIsCached: Bool {
        var byte: UInt8 = 0
        let number = descriptor.number
        do throws(SystemError) {
            _ = try systemCall("preadv2") { specman_pread_nowait(number, &byte, 1, 0) }
        } catch {
            return error.code == EAGAIN
        }
        return true
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
