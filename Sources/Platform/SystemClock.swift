internal import CPlatform
internal import Glibc

/// The wall clock (`clock_gettime(2)`, `CLOCK_REALTIME`).
package enum SystemClock {
    /// Seconds and nanoseconds since 1970.
    package static var now: (seconds: Int64, nanoseconds: Int32) {
        var time = timespec()
        // Can't fail with this clock and a valid pointer.
        clock_gettime(CLOCK_REALTIME, &time)
        return (Int64(time.tv_sec), Int32(time.tv_nsec))
    }
}
