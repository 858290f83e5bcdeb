internal import CPlatform
internal import Glibc

/// Whether a directory takes files, found out without leaving anything there.
package enum WriteProbe {
    /// Writes `count` bytes to a file without a name in `directory`, and makes them durable (`O_TMPFILE`; where the file
    /// system doesn't have it, a file that is made and removed at once).
    package static func write(_ count: Int, in directory: String) throws(SystemError) {
        let bytes = [UInt8](repeating: 0x5A, count: count)
        do throws(SystemError) {
            let file = try open(directory)
            try file.write(bytes.span.bytes)
            try file.sync()
        } catch {
            throw SystemError(call: error.call, subject: directory, code: error.code)
        }
    }

    private static func open(_ directory: String) throws(SystemError) -> FileDescriptor {
        do throws(SystemError) {
            return FileDescriptor(
                owning: try systemCall("open", on: directory) {
                    specman_open(directory, O_TMPFILE_FLAGS | O_RDWR | O_CLOEXEC, 0o600)
                }
            )
        } catch  where error.code == EOPNOTSUPP || error.code == EISDIR || error.code == EINVAL {
            var template = Array((directory + "/.specman-probe-XXXXXX").utf8CString)
            let file = FileDescriptor(owning: try systemCall("mkstemp", on: directory) { mkstemp(&template) })
            _ = try systemCall("unlink", on: directory) { unlink(template) }
            return file
        }
    }

    /// `O_TMPFILE`, whose value C makes of two others (`open(2)`).
    private static let O_TMPFILE_FLAGS = 0o20_000_000 | O_DIRECTORY
}
