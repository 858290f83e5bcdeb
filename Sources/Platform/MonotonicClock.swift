internal import CPlatform
internal import Glibc

/// Clocks read without allocation: `clock_gettime(2)` by the vDSO, no system call.
package enum MonotonicClock {
    /// Nanoseconds since an arbitrary moment; never goes back.
    package static var nanoseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(truncatingIfNeeded: time.tv_sec) &* 1_000_000_000 &+ UInt64(truncatingIfNeeded: time.tv_nsec)
    }
}

/// The time of day.
package enum WallClock {
    /// Seconds since 1970 in UTC, exact to a scheduler tick (4 ms): enough for a `Date` field.
    package static var coarseSeconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &time)
        return Int64(time.tv_sec)
    }
}
