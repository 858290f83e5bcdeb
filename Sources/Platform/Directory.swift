internal import CPlatform
internal import Glibc

/// A directory held open: everything is reached relative to it, never through a symbolic link and never above it.
///
/// Paths are bytes relative to the directory, components joined with `/`; the empty path is the directory itself.
/// System calls: `openat2(2)` with `RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS`; where a kernel or a container's system call
/// filter doesn't have it, one `openat(2)` with `O_NOFOLLOW` for each component, which refuses the same.
package final class Directory: Sendable {
    /// How the directory was reached, for messages; it may have been renamed since.
    package let path: String
    private let descriptor: FileDescriptor

    init(_ descriptor: consuming FileDescriptor, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    /// Opens the directory at `path`, which the administrator chose: links in it are followed.
    package convenience init(_ path: String) throws(SystemError) {
        self.init(try FileDescriptor.open(path, [.readOnly, .directory]), path: path)
    }

    var number: Int32 { descriptor.number }

    /// `name` as messages should show it.
    func subject(_ name: [UInt8]) -> String {
        name.isEmpty ? path : path + "/" + String(decoding: name, as: UTF8.self)
    }

    /// Opens a file or directory beneath this one.
    package func open(_ name: [UInt8], _ flags: OpenFlags, mode: UInt32 = 0) throws(SystemError) -> FileDescriptor {
        let path: [UInt8] = name.isEmpty ? [UInt8(ascii: ".")] : name
        do throws(SystemError) {
            return try resolve(path, flags, mode: flags.contains(.create) ? mode : 0)
        } catch  where error.code == ENOSYS || error.code == EPERM || error.code == EAGAIN {
            return try walk(to: path, flags, mode: mode)
        }
    }

    /// Opens a file beneath this one for reading where the kernel knows the way to it; `nil` where it would have to ask the
    /// file system, and where it can't tell.
    ///
    /// System call: `openat2(2)` with `RESOLVE_CACHED`, of Linux 5.12.
    package func openAtOnce(_ name: [UInt8], _ flags: OpenFlags) throws(SystemError) -> FileDescriptor? {
        do throws(SystemError) {
            return try resolve(name, flags, mode: 0, RESOLVE_CACHED)
        } catch  where [EAGAIN, EINVAL, ENOSYS, EPERM].contains(error.code) {
            return nil
        }
    }

    /// Makes the one call that resolves and opens.
    private func resolve(
        _ name: [UInt8],
        _ flags: OpenFlags,
        mode: UInt32,
        _ resolve: Int32 = 0
    ) throws(SystemError) -> FileDescriptor {
        FileDescriptor(
            owning: try call("openat2", name: name) { pointer in
                specman_openat2(
                    number,
                    pointer,
                    UInt64(flags.rawValue | O_CLOEXEC),
                    UInt64(mode),
                    UInt64(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | resolve)
                )
            }
        )
    }

    /// Opens a directory beneath this one.
    package func directory(_ name: [UInt8]) throws(SystemError) -> Directory {
        Directory(try open(name, [.readOnly, .directory]), path: subject(name))
    }

    /// What ``open(_:_:mode:)`` does, one component at a time.
    func walk(to name: [UInt8], _ flags: OpenFlags, mode: UInt32) throws(SystemError) -> FileDescriptor {
        let components = name.split(separator: UInt8(ascii: "/")).map(Array.init)
        guard let last = components.last, !components.contains(Array("..".utf8)) else {
            throw SystemError(call: "openat", subject: subject(name), code: EXDEV)
        }
        var parent = self
        for component in components.dropLast() {
            let next = try parent.call("openat", name: component) { pointer in
                specman_openat(parent.number, pointer, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0)
            }
            parent = Directory(FileDescriptor(owning: next), path: parent.subject(component))
        }
        let number = parent.number
        return FileDescriptor(
            owning: try parent.call("openat", name: last) { pointer in
                specman_openat(number, pointer, flags.rawValue | O_NOFOLLOW | O_CLOEXEC, mode)
            }
        )
    }

    /// Makes the directory `name` (`mkdirat(2)`).
    package func makeDirectory(_ name: [UInt8], mode: UInt32 = 0o755) throws(SystemError) {
        _ = try call("mkdirat", name: name) { Glibc.mkdirat(number, $0, mode) }
    }

    /// Makes the symbolic link `name` with `target`, which is not looked at (`symlinkat(2)`).
    package func makeSymbolicLink(_ name: [UInt8], to target: [UInt8]) throws(SystemError) {
        _ = try call("symlinkat", name: name, and: target) { Glibc.symlinkat($1, number, $0) }
    }

    /// The target of the symbolic link `name` (`readlinkat(2)`), at most `PATH_MAX` bytes.
    package func symbolicLink(_ name: [UInt8]) throws(SystemError) -> [UInt8] {
        var target = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = try call("readlinkat", name: name) { pointer in
            target.withUnsafeMutableBytes { buffer in
                buffer.baseAddress.map { Glibc.readlinkat(number, pointer, $0, buffer.count) } ?? 0
            }
        }
        return Array(target.prefix(count))
    }

    /// Gives the file `name` of `source` the name `newName` here, too (`linkat(2)`); links are not followed.
    package func link(_ name: [UInt8], of source: Directory, as newName: [UInt8]) throws(SystemError) {
        _ = try call("linkat", name: newName, and: name) { Glibc.linkat(source.number, $1, number, $0, 0) }
    }

    /// Renames `name` to `newName` of `target`, replacing a file of that name (`renameat(2)`).
    package func rename(_ name: [UInt8], to target: Directory, as newName: [UInt8]) throws(SystemError) {
        _ = try call("renameat", name: name, and: newName) { Glibc.renameat(number, $0, target.number, $1) }
    }

    /// Removes the file or link `name` (`unlinkat(2)`).
    package func removeFile(_ name: [UInt8]) throws(SystemError) {
        _ = try call("unlinkat", name: name) { Glibc.unlinkat(number, $0, 0) }
    }

    /// Removes the empty directory `name` (`unlinkat(2)` with `AT_REMOVEDIR`).
    func removeEmptyDirectory(_ name: [UInt8]) throws(SystemError) {
        _ = try call("unlinkat", name: name) { Glibc.unlinkat(number, $0, AT_REMOVEDIR) }
    }

    /// What the file system knows of `name`, of a link itself (`fstatat(2)`); `nil` where there is none.
    package func status(_ name: [UInt8]) throws(SystemError) -> FileStatus? {
        var status = stat()
        let name = name.isEmpty ? [UInt8(ascii: ".")] : name
        do throws(SystemError) {
            _ = try call("fstatat", name: name) { Glibc.fstatat(number, $0, &status, AT_SYMLINK_NOFOLLOW) }
        } catch  where error.isNotFound {
            return nil
        }
        return FileStatus(status)
    }

    /// Makes names that were made, renamed or removed here durable (`fsync(2)`).
    package func sync() throws(SystemError) {
        do throws(SystemError) {
            try descriptor.sync()
        } catch {
            throw SystemError(call: error.call, subject: path, code: error.code)
        }
    }

    /// Makes everything on the file system of this directory durable (`syncfs(2)`), and reports failed writes.
    package func syncFileSystem() throws(SystemError) {
        _ = try systemCall("syncfs", on: path) { specman_syncfs(number) }
    }

    /// How many bytes the file system of this directory still takes from us (`fstatvfs(3)`).
    package func freeSpace() throws(SystemError) -> Int64 {
        var status = statvfs()
        _ = try systemCall("fstatvfs", on: path) { Glibc.fstatvfs(number, &status) }
        let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return overflow ? Int64.max : Int64(clamping: bytes)
    }

    /// Makes a system call on `name`, in the form that C wants it.
    private func call<Result: FixedWidthInteger>(
        _ call: StaticString,
        name: [UInt8],
        _ body: (UnsafePointer<CChar>) -> Result
    ) throws(SystemError) -> Result {
        do throws(SystemError) {
            return try withPath(name) { pointer throws(SystemError) in
                try systemCall(call) { body(pointer) }
            }
        } catch {
            throw SystemError(call: "\(call)", subject: subject(name), code: error.code)
        }
    }

    /// Makes a system call on `name` and a second path.
    private func call<Result: FixedWidthInteger>(
        _ call: StaticString,
        name: [UInt8],
        and other: [UInt8],
        _ body: (UnsafePointer<CChar>, UnsafePointer<CChar>) -> Result
    ) throws(SystemError) -> Result {
        do throws(SystemError) {
            return try withPath(name) { first throws(SystemError) in
                try withPath(other) { second throws(SystemError) in
                    try systemCall(call) { body(first, second) }
                }
            }
        } catch {
            throw SystemError(call: "\(call)", subject: subject(name), code: error.code)
        }
    }
}

/// Gives `body` the path as C wants it: with a NUL at its end, and none before.
private func withPath<Result>(
    _ path: [UInt8],
    _ body: (UnsafePointer<CChar>) throws(SystemError) -> Result
) throws(SystemError) -> Result {
    guard !path.contains(0) else { throw SystemError(call: "path", code: EINVAL) }
    return try withUnsafeTemporaryAllocation(of: CChar.self, capacity: path.count + 1) {
        buffer throws(SystemError) -> Result in
        for (index, byte) in path.enumerated() { buffer[index] = CChar(bitPattern: byte) }
        buffer[path.count] = 0
        guard let start = buffer.baseAddress else { throw SystemError(call: "path", code: ENOMEM) }
        return try body(start)
    }
}
