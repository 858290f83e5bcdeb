/// The processor time that control groups leave this process, such as the CPU limit of a Kubernetes container
/// (`cgroups(7)`; the kernel's "Control Group v2", `cpu.max`, and "CFS Bandwidth Control" for version 1).
enum ProcessorQuota {
    /// Bytes of a file about control groups; a machine with many mounts has long ones.
    private static let fileLimit = 1 << 20

    /// How many processors' worth of time this process may use: the least that its own group and those above it allow, as
    /// far as their hierarchy is mounted here.
    ///
    /// - Parameter root: Before each path, for tests; no slash at its end.
    /// - Returns: more than 0; `nil` where there is no limit or none can be found.
    static func read(root: String = "") -> Double? {
        guard let groups = text(root + "/proc/self/cgroup"), let mounts = text(root + "/proc/self/mountinfo") else {
            return nil
        }
        let memberships = groups.split(separator: "\n").compactMap(Membership.init)
        return mounts.split(separator: "\n").compactMap(Mount.init)
            .compactMap { mount in
                memberships.first { $0.version == mount.version }
                    .flatMap { mount.directories(of: $0.path) }?
                    .compactMap { limit(in: root + $0, mount.version) }.min()
            }
            .min()
    }

    private enum Version {
        case one
        case two
    }

    /// A line of `/proc/self/cgroup`: `4:cpu,cpuacct:/kubepods/pod1`, or `0::/kubepods/pod1` in version 2.
    private struct Membership {
        let version: Version
        let path: Substring

        init?(_ line: Substring) {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return nil }
            if fields[0] == "0", fields[1].isEmpty {
                version = .two
            } else if fields[1].split(separator: ",").contains("cpu") {
                version = .one
            } else {
                return nil
            }
            path = fields[2]
        }
    }

    /// A line of `/proc/self/mountinfo` (`proc_pid_mountinfo(5)`) about a hierarchy that may limit processor time.
    private struct Mount {
        let version: Version
        /// The group that is seen at `point`.
        let root: Substring
        let point: Substring

        init?(_ line: Substring) {
            let fields = line.split(separator: " ")
            // Optional fields come between the first six and a hyphen.
            guard let hyphen = fields.dropFirst(6).firstIndex(of: "-"), fields.count > hyphen + 3 else { return nil }
            switch fields[hyphen + 1] {
            case "cgroup2": version = .two
            case "cgroup" where fields[hyphen + 3].split(separator: ",").contains("cpu"): version = .one
            default: return nil
            }
            root = fields[3]
            point = fields[4]
        }

        /// Where the group `path` is to be seen, and those above it; `nil` where it lies outside of what is mounted.
        func directories(of path: Substring) -> [String]? {
            let under = root == "/" ? "" : root
            guard path == root || path.hasPrefix(under + "/") else { return nil }
            let names = path.dropFirst(under.count).split(separator: "/")
            guard !names.contains("..") else { return nil }
            return names.indices.reduce(into: [String(point)]) { places, index in
                places.append("\(point)/\(names[...index].joined(separator: "/"))")
            }
        }
    }

    /// What the group seen at `directory` allows; the hierarchy's root has no such file.
    private static func limit(in directory: String, _ version: Version) -> Double? {
        switch version {
        case .one:
            return ratio(
                text(directory + "/cpu.cfs_quota_us").map { $0[...] },
                text(directory + "/cpu.cfs_period_us").map { $0[...] }
            )
        case .two:
            // `max 100000`, or microseconds in each period.
            let fields = text(directory + "/cpu.max")?.split(separator: " ") ?? []
            return fields.count == 2 ? ratio(fields[0], fields[1]) : nil
        }
    }

    private static func ratio(_ quota: Substring?, _ period: Substring?) -> Double? {
        guard let quota = quota.flatMap({ Int64($0) }), let period = period.flatMap({ Int64($0) }), quota > 0,
            period > 0
        else { return nil }
        return Double(quota) / Double(period)
    }

    /// Without the newline at its end; `nil` where it can't be read, which leaves the limit unknown.
    private static func text(_ path: String) -> String? {
        guard let bytes = try? WholeFile.read(path, limit: fileLimit) else { return nil }
        return String(decoding: bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...], as: UTF8.self)
    }
}
