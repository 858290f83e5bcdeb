internal import CPlatform
internal import Glibc

/// A lock file that one process holds at a time; the kernel frees it when the process ends, however it ends.
///
/// The file stays when the lock is freed: removing it would let two processes lock two files of one name. As somebody may
/// remove it all the same, its directory is locked, too, where the file system can do that (NFS can't).
/// System call: `flock(2)`.
package final class FileLock: Sendable {
    private let descriptor: FileDescriptor
    /// Opened for the lock alone: the lock lasts as long as this is open.
    private let directory: FileDescriptor

    /// Who holds a lock that could not be had.
    package enum Failure: Error, Hashable {
        /// Another holder has it; its process id where the file tells.
        case held(by: Int32?)
        case system(SystemError)
    }

    /// Takes the lock `name` in `directory`, and writes this process's id into the file.
    package init(_ name: [UInt8], in directory: Directory) throws(Failure) {
        do throws(SystemError) {
            descriptor = try directory.open(name, [.readWrite, .create], mode: 0o644)
            self.directory = try directory.open([], [.readOnly, .directory])
        } catch {
            throw .system(error)
        }
        let number = descriptor.number
        let directoryNumber = self.directory.number
        do throws(SystemError) {
            _ = try systemCall("flock", on: directory.subject(name)) { specman_lock_exclusively(number) }
        } catch {
            guard error.code == EWOULDBLOCK else { throw .system(error) }
            throw .held(by: Self.holder(descriptor))
        }
        // Any other failure says that directories can't be locked there: the file's lock is what counts then.
        if specman_lock_exclusively(directoryNumber) == -1, errno == EWOULDBLOCK { throw .held(by: nil) }
        do throws(SystemError) {
            _ = try systemCall("ftruncate", on: directory.subject(name)) { ftruncate(number, 0) }
            try descriptor.write(Array("\(getpid())\n".utf8).span.bytes)
        } catch {
            throw .system(error)
        }
    }

    deinit {
        // Closing frees a lock with its last descriptor, and a child between its fork and its exec has them all.
        for number in [descriptor.number, directory.number] { _ = flock(number, LOCK_UN) }
    }

    /// The process id in the file; `nil` where it can't be read or the holder has not written it yet.
    private static func holder(_ descriptor: borrowing FileDescriptor) -> Int32? {
        // Twenty bytes hold any process id; a failed read only makes the message poorer.
        guard let bytes = try? descriptor.read(upTo: 20) else { return nil }
        return Int32(String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }
}
