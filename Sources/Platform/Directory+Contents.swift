internal import CPlatform
internal import Glibc

extension Directory {
    /// The deepest tree that ``removeTree(_:)`` goes into; far beyond what a release may hold.
    private static let deepestTree = 256

    /// The names in this directory, in no order (`readdir(3)`), without `.` and `..`.
    ///
    /// Only for directories of our own: a release's are listed from the index.
    package func names() throws(SystemError) -> [[UInt8]] {
        let copy = try open([], [.readOnly, .directory]).release()
        guard let stream = fdopendir(copy) else {
            let code = errno
            _ = Glibc.close(copy)
            throw SystemError(call: "fdopendir", subject: path, code: code)
        }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                let code = errno
                if code != 0 { throw SystemError(call: "readdir", subject: path, code: code) }
                return names
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { field in Array(field.prefix { $0 != 0 }) }
            if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
        }
    }

    /// Removes `name` and, where it is a directory, everything in it; nothing where there is no such name.
    ///
    /// Links are removed, never followed.
    package func removeTree(_ name: [UInt8]) throws(SystemError) {
        try removeTree(name, depth: 0)
    }

    private func removeTree(_ name: [UInt8], depth: Int) throws(SystemError) {
        guard depth < Self.deepestTree else {
            throw SystemError(call: "unlinkat", subject: subject(name), code: ELOOP)
        }
        do throws(SystemError) {
            return try removeFile(name)
        } catch {
            if error.code == ENOENT { return }
            // Linux answers EISDIR, POSIX allows EPERM.
            guard error.code == EISDIR || error.code == EPERM else { throw error }
        }
        let inner = try directory(name)
        for child in try inner.names() { try inner.removeTree(child, depth: depth + 1) }
        try removeEmptyDirectory(name)
    }
}
