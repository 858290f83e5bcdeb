import Foundation

extension Double {
    /// With that many digits behind the point.
    func figure(_ digits: Int) -> String { String(format: "%.\(digits)f", self) }
}

/// All that a run has found.
struct Findings: Encodable {
    let machine: Machine
    let isQuick: Bool
    var serving: [ServingRounds.Row] = []
    var idle: [IdleRow] = []
    var metrics: MetricsCost?
    var sync: [SyncRounds.Row] = []
    var growth: [Growth.Row] = []
    var endurance: [Endurance.Row] = []
    /// What peers failed at, a line each.
    var failures: [String] = []

    struct IdleRow: Encodable {
        let server: String
        /// How many of the connections came together.
        let atOnce: Int
        /// KiB that one idle TLS connection takes, and its ratio to nginx's.
        let memory: Double
        var ratio: Double?
        var gate: Double?
        var aim: Double?
    }

    /// As a person reads it: what was missed of the gates comes last, in one line each.
    var markdown: String {
        var lines = ["# Benchmark", "", machine.summary + (isQuick ? "; the quick form" : ""), ""]
        if !serving.isEmpty { lines += servingTable }
        if let metrics { lines += ["## Metrics", "", metrics.summary, ""] }
        if !idle.isEmpty { lines += idleTable }
        if !sync.isEmpty { lines += syncTable }
        if !growth.isEmpty { lines += growthTable }
        if !endurance.isEmpty { lines += enduranceTable }
        if !failures.isEmpty { lines += ["## Peers that failed", ""] + failures.map { "- " + $0 } + [""] }
        lines += ["## Gates missed", ""]
        lines += missed.isEmpty ? ["None."] : missed.map { "- " + $0 }
        return lines.joined(separator: "\n") + "\n"
    }

    private var servingTable: [String] {
        [
            "## Serving", "",
            "Medians of alternating rounds. CPU is the server's user and system time for a request (a MiB in downloads).",
            "× is the ratio to nginx; gate and aim are those of the rate and the CPU.", "",
            "| | server | rate | × | CPU µs | × | p50 ms | p99 ms | gate · aim |",
            "|---|---|---|---|---|---|---|---|---|",
        ]
            + serving.map { row in
                let gates = zip([row.gate], [row.aim]).map { gate, aim in
                    guard let gate, let aim else { return "" }
                    return
                        "\(gate.rate.figure(2)) / \(gate.processor.figure(2)) · \(aim.rate.figure(2)) / \(aim.processor.figure(2))"
                }
                return cells([
                    row.scenario, row.server, "\(row.rate.figure(0)) \(row.unit)", row.rateRatio?.figure(2),
                    row.processor.figure(1), row.processorRatio?.figure(2), row.p50?.figure(2), row.p99?.figure(2),
                    gates[0],
                ])
            } + [""]
    }

    private var idleTable: [String] {
        [
            "## Memory of an idle TLS connection", "",
            "After one request. Where all come at once, as after a fail-over, each handshake holds some 45 KiB for a moment.",
            "", "| at once | server | KiB | × | gate · aim |", "|---|---|---|---|---|",
        ]
            + idle.map { row in
                let gates = row.gate.flatMap { gate in row.aim.map { "\(gate.figure(2)) · \($0.figure(2))" } }
                return cells(["\(row.atOnce)", row.server, row.memory.figure(1), row.ratio?.figure(2), gates])
            } + [""]
    }

    private var syncTable: [String] {
        [
            "## Sync", "",
            "From the registry on this machine to the disk, durable, and served where it is specman. × is the ratio of that",
            "time to `curl | tar xz; sync -f`. Until its end the command looks through the YAML, a file in ten. What `tar czf` packs",
            "is one stream, of which every byte has to be inflated; `specman push` packs many that say how long they are, and",
            "those that were in the release before, too, are not."
                + (isQuick
                    ? ""
                    : " Memory was\nfilled with pages of a file before, so that the host of a virtual machine has none to give anew."),
            "", "| archive | | s | × | to the end, s | CPU s | peak MiB | gate · aim |",
            "|---|---|---|---|---|---|---|---|",
        ]
            + sync.map { row in
                let gates = row.gate.flatMap { gate in row.aim.map { "\(gate.figure(2)) · \($0.figure(2))" } }
                return cells([
                    row.archive, row.who, row.wall.figure(2), row.wallRatio?.figure(2), row.whole.figure(2),
                    row.processor.figure(2), row.peak.figure(0), gates,
                ])
            } + [""]
    }

    private var growthTable: [String] {
        [
            "## Growth", "", "![growth](growth.svg)", "",
            "| files | releases | sync s | µs a file | peak MiB | start ms | requests/s | CPU µs | daemon MiB |",
            "|---|---|---|---|---|---|---|---|---|",
        ]
            + growth.map { row in
                cells([
                    "\(row.files)", "\(row.releases)", row.sync.figure(2), row.syncOfOneFile.figure(0),
                    row.peak.figure(0),
                    row.start.figure(0), row.rate.figure(0), row.processor.figure(1), row.memory.figure(0),
                ])
            } + [""]
    }

    private var enduranceTable: [String] {
        [
            "## \(Endurance.connections) connections for ten minutes", "",
            "| minute | requests/s | p50 ms | p99 ms | MiB |", "|---|---|---|---|---|",
        ]
            + endurance.map { row in
                cells([
                    "\(row.minute)", row.rate.figure(0), row.p50.figure(1), row.p99.figure(1), row.memory.figure(1),
                ])
            } + [""]
    }

    private func cells(_ texts: [String?]) -> String {
        "| " + texts.map { ($0 ?? "").replacingOccurrences(of: "|", with: "\\|") }.joined(separator: " | ") + " |"
    }

    /// Every gate that was not reached. The CPU is what counts; the rate suffers from the load generator's neighbourhood.
    var missed: [String] {
        var lines: [String] = []
        for row in serving {
            guard let gate = row.gate else { continue }
            if let ratio = row.processorRatio, ratio > gate.processor {
                lines.append("\(row.scenario): CPU ×\(ratio.figure(2)), gate \(gate.processor.figure(2))")
            }
            if let ratio = row.rateRatio, ratio < gate.rate {
                lines.append("\(row.scenario): rate ×\(ratio.figure(2)), gate \(gate.rate.figure(2))")
            }
        }
        for row in idle {
            guard let gate = row.gate, let ratio = row.ratio, ratio > gate else { continue }
            lines.append("idle TLS connection, \(row.atOnce) at once: ×\(ratio.figure(2)), gate \(gate.figure(2))")
        }
        if let metrics, metrics.share > MetricsCost.gate {
            lines.append("metrics: \((metrics.share * 100).figure(2)) %, gate \((MetricsCost.gate * 100).figure(0)) %")
        }
        for row in sync {
            guard let gate = row.gate, let ratio = row.wallRatio else { continue }
            if ratio > gate { lines.append("\(row.archive): ×\(ratio.figure(2)), gate \(gate.figure(2))") }
            if row.peak > 96 { lines.append("\(row.archive): peak \(row.peak.figure(0)) MiB, gate 96") }
        }
        for row in growth {
            let name = "\(row.files) files, \(row.releases) releases"
            if row.peak > 96 { lines.append("\(name): peak \(row.peak.figure(0)) MiB, gate 96") }
            if row.files == 100_000, row.start > Growth.startGate {
                lines.append(
                    "\(name): start \(row.start.figure(0)) ms, gate \(Growth.startGate.figure(0))"
                )
            }
        }
        return lines + Endurance.missed(endurance)
    }
}
