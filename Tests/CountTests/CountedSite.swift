import Foundation
import TestSupport

/// A daemon that serves files of known sizes, whose work for many requests on one connection is counted.
struct CountedSite {
    static let small = "/small.bin"
    static let middling = "/middling.bin"
    /// Files of 4 KiB that are each asked for once.
    static let others = (0..<requests).map { "/others/\($0).bin" }
    static let requests = 1000

    let directory: TemporaryDirectory
    let site: RunningSite
    let allocations: AllocationCounter?

    init(countingAllocations: Bool = false, program: URL = DaemonProcess.executable) throws {
        directory = try TemporaryDirectory()
        let tree = directory.appending("tree")
        try FileManager.default.createDirectory(atPath: tree + "/others", withIntermediateDirectories: true)
        func write(_ path: String, _ size: Int, _ number: Int) throws {
            // Each another content: equal ones would be one file.
            let content = Data((0..<size).map { UInt8(truncatingIfNeeded: ($0 &* 31) ^ number ^ (number >> 8)) })
            try content.write(to: URL(fileURLWithPath: tree + path))
        }
        try write(Self.small, 4 << 10, -1)
        try write(Self.middling, 64 << 10, -2)
        for (number, path) in Self.others.enumerated() { try write(path, 4 << 10, number) }
        let layout = "oci-layout:" + directory.appending("layout")
        try Command.run(DaemonProcess.executable.path, ["push", tree, "\(layout):1.0.0"])
        allocations = countingAllocations ? try AllocationCounter() : nil
        site = try RunningSite(
            source: ["repository: \(layout)", "interval: 1h"],
            environment: allocations?.environment ?? [:],
            program: program,
            in: directory
        )
        try site.daemon.wait(forLine: "Serving 1.0.0")
        // What is made once for all requests is not what a request costs.
        // A connection goes to the event loops in turn, each of which has a cache of its own.
        for _ in 0..<2 * ProcessInfo.processInfo.activeProcessorCount {
            try ask([Self.small, Self.middling, Self.small, Self.middling])
        }
    }

    /// The system calls of one request, on average over ``requests`` that one connection sends one after the other.
    ///
    /// - Returns: those that move bytes or touch files, and all of them with the waiting.
    func systemCalls(for paths: [String], _ arguments: [String] = []) throws -> (working: Double, all: Double) {
        let calls = try SystemCalls.count(of: site.daemon.identifier) { try ask(paths, arguments) }
        let all = calls.values.reduce(0, +)
        let working = SystemCalls.working(calls)
        print("system calls of \(paths.count) requests:", calls.sorted { $0.value > $1.value }.prefix(8))
        return (Double(working) / Double(paths.count), Double(all) / Double(paths.count))
    }

    /// The allocations of one request, on average.
    func allocations(for paths: [String], _ arguments: [String] = []) throws -> Double {
        guard let allocations else { return .infinity }
        let before = try allocations.count()
        try ask(paths, arguments)
        let count = try allocations.count() - before
        print("allocations of \(paths.count) requests: \(count)")
        return Double(count) / Double(paths.count)
    }

    /// Sends the requests over one connection, one after the other.
    func ask(_ paths: [String], _ arguments: [String] = []) throws {
        let list = paths.map { "url = \"\(site.url)\($0)\"\noutput = /dev/null\n" }.joined()
        let common = ["-sSf", "--cacert", site.certificateFile, "-w", "%{num_connects}\\n", "-K", "-"]
        let answer = try Command.run("curl", common + arguments, input: Array(list.utf8)).text
        let connections = answer.split(separator: "\n").compactMap { Int($0) }.reduce(0, +)
        guard connections == 1 else { throw NotKeptAlive(description: "\(connections) connections instead of one") }
    }

    struct NotKeptAlive: Error, CustomStringConvertible {
        let description: String
    }
}
