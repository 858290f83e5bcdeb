import Foundation
import TestSupport
import Testing

@testable import Platform

/// How many processors there are for this process.
struct ProcessorsTests {
    /// As much of `/proc` and of the control groups as is looked at, in a directory.
    private struct System {
        let directory: TemporaryDirectory

        init(groups: String, mounts: [String], _ files: [String: String] = [:]) throws {
            directory = try TemporaryDirectory()
            try write(groups, "/proc/self/cgroup")
            try write(
                "23 28 0:22 / /proc rw shared:13 - proc proc rw\n" + mounts.map { $0 + "\n" }.joined(),
                "/proc/self/mountinfo"
            )
            for (path, text) in files { try write(text + "\n", path) }
        }

        private func write(_ text: String, _ path: String) throws {
            let file = URL(fileURLWithPath: directory.path + path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(text.utf8).write(to: file)
        }

        var quota: Double? { ProcessorQuota.read(root: directory.path) }
    }

    @Test(arguments: [
        (64, nil, 64), (64, 3.2, 4), (64, 4, 4), (64, 0.5, 2), (2, 0.5, 2), (1, 0.5, 1), (1, nil, 1), (4, 4, 4),
        (4, 1e300, 4),
        (4, 3.5, 4),
    ])
    func asManyAsThereIsTimeFor(allowed: Int, quota: Double?, count: Int) {
        #expect(Processors.count(allowed: allowed, quota: quota) == count)
    }

    private static let second = "30 23 0:26 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw,nsdelegate"
    private static let first =
        "33 23 0:29 /pods/pod1 /sys/fs/cgroup/cpu ro shared:9 master:2 - cgroup cgroup rw,cpu,cpuacct"

    @Test(arguments: [
        ("50000 100000", 0.5), ("150000 100000", 1.5), ("max 100000", nil), ("", nil), ("0 100000", nil),
        ("100000 0", nil), ("-1 100000", nil), ("99999999999999999999 100000", nil), ("100000", nil),
        ("9223372036854775807 1", 9_223_372_036_854_775_808),
    ])
    func aContainerSeesItsLimitAtTheTop(text: String, quota: Double?) throws {
        let system = try System(groups: "0::/\n", mounts: [Self.second], ["/sys/fs/cgroup/cpu.max": text])
        #expect(system.quota == quota)
    }

    @Test func theLeastOfAllGroupsAboveCounts() throws {
        let system = try System(
            groups: "0::/system.slice/specman.service/worker\n",
            mounts: [Self.second],
            [
                "/sys/fs/cgroup/system.slice/cpu.max": "400000 100000",
                "/sys/fs/cgroup/system.slice/specman.service/cpu.max": "25000 10000",
                "/sys/fs/cgroup/system.slice/specman.service/worker/cpu.max": "max 100000",
            ]
        )
        #expect(system.quota == 2.5)
    }

    @Test func versionOneSeesAGroupThroughItsMount() throws {
        let system = try System(
            groups: "9:memory:/pods/pod1/c\n4:cpu,cpuacct:/pods/pod1/c\n0::/\n",
            mounts: [Self.first],
            [
                "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1",
                "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
                "/sys/fs/cgroup/cpu/c/cpu.cfs_quota_us": "300000",
                "/sys/fs/cgroup/cpu/c/cpu.cfs_period_us": "100000",
            ]
        )
        #expect(system.quota == 3)
    }

    @Test func bothVersionsAtOnce() throws {
        let system = try System(
            groups: "4:cpu:/pods/pod1\n0::/\n",
            mounts: [Self.first, Self.second],
            [
                "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "300000",
                "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
                "/sys/fs/cgroup/cpu.max": "200000 100000",
            ]
        )
        #expect(system.quota == 2)
    }

    @Test(arguments: [
        // Outside of what is mounted, of another name that begins alike, and above it.
        "4:cpu:/other\n", "4:cpu:/pods/pod10\n", "4:cpu:/pods/pod1/../pod2\n",
        // Other controllers, and lines that are none.
        "4:cpuset:/pods/pod1\n", "4:cpu\n", "\n", "",
    ])
    func whatCannotBeFoundIsNoLimit(groups: String) throws {
        let system = try System(
            groups: groups,
            mounts: [Self.first, "", "33", "33 23 0:29 /pods/pod1 /x rw -", "33 23 0:29 / /x rw - cgroup"],
            ["/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "300000", "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000"]
        )
        #expect(system.quota == nil)
    }

    @Test func withoutProcThereIsNoLimit() throws {
        let directory = try TemporaryDirectory()
        #expect(ProcessorQuota.read(root: directory.path) == nil)
    }
}
