import Foundation
import Glibc

/// A process and its descendants, as the kernel counts for them.
struct ProcessTree {
    let root: Int32

    /// User and system time of all of them so far, in seconds.
    ///
    /// Source: proc(5), `/proc/PID/stat`, fields 14 and 15, in clock ticks.
    var processorSeconds: Double {
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        return members.reduce(0) { sum, process in
            // The name in parentheses may hold blanks: fields are counted from behind it.
            let fields = Self.text("/proc/\(process)/stat").split(separator: ")").last?.split(separator: " ") ?? []
            guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return sum }
            return sum + (user + system) / ticks
        }
    }

    /// Memory of all of them, in KiB: what is shared counts once.
    ///
    /// Source: proc(5), `/proc/PID/smaps_rollup`, Pss.
    var memory: Double {
        members.reduce(0) { sum, process in
            let line = Self.text("/proc/\(process)/smaps_rollup").split(separator: "\n").first { $0.hasPrefix("Pss:") }
            return sum + (line?.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0)
        }
    }

    private var members: [Int32] {
        var found = [root]
        var next = 0
        while next < found.count {
            let process = found[next]
            for thread in Self.names("/proc/\(process)/task") {
                let children = Self.text("/proc/\(process)/task/\(thread)/children")
                found += children.split(separator: " ").compactMap { Int32($0) }
            }
            next += 1
        }
        return found
    }

    private static func names(_ directory: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    }

    private static func text(_ file: String) -> String {
        (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
    }
}
