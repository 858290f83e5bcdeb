internal import CPlatform
internal import Glibc

/// What the system knows of this process: for the log, the lock and the metrics.
package enum ProcessFacts {
    /// The process id.
    package static var identifier: Int32 { getpid() }

    /// The name of the user that it acts as (`getpwuid_r(3)`); `nil` where it has none, as in many containers.
    package static var userName: String? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        guard getpwuid_r(geteuid(), &entry, &buffer, buffer.count, &found) == 0, found != nil, let name = entry.pw_name
        else { return nil }
        return withExtendedLifetime(buffer) { String(cString: name) }
    }

    /// The environment's variables.
    package static var environment: [String: String] {
        var result: [String: String] = [:]
        var entry = environ
        while let variable = entry.pointee {
            let text = String(cString: variable)
            if let equals = text.firstIndex(of: "=") {
                result[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            entry += 1
        }
        return result
    }

    /// Who runs it, for people: `uid 1000`.
    package static var user: String { "uid \(geteuid())" }

    /// The machine's name (`gethostname(2)`); `nil` where it has none.
    package static var hostName: String? {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return nil }
        let name = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return name.isEmpty ? nil : name
    }

    /// Processor time spent, user and system together, in seconds (`getrusage(2)`).
    package static var processorSeconds: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        return Double(seconds) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1_000_000
    }

    /// Resident and virtual memory, in bytes (`/proc/self/statm`); `nil` where `/proc` isn't there.
    package static var memory: (resident: Int64, virtual: Int64)? {
        // A missing /proc leaves the metric out; there is nothing to tell anybody.
        guard let bytes = try? WholeFile.read("/proc/self/statm", limit: 4096) else { return nil }
        let numbers = String(decoding: bytes, as: UTF8.self).split(separator: " ").prefix(2).compactMap { Int64($0) }
        guard numbers.count == 2 else { return nil }
        let page = Int64(sysconf(Int32(_SC_PAGESIZE)))
        return (numbers[1] * page, numbers[0] * page)
    }

    /// How many descriptors are open (`/proc/self/fd`), and how many may be (`getrlimit(2)`).
    package static var descriptors: (open: Int64, limit: Int64) {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        var count: Int64 = 0
        if let directory = opendir("/proc/self/fd") {
            while readdir(directory) != nil { count += 1 }
            closedir(directory)
            count -= 3  // `.`, `..` and the descriptor that reads the directory.
        }
        return (max(count, 0), Int64(clamping: limit.rlim_cur))
    }

    /// Lifts the limit of open descriptors to what the system lets this process have (`setrlimit(2)`).
    package static func raiseDescriptorLimit() {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        // Where it is refused the lower limit stands, and the listener copes with it.
        _ = setrlimit(resource, &limit)
    }

    /// Ends the process with `status`.
    package static func exit(_ status: Int32) -> Never {
        Glibc.exit(status)
    }
}
