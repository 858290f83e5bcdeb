import Foundation
import Platform

/// Files that the page cache holds nothing of, as after a restart of the machine.
package enum ColdFile {
    /// Takes the file's pages from the page cache; with them go the locks that this process has on it, as with any descriptor
    /// that is closed (`fcntl(2)`).
    ///
    /// - Throws: where some are in it all the same after five seconds: the file system has no other place for them.
    package static func make(_ path: String) throws {
        let file = try FileDescriptor.open(path, .readOnly)
        // What the kernel is still fetching ahead of an earlier read can't be taken away: that is waited for.
        while try !file.read(upTo: 1 << 20).isEmpty {}
        let size = Int(try file.status().size)
        // What somebody holds at the moment, as who writes it to the disk, can't be either, nor what isn't on the disk yet.
        for _ in 0..<500 {
            try file.sync()
            let code = posix_fadvise(file.number, 0, 0, POSIX_FADV_DONTNEED)
            guard code == 0 else { throw Failure(description: "posix_fadvise of \(path) failed with \(code)") }
            if try !isCached(file.number, size) { return }
            usleep(10_000)
        }
        throw Failure(description: "\(path) stays in the page cache")
    }

    /// Whether the page cache has any of the file's pages. Asked without a read, which would have the kernel begin to fetch
    /// them (`mincore(2)`).
    private static func isCached(_ number: Int32, _ size: Int) throws -> Bool {
        guard size > 0 else { return false }
        guard let place = mmap(nil, size, PROT_READ, MAP_SHARED, number, 0), place != MAP_FAILED else {
            throw Failure(description: "mmap failed with \(errno)")
        }
        defer { munmap(place, size) }
        var pages = [UInt8](repeating: 0, count: (size - 1) / Int(getpagesize()) + 1)
        guard mincore(place, size, &pages) == 0 else { throw Failure(description: "mincore failed with \(errno)") }
        return pages.contains { $0 & 1 != 0 }
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
