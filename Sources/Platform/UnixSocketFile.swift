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

    /// The longest name that a Unix socket's address holds, in bytes (`unix(7)`, `sun_path` without its NUL).
    private static let longestName = 107

    /// Gives `body` a name of the socket at `path` that fits into an address, valid during the call: volumes lie deep.
    ///
    /// A long one is replaced by one relative to its directory, held open meanwhile (`proc(5)`, `/proc/self/fd/N/NAME`).
    /// Where the directory can't be opened `body` gets the long one, and fails with what is wrong with it.
    package static func withShortName<Result, Failure: Error>(
        _ path: String,
        _ body: (String) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard path.utf8.count > longestName, let slash = path.lastIndex(of: "/"),
            let directory = try? FileDescriptor.open(String(path[..<slash]), [.readOnly, .directory])
        else { return try body(path) }
        return try body("/proc/self/fd/\(directory.number)/\(path[path.index(after: slash)...])")
    }
}
