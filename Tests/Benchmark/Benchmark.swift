import ArgumentParser
import Foundation
import Glibc
import TestSupport

/// Compares the daemon with what would be used in its place, on this machine, and prints one table.
@main
struct Benchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark",
        abstract: "Compares specman with nginx, h2o, Caddy, Go, curl | tar and ORAS. Tests/benchmark.sh installs them."
    )

    enum Part: String, CaseIterable, ExpressibleByArgument {
        case serving, idle, sync, growth
        /// Ten minutes: only where it is asked for.
        case endurance

        static let usual: [Part] = [.serving, .idle, .sync, .growth]
    }

    @Option(help: "The specman to measure.") var specman: String?
    @Option(help: "A Python that has ORAS.") var python: String?
    @Flag(help: "In under two minutes: only nginx and tar, short rounds, small trees and archives.") var quick = false
    @Option(help: "Only these parts: serving, idle, sync, growth; endurance, ten minutes, only so.") var only: [Part] =
        []
    @Option(help: "Only scenarios whose name contains this.") var scenario: String?
    @Option(help: "Writes RESULTS.md, results.json and growth.svg there.") var results: String?

    @Option(help: .hidden) var measure: String?

    func run() throws {
        if let measure { return try MeasuredCommand.report(measure) }
        guard let specman else { throw ValidationError("give --specman") }
        signal(SIGPIPE, SIG_IGN)
        Self.raiseDescriptorLimit()
        // Now, not after half an hour.
        if let results { try FileManager.default.createDirectory(atPath: results, withIntermediateDirectories: true) }
        let scratch = try TemporaryDirectory()
        let parts = only.isEmpty ? Part.usual : only
        var findings = Findings(machine: Machine(), isQuick: quick)
        let failures = PeerFailures(tell: tell)
        // Nothing is deleted in between.
        let needsRoom = !quick && !Set(parts).isDisjoint(with: [.sync, .growth])
        if needsRoom { try Self.requireSpace(in: scratch.path) }
        tell(findings.machine.summary)
        let authority = try CertificateAuthority()
        let pair = try authority.issue(["IP:127.0.0.1", "DNS:localhost"])
        if !Set(parts).isDisjoint(with: [.serving, .idle, .endurance]) {
            let peers = Peers(
                tree: try BenchmarkTree(in: scratch.path, isQuick: quick),
                directory: scratch.path,
                certificate: pair,
                specman: specman
            )
            let own = ServingRounds.own
            let names = [ServingRounds.yardstick] + (quick ? [] : ["h2o", "caddy", "go"]) + [own]
            if parts.contains(.serving) {
                let servers = try names.map(peers.start)
                findings.serving = try serving(servers, ServingScenario.all(peers.tree), failures)
                for server in servers { server.stop() }
                let processor = findings.serving.first { $0.server == own && $0.scenario.hasPrefix("4 KiB") }?.processor
                findings.metrics = processor.map { MetricsCost(ofRequestTaking: $0) }
            }
            if parts.contains(.idle) { findings.idle = try idle(names, peers, failures) }
            if parts.contains(.endurance) {
                let server = try peers.start(own)
                findings.endurance = try Endurance(server: server).run(tell: tell)
                server.stop()
            }
        }
        if needsRoom { try PageCache.fill(by: scratch.path + "/hole") }
        if parts.contains(.sync) { findings.sync = try sync(specman, scratch.path) }
        if parts.contains(.growth), !quick { findings.growth = try growth(specman, scratch.path, pair) }
        findings.failures = failures.lines
        print(findings.markdown)
        if let results { try write(findings, to: results) }
    }

    private func serving(
        _ servers: [ServerUnderTest],
        _ scenarios: [ServingScenario],
        _ failures: PeerFailures
    ) throws -> [ServingRounds.Row] {
        let rounds = ServingRounds(
            servers: servers,
            rounds: quick ? 1 : 5,
            seconds: quick ? 2 : 4,
            failures: failures
        )
        return try scenarios.filter { quick ? $0.isInQuick : true }
            .filter { scenario.map($0.name.contains) ?? true }
            .flatMap { try rounds.run($0, tell: tell) }
    }

    /// Each server anew for each row: what one gave back to the C library and not to the system, the next connections
    /// would be given.
    private func idle(
        _ names: [String],
        _ peers: Peers,
        _ failures: PeerFailures
    ) throws -> [Findings.IdleRow] {
        let connections = quick ? 500 : 4000
        return try [1, connections].flatMap { atOnce in
            let what = "idle TLS connection, \(atOnce) at once"
            let rows: [Findings.IdleRow] = try names.compactMap { name in
                let server = try peers.start(name)
                defer { server.stop() }
                let memory = try failures.attempt(what, name) {
                    try Clients.idle(server, connections: connections, atOnce: atOnce)
                }
                guard let memory else { return nil }
                tell("\(what): \(name) \(memory.figure(1)) KiB")
                return Findings.IdleRow(server: name, atOnce: atOnce, memory: memory)
            }
            let base = rows.first { $0.server == ServingRounds.yardstick }
            return rows.map { row in
                var row = row
                row.ratio = base.map { row.memory / $0.memory }
                if row.server == ServingRounds.own { (row.gate, row.aim) = (0.67, 0.5) }
                return row
            }
        }
    }

    private func sync(_ specman: String, _ scratch: String) throws -> [SyncRounds.Row] {
        let rounds = SyncRounds(
            specman: specman,
            directory: scratch,
            rounds: quick ? 1 : 3,
            python: quick ? nil : python
        )
        func run(_ name: String, files: Int, size: Int, packed share: Double, by packer: SyncRounds.Packer) throws
            -> [SyncRounds.Row]
        {
            try rounds.run(name, files: files, size: size, packed: share, by: packer, tell: tell)
        }
        if quick { return try run("small", files: 5000, size: 10_400, packed: 0.3, by: .specman) }
        // Shares by which the archives are as large as those of the first measurements were.
        return try run("small", files: 50_000, size: 10_400, packed: 0.3, by: .specman)
            + run("stream", files: 50_000, size: 10_400, packed: 0.3, by: .tar)
            + run("large", files: 2000, size: 512 << 10, packed: 0.5, by: .specman)
    }

    private func growth(_ specman: String, _ scratch: String, _ pair: CertificateAuthority.Pair) throws -> [Growth.Row]
    {
        let growth = Growth(specman: specman, directory: scratch, certificate: pair, seconds: 5)
        return try [(1000, 1), (10_000, 1), (100_000, 1), (1_000_000, 1), (1000, 10), (1000, 100)]
            .map { try growth.run(files: $0, releases: $1, tell: tell) }
    }

    private func write(_ findings: Findings, to directory: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try findings.markdown.write(toFile: directory + "/RESULTS.md", atomically: true, encoding: .utf8)
        try encoder.encode(findings).write(to: URL(fileURLWithPath: directory + "/results.json"))
        guard !findings.growth.isEmpty else { return }
        try GrowthPlot.svg(findings.growth).write(toFile: directory + "/growth.svg", atomically: true, encoding: .utf8)
    }

    /// Progress, on the error stream: the table alone is on the output.
    private func tell(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }

    /// In bytes: what the archives and the trees of a whole run take.
    private static let mostSpace = 64 << 30

    /// Sees to it, before half an hour has gone by, that the disk has room for it all.
    private static func requireSpace(in directory: String) throws {
        let free = try FileManager.default.attributesOfFileSystem(forPath: directory)[.systemFreeSize] as? Int ?? 0
        guard free >= mostSpace else {
            throw BenchmarkError(
                "\(directory) has \(free >> 30) GiB free, and trees and archives take up to \(mostSpace >> 30); set TMPDIR to a "
                    + "place with more, or leave out sync and growth (--only)"
            )
        }
    }

    /// Thousands of connections have both their ends on this machine.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
