/// The same daemon under many connections for ten minutes: nothing gets slower, and nothing grows.
struct Endurance {
    struct Row: Encodable {
        /// From 1.
        let minute: Int
        /// Requests a second.
        let rate: Double
        /// Milliseconds.
        let p50: Double
        let p99: Double
        /// MiB, at the minute's end.
        let memory: Double
    }

    static let connections = 512
    private static let minutes = 10
    /// How many times the first minute's median the 99th percentile may be, throughout.
    static let mostTimes = 3.0
    /// How much memory may have grown since the first minute, MiB: the allocator's breath.
    static let mostGrowth = 4.0

    let server: ServerUnderTest

    func run(tell: (String) -> Void) throws -> [Row] {
        try (1...Self.minutes).map { minute in
            let load = try Wrk.run(
                server.url + BenchmarkTree.smallPath,
                connections: Self.connections,
                seconds: 60
            )
            let row = Row(
                minute: minute,
                rate: load.rate,
                p50: load.p50,
                p99: load.p99,
                memory: server.tree.memory / 1024
            )
            tell(
                "minute \(minute): \(row.rate.figure(0)) requests/s, p50 \(row.p50.figure(1)) ms, p99 "
                    + "\(row.p99.figure(1)) ms, \(row.memory.figure(1)) MiB"
            )
            return row
        }
    }

    /// What was missed, in one line each.
    static func missed(_ rows: [Row]) -> [String] {
        guard let first = rows.first else { return [] }
        return rows.flatMap { row in
            var lines: [String] = []
            if row.p99 > mostTimes * first.p50 {
                lines.append(
                    "minute \(row.minute): p99 \(row.p99.figure(1)) ms, more than \(mostTimes.figure(0)) times the first "
                        + "minute's p50, \(first.p50.figure(1)) ms"
                )
            }
            if row.memory > first.memory + mostGrowth {
                lines.append(
                    "minute \(row.minute): \(row.memory.figure(1)) MiB, \(first.memory.figure(1)) after the first"
                )
            }
            return lines
        }
    }
}
