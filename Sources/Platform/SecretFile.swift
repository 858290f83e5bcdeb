internal import CPlatform
internal import Glibc

/// A file that only its owner may read, rewritten in one step.
package enum SecretFile {
    /// Gives `change` what `path` holds, `nil` where there is no such file, and puts its result there with mode 0600;
    /// nothing is written where it is `nil`.
    ///
    /// A link is followed, so that the file it leads to is the one replaced. Two programs that do this at once do it one
    /// after the other: the file's directory is locked meanwhile (`flock(2)`). A crash leaves the old file or the new one.
    ///
    /// - Parameter limit: the most that is read, in bytes; more is refused with `EFBIG`.
    package static func update<Failure: Error>(
        _ path: String,
        limit: Int,
        failure: (SystemError) -> Failure,
        _ change: ([UInt8]?) throws(Failure) -> [UInt8]?
    ) throws(Failure) {
        let path = resolved(path)
        let slash = path.lastIndex(of: "/")
        let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        let held = Result { () throws(SystemError) in try Lock(directory) }
        let lock = try held.mapError(failure).get()
        let before = try Result { () throws(SystemError) in try content(path, limit: limit) }.mapError(failure).get()
        guard let after = try change(before) else { return }
        try Result { () throws(SystemError) in
            try replace(path, with: after, temporary: "\(directory)/.\(name).new")
            try lock.directory.sync()
        }.mapError(failure).get()
    }

    /// Kept as an object, since it lives through a call that may throw anything.
    private final class Lock {
        let directory: FileDescriptor

        init(_ path: String) throws(SystemError) {
            try WholeFile.makeDirectories(path, mode: 0o700)
            directory = try FileDescriptor.open(path, [.readOnly, .directory])
            try directory.lock()
        }
    }

    private static func content(_ path: String, limit: Int) throws(SystemError) -> [UInt8]? {
        do throws(SystemError) {
            return try WholeFile.read(path, limit: limit)
        } catch {
            guard error.isNotFound else { throw error }
            return nil
        }
    }

    private static func replace(_ path: String, with bytes: [UInt8], temporary: String) throws(SystemError) {
        // What a crash left there may be readable by others: it is not reused. Under the lock it is nobody's.
        _ = unlink(temporary)
        do throws(SystemError) {
            let file = try FileDescriptor.open(temporary, [.writeOnly, .create, .exclusive, .noFollow], mode: 0o600)
            try file.write(bytes.span.bytes)
            try file.sync()
            _ = try systemCall("rename") { Glibc.rename(temporary, path) }
        } catch {
            _ = unlink(temporary)
            throw SystemError(call: error.call, subject: path, code: error.code)
        }
    }

    /// Where `path` leads (`realpath(3)`); `path` itself where there is nothing yet.
    private static func resolved(_ path: String) -> String {
        guard let text = realpath(path, nil) else { return path }
        defer { free(text) }
        return String(cString: text)
    }
}
