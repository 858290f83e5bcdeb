internal import CPlatform
internal import Glibc

/// The name of a Unix socket in the file system.
package enum UnixSocketFile {
    /// Whether a socket file is at `path` that nobody listens on: what a daemon that was killed leaves.
    package static func isStale(_ path: String) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return false }
        do throws(SystemError) {
            _ = try Socket.connect(to: .unix(path: path))
            return false
        } catch {
            return error.code == ECONNREFUSED
        }
    }

    /// Removes the name; one that is not there is fine.
    package static func remove(_ path: String) {
        // A name that stays makes the next bind fail, which reports it.
        _ = unlink(path)
    }
}
