import Foundation
import Platform

/// Files that the page cache holds nothing of, as after a restart of the machine.
package enum ColdFile {
    /// Takes the file's pages from the page cache.
    ///
    /// - Throws: where they are in it all the same: the file is mapped, or the file system has no other place for it.
    package static func make(_ path: String) throws {
        let file = try FileDescriptor.open(path, .readOnly)
        try file.sync()
        let size = try file.status().size
        let code = posix_fadvise(file.number, 0, 0, POSIX_FADV_DONTNEED)
        guard code == 0 else { throw Failure(description: "posix_fadvise of \(path) failed with \(code)") }
        let shared = SharedFile(file, size: size)
        var byte: UInt8 = 0
        let count = try withUnsafeMutableBytes(of: &byte) { try shared.readCached(into: $0, at: 0) }
        guard count == nil else { throw Failure(description: "\(path) stays in the page cache") }
    }

    /// Whether temporary files can be made so: those of a tmpfs can't.
    package static let isPossible: Bool = {
        guard let directory = try? TemporaryDirectory() else { return false }
        let path = directory.appending("cold")
        guard FileManager.default.createFile(atPath: path, contents: Data(count: 1 << 16)) else { return false }
        return (try? make(path)) != nil
    }()

    private struct Failure: Error, CustomStringConvertible {
        let description: String
    }
}
