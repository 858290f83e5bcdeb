import Glibc

/// A clock whose instants several processes can tell one another, in seconds since the machine started.
enum BootTime {
    static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
