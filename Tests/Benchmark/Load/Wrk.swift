import Foundation
import TestSupport

/// wrk: kept-alive requests for one path, or for many by a script.
enum Wrk {
    struct Result {
        /// Requests a second.
        let rate: Double
        /// Requests in all.
        let requests: Double
        /// Milliseconds.
        let p50: Double
        let p99: Double
    }

    /// A thread for each core: with one, which can't do more than one core can, up to a sixth of two cores had nothing to do
    /// with 512 connections, and the rate was its own.
    private static let threads = max(1, ProcessInfo.processInfo.activeProcessorCount)

    /// - Parameter script: a Lua file, instead of `path`.
    /// - Throws: ``BenchmarkError`` where a request fails: figures with errors among them mean nothing.
    static func run(
        _ url: String,
        connections: Int,
        seconds: Int,
        script: String? = nil
    ) throws -> Result {
        var arguments = ["-t\(threads)", "-c\(connections)", "-d\(seconds)s", "--latency", "--timeout", "30s"]
        if let script { arguments += ["-s", script] }
        let text = try Command.run("wrk", arguments + [url]).text
        guard !text.contains("Socket errors"), !text.contains("Non-2xx") else {
            throw BenchmarkError("wrk against \(url): requests failed:\n\(text)")
        }
        guard
            let rate = text.firstMatch(of: /Requests\/sec:\s+([0-9.]+)/).flatMap({ Double($0.1) }),
            let requests = text.firstMatch(of: /(\d+) requests in/).flatMap({ Double($0.1) }),
            let p50 = text.firstMatch(of: /50%\s+([0-9.]+)(us|ms|s)/).flatMap({ milliseconds($0.1, $0.2) }),
            let p99 = text.firstMatch(of: /99%\s+([0-9.]+)(us|ms|s)/).flatMap({ milliseconds($0.1, $0.2) })
        else { throw BenchmarkError("wrk's output can't be understood:\n\(text)") }
        return Result(rate: rate, requests: requests, p50: p50, p99: p99)
    }

    private static func milliseconds(_ number: Substring, _ unit: Substring) -> Double? {
        Double(number).map { unit == "us" ? $0 / 1000 : unit == "s" ? $0 * 1000 : $0 }
    }
}
