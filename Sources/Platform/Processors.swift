internal import CPlatform
internal import Glibc

/// The processors that this process may use.
package enum Processors {
    /// How many this process can keep busy: those that it may run on, or fewer where its control groups leave it less time,
    /// as a container's limit does. At least 1.
    package static var count: Int { count(allowed: allowed, quota: ProcessorQuota.read()) }

    /// A part of a processor counts as one. Two are used for less, too, where there are as many: where the one is taken away
    /// for a moment the other goes on, within the same limit. (4 KiB, 64 clients, a limit of 1: 84,000 a second with two
    /// event loops, 71,000 with one.)
    static func count(allowed: Int, quota: Double?) -> Int {
        // Compared before it is converted: a quota may be any number.
        guard let quota, quota < Double(allowed) else { return allowed }
        return min(allowed, max(2, Int(quota.rounded(.up))))
    }

    /// How many the calling thread may run on (`sched_getaffinity(2)`; the C library's own count is of the host's).
    static var allowed: Int {
        var set = [UInt64](repeating: 0, count: 1024)
        let size = set.count * MemoryLayout<UInt64>.size
        let written = specman_affinity(&set, size)
        guard written > 0 else { return max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
        return max(1, set.reduce(0) { $0 + $1.nonzeroBitCount })
    }
}
