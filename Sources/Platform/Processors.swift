internal import CPlatform
internal import Glibc

/// The host's processors.
package enum Processors {
    /// How many this process may run on (`sched_getaffinity(2)` by way of `sysconf`); at least 1.
    package static var count: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
