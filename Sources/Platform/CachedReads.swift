internal import CPlatform
internal import Glibc

/// Has a library that reads files by itself give up where it would have to wait for the disk.
///
/// The library is told to read by ``pread``, which does what `pread(2)` does until a thread asks otherwise.
package enum CachedReads {
    /// Tells threads apart; `nil` where the process has no room for one more such key (`pthread_key_create(3)`).
    private static let key: pthread_key_t? = {
        var key = pthread_key_t()
        return pthread_key_create(&key, nil) == 0 ? key : nil
    }()

    /// Calls `body`, during which ``pread`` fails with `EAGAIN` on this thread for all that is not in the page cache, or where
    /// the file system can't tell; `nil` where threads can't be told apart.
    package static func only<Value>(_ body: () throws -> Value) rethrows -> Value? {
        guard let key else { return nil }
        // Any address will do.
        pthread_setspecific(key, UnsafeRawPointer(bitPattern: 1))
        defer { pthread_setspecific(key, nil) }
        return try body()
    }

    /// `pread(2)`, or within ``only(_:)`` `preadv2(2)` with `RWF_NOWAIT`.
    package static let pread: @convention(c) (Int32, UnsafeMutableRawPointer?, Int, Int64) -> Int = {
        guard let key, pthread_getspecific(key) != nil else { return Glibc.pread($0, $1, $2, off_t($3)) }
        let count = specman_pread_nowait($0, $1, $2, off_t($3))
        guard count == 0, $2 > 0 else { return count }
        // Linux 5.9 and 5.10 may say 0 for what is not in the cache (preadv2(2), BUGS): that is not the end for sure.
        errno = EAGAIN
        return -1
    }
}
