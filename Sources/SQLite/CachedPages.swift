internal import GRDBSQLite
internal import Platform

/// Reads of a database that wait for nothing.
package enum CachedPages {
    /// Whether SQLite could be told to read by ``CachedReads``: once, before the first such read.
    ///
    /// SQLite: `sqlite3_vfs.xSetSystemCall`, which its files on Unix have for `pread` or `pread64`, whichever they use.
    private static let areTold: Bool = {
        guard let files = sqlite3_vfs_find(nil), let find = files.pointee.xGetSystemCall,
            let set = files.pointee.xSetSystemCall
        else { return false }
        let read = unsafeBitCast(CachedReads.pread, to: sqlite3_syscall_ptr.self)
        let names: [String] = ["pread", "pread64"].filter { (name: String) in find(files, name) != nil }
        return !names.isEmpty && names.allSatisfy { set(files, $0, read) == SQLITE_OK }
    }()

    /// Calls `body`, in which a statement that needs a page that is neither SQLite's nor the kernel's at hand fails with
    /// `SQLITE_IOERR`, and can be tried again without; `nil` where that can't be had.
    ///
    /// For connections that don't wait for locks either.
    package static func only<Value>(_ body: () throws -> Value) rethrows -> Value? {
        guard areTold else { return nil }
        return try CachedReads.only(body)
    }
}
