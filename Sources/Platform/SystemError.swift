internal import CPlatform
internal import Glibc

/// A system call that failed: which one, on what, and with which `errno`.
package struct SystemError: Error, Hashable, Sendable {
    /// The call's name, such as `openat2`.
    package let call: String
    /// What it was called on, empty where there is nothing to name.
    package let subject: String
    /// The `errno` it left.
    package let code: Int32

    package init(call: String, subject: String = "", code: Int32) {
        self.call = call
        self.subject = subject
        self.code = code
    }

    /// Whether the volume is out of space, inodes or quota.
    package var isOutOfSpace: Bool { code == ENOSPC || code == EDQUOT }
    /// Whether there was no such file.
    package var isNotFound: Bool { code == ENOENT || code == ENOTDIR }

    /// No `errno`: what was opened is a pipe, a device or a directory where a file is wanted.
    private static let notRegular: Int32 = -1

    /// Why `subject` isn't read though it is there.
    static func notRegular(_ subject: String) -> SystemError {
        SystemError(call: "open", subject: subject, code: notRegular)
    }

    /// The text of `errno`, such as `No space left on device`.
    package var reason: String {
        if code == Self.notRegular { return "it is no regular file" }
        // The C library keeps the text for each thread, so another one can't overwrite it.
        return strerror(code).map { String(cString: $0) } ?? "errno \(code)"
    }
}

extension SystemError: CustomStringConvertible {
    package var description: String {
        subject.isEmpty ? "\(call): \(reason)" : "\(call) \(subject): \(reason)"
    }
}

/// Makes a system call that returns -1 on failure, again where a signal interrupted it.
///
/// `errno` is taken at once, before anything else can overwrite it.
///
/// - Throws: ``SystemError`` with the call's name, what it was called on, and `errno`.
@inline(__always)
package func systemCall<Result: FixedWidthInteger>(
    _ name: StaticString,
    on subject: @autoclosure () -> String = "",
    _ body: () -> Result
) throws(SystemError) -> Result {
    while true {
        let result = body()
        if result != -1 { return result }
        let code = errno
        if code == EINTR { continue }
        throw SystemError(call: name.description, subject: subject(), code: code)
    }
}
