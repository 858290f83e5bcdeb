import Foundation
import Glibc
import TestSupport

/// A shell command run to its end, with what it took.
struct MeasuredCommand {
    /// When it started, as ``BootTime`` has it.
    let start: Double
    /// From the start to the end, in seconds.
    let wall: Double
    /// User and system time of the command and all that it started, in seconds.
    let processor: Double
    /// The largest resident set of any one process of it, in MiB.
    let peak: Double

    /// - Throws: where it fails.
    init(_ script: String, environment: [String: String] = [:]) throws {
        // By a process of its own, which is small: the kernel counts the memory of whoever spawned a process as that
        // process's peak (`exec_mmap` carries it over).
        let output = try Command.run(
            CommandLine.arguments[0],
            ["--measure", script],
            environment: environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
        )
        let figures = output.text.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
        guard figures.count == 4 else { throw BenchmarkError("\(script): no figures but \(output.text)") }
        (start, wall, processor, peak) = (figures[0], figures[1], figures[2], figures[3])
    }

    /// Runs `script`, and prints what it took.
    static func report(_ script: String) throws {
        let start = BootTime.now
        let output = try Command.output("bash", ["-o", "pipefail", "-ec", script])
        guard output.status == 0 else { throw BenchmarkError("a command failed: \(script): \(output.err)") }
        let wall = BootTime.now - start
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
        let processor = seconds(usage.ru_utime) + seconds(usage.ru_stime)
        print(start, wall, processor, Double(usage.ru_maxrss) / 1024)
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) / 1e6
    }
}

extension ContinuousClock.Instant {
    func seconds(since start: ContinuousClock.Instant) -> Double {
        let duration = start.duration(to: self)
        return Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }
}

/// What ends the benchmark, in one line.
struct BenchmarkError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
