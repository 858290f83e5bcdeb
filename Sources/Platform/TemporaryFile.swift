internal import CPlatform
internal import Glibc

/// A file without a name, gone with the process: for what is too large for memory and nobody else's business.
package enum TemporaryFile {
    /// Makes one in `$TMPDIR`, or `/tmp` (`mkstemp(3)`, `unlink(2)`).
    package static func make() throws(SystemError) -> FileDescriptor {
        let directory = ProcessFacts.environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        var template = Array((directory + "/specman-XXXXXX").utf8CString)
        let number = try systemCall("mkstemp", on: directory) { mkstemp(&template) }
        let file = FileDescriptor(owning: number)
        _ = try systemCall("unlink", on: directory) { unlink(template) }
        return file
    }
}
