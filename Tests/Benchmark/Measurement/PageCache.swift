import Foundation
import Glibc

/// Brings the machine's memory into the state that it has after days of work: nearly all of it holds pages of files, and
/// whoever writes gets one of those.
///
/// Where memory is free instead, the host of a virtual machine may have taken it back ("free page reporting"), and gives
/// each page anew when it is first touched. That can cost more than to write it: on one such machine 500 MiB of files
/// took 3.9 seconds of system time so, and 1.6 without; and `tar` three times as long in some rounds as in others.
enum PageCache {
    /// More would take minutes and tell no more: no archive needs half of it.
    private static let most = 32 << 30

    /// Reads a file without content that is as large as what is free.
    ///
    /// - Parameter path: where that file is made; it has to stay for as long as is measured.
    static func fill(by path: String) throws {
        // Only what holds nothing counts here (`MemFree` of proc(5)): no other file's pages are pushed out.
        let count = min(Int(sysconf(Int32(_SC_AVPHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE))), most)
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let file = FileHandle(forUpdatingAtPath: path)
        else { throw BenchmarkError("can't make \(path)") }
        defer { try? file.close() }
        try file.truncate(atOffset: UInt64(count))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var offset = 0
        while offset < count {
            // Not from where the descriptor is: `truncate` has left it at the end.
            let got = pread(file.fileDescriptor, buffer.baseAddress, buffer.count, off_t(offset))
            guard got > 0 else { throw BenchmarkError("can't read \(path): \(String(cString: strerror(errno)))") }
            offset += got
        }
    }
}
