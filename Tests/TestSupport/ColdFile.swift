import Foundation
import Platform

/// Files that the page cache holds nothing of, as after a restart of the machine.
package enum ColdFile {
    /// Takes the file's pages from the page cache, as far as the file system has another place for them.
    ///
    /// Whether that was so can't be asked: a read that gives up has the kernel begin to fetch what it would have waited for.
    package static func make(_ path: String) throws {
        let file = try FileDescriptor.open(path, .readOnly)
        // What the kernel is still fetching ahead of an earlier read can't be taken away: that is waited for.
        while try !file.read(upTo: 1 << 20).isEmpty {}
        try file.sync()
        let code = posix_fadvise(file.number, 0, 0, POSIX_FADV_DONTNEED)
        guard code == 0 else { throw Failure(description: "posix_fadvise of \(path) failed with \(code)") }
    }

    /// Whether temporary files can be made so: those of a tmpfs can't.
    package static let isPossible: Bool = {
        guard let directory = try? TemporaryDirectory() else { return false }
        let path = directory.appending("cold")
        guard FileManager.default.createFile(atPath: path, contents: Data(count: 1 << 16)) else { return false }
        guard (try? make(path)) != nil, let file = try? FileDescriptor.open(path, .readOnly) else { return false }
        let shared = SharedFile(file, size: 1 << 16)
        var byte: UInt8 = 0
        let count = try? withUnsafeMutableBytes(of: &byte) { try shared.readCached(into: $0, at: 0) }
        return count == nil
    }()

    private struct Failure: Error, CustomStringConvertible {
        let description: String
    }
}
