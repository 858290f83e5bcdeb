internal import CPlatform
internal import Glibc

/// Small files read and written in one piece: configuration, certificates, passwords, manifests.
package enum WholeFile {
    /// Reads `path`, refusing more than `limit` bytes with `EFBIG`.
    package static func read(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
        try read(try FileDescriptor.open(path, .readOnly), path, limit: limit)
    }

    /// Reads `path` as above where it is a regular file; anything else is refused instead of waited for, as a pipe is.
    package static func readRegular(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
        let file = try FileDescriptor.open(path, [.readOnly, .nonBlocking])
        _ = try file.regularStatus(path)
        return try read(file, path, limit: limit)
    }

    private static func read(
        _ file: borrowing FileDescriptor,
        _ path: String,
        limit: Int
    ) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let part: [UInt8]
            do throws(SystemError) {
                part = try file.read(upTo: 64 << 10)
            } catch {
                throw SystemError(call: error.call, subject: path, code: error.code)
            }
            if part.isEmpty { return bytes }
            bytes += part
            if bytes.count > limit { throw SystemError(call: "read", subject: path, code: EFBIG) }
        }
    }

    /// Whether something is there under that name (`access(2)`).
    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Replaces `path` in one step: a new file beside it, made durable, then renamed over it.
    ///
    /// A crash leaves the old file or the new one, and at worst a `.new` file beside it that the next call overwrites.
    package static func write(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o644) throws(SystemError) {
        let temporary = path + ".new"
        do throws(SystemError) {
            let file = try FileDescriptor.open(temporary, [.writeOnly, .create, .truncate], mode: mode)
            try file.write(bytes.span.bytes)
            try file.sync()
            _ = try systemCall("rename", on: path) { Glibc.rename(temporary, path) }
        } catch {
            _ = Glibc.unlink(temporary)
            throw SystemError(call: error.call, subject: path, code: error.code)
        }
        let directory = directory(of: path)
        do throws(SystemError) {
            try FileDescriptor.open(directory, [.readOnly, .directory]).sync()
        } catch {
            throw SystemError(call: error.call, subject: directory, code: error.code)
        }
    }

    /// The path of the directory that holds `path`.
    package static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Makes `path` a directory, with those above it, where it isn't one.
    package static func makeDirectories(_ path: String, mode: UInt32 = 0o755) throws(SystemError) {
        var prefix = path.hasPrefix("/") ? "/" : ""
        for component in path.split(separator: "/") {
            prefix += (prefix.isEmpty || prefix.hasSuffix("/") ? "" : "/") + component
            do throws(SystemError) {
                _ = try systemCall("mkdir", on: prefix) { Glibc.mkdir(prefix, mode) }
            } catch  where error.code == EEXIST {
                continue
            }
        }
    }
}
