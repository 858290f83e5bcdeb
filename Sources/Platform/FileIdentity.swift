internal import CPlatform
internal import Glibc

/// What tells that a file is another one than before, or was written again: what a look at it costs, not a reading.
package struct FileIdentity: Hashable, Sendable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let seconds: Int64
    private let nanoseconds: Int64

    /// Of what is at `path`, through links; `nil` where nothing can be seen there.
    package init?(ofFile path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(FileStatus(status))
    }

    /// Of an open file.
    package init(_ status: FileStatus) {
        device = status.device
        inode = status.inode
        size = status.size
        seconds = status.seconds
        nanoseconds = status.nanoseconds
    }

    /// Whether it was written long enough before `now` (seconds since 1970) to be relied on: file systems' clocks are
    /// coarse, some count whole seconds, and a file written twice within one tick keeps its identity.
    package func isSettled(at now: Int64) -> Bool { seconds < now - 2 }
}
