internal import CPlatform
internal import Glibc

/// A file that takes its name only when it is complete; until then it stands beside it as `.NAME.new`, and is removed
/// where it never is.
package struct ReplacementFile: ~Copyable {
    private let file: FileDescriptor
    private let path: String
    private let temporary: String
    private var isCommitted = false

    /// Begins a file that will be `path`.
    package init(_ path: String, mode: UInt32 = 0o644) throws(SystemError) {
        let slash = path.lastIndex(of: "/")
        let directory = slash.map { path[...$0] } ?? ""
        let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
        self.path = path
        temporary = "\(directory).\(name).new"
        file = try FileDescriptor.open(temporary, [.writeOnly, .create, .truncate, .noFollow], mode: mode)
    }

    deinit {
        // What can't be removed is overwritten by the next attempt.
        if !isCommitted { _ = Glibc.unlink(temporary) }
    }

    package func write(_ bytes: RawSpan) throws(SystemError) {
        do throws(SystemError) {
            try file.write(bytes)
        } catch {
            throw SystemError(call: error.call, subject: path, code: error.code)
        }
    }

    /// Makes the file durable and gives it its name. A crash leaves the old file or the new one.
    package mutating func commit() throws(SystemError) {
        do throws(SystemError) {
            try file.sync()
        } catch {
            throw SystemError(call: error.call, subject: path, code: error.code)
        }
        _ = try systemCall("rename", on: path) { Glibc.rename(temporary, path) }
        isCommitted = true
        try FileDescriptor.open(WholeFile.directory(of: path), [.readOnly, .directory]).sync()
    }
}

extension FileDescriptor {
    /// Waits until no other open file of this file is locked, and locks it until it is closed (`flock(2)`).
    package borrowing func lock() throws(SystemError) {
        let number = number
        _ = try systemCall("flock") { flock(number, LOCK_EX) }
    }
}
