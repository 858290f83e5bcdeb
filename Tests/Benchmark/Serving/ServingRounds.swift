/// Every scenario against every server, in alternating rounds, all servers up at once: an idle one costs nothing.
///
/// Each round has another order, so that none always comes after the same one: what was under load a moment ago may still be
/// collecting its garbage. Ratios are of one round's figures, which lie close together in time: the machine's speed drifts.
struct ServingRounds {
    /// A row of the table.
    struct Row: Encodable {
        let scenario: String
        let server: String
        let unit: String
        /// Median rate, and the median of its ratios to nginx's.
        let rate: Double
        var rateRatio: Double?
        /// Microseconds of processor time for a request, or a MiB, and the same.
        let processor: Double
        var processorRatio: Double?
        var p50: Double?
        var p99: Double?
        /// Of the ratios: what must be reached, and what is aimed at.
        var gate: Gate?
        var aim: Gate?

        struct Gate: Encodable {
            let rate: Double
            let processor: Double
        }
    }

    fileprivate struct Series {
        var rate = Samples()
        var processor = Samples()
        var p50 = Samples()
        var p99 = Samples()
    }

    static let yardstick = "nginx"
    static let own = "specman"

    let servers: [ServerUnderTest]
    let rounds: Int
    let seconds: Int
    let failures: PeerFailures

    /// The order of `count` servers in a round, by their numbers: each round begins with the next one, and goes on by another
    /// step, so that each is behind each other one as often.
    static func order(of count: Int, _ round: Int) -> [Int] {
        func divisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : divisor(b, a % b) }
        let steps = (1...max(1, count - 1)).filter { divisor(count, $0) == 1 }
        let step = steps[round % steps.count]
        return (0..<count).map { (round + $0 * step) % count }
    }

    func run(_ scenario: ServingScenario, tell: (String) -> Void) throws -> [Row] {
        let taking = servers.filter { scenario.isForAll || [Self.yardstick, Self.own].contains($0.name) }
        var series: [String: Series] = [:]
        // The first time, caches are filled and pages are touched.
        for server in taking {
            guard try failures.attempt(scenario.name, server.name, { try scenario.run(server, 1) }) != nil else {
                continue
            }
            series[server.name] = Series()
        }
        for round in 0..<rounds * scenario.pieces {
            for server in Self.order(of: taking.count, round).map({ taking[$0] }) where series[server.name] != nil {
                let before = server.tree.processorSeconds
                let load = try failures.attempt(scenario.name, server.name) {
                    try scenario.run(server, max(1, seconds * scenario.stretch / scenario.pieces))
                }
                let used = server.tree.processorSeconds - before
                if let load {
                    series[server.name]?.add(load, processor: used / load.work * 1e6)
                } else {
                    series[server.name] = nil
                }
            }
        }
        let rows = taking.compactMap { series[$0.name]?.row(scenario, server: $0.name) }
        let base = series[Self.yardstick]
        return rows.map { row in
            var row = row
            let own = series[row.server]
            row.rateRatio = base.flatMap { own?.rate.ratios(to: $0.rate).median }
            row.processorRatio = base.flatMap { own?.processor.ratios(to: $0.processor).median }
            if row.server == Self.own {
                row.gate = scenario.gate.map { Row.Gate(rate: $0.rate, processor: $0.processor) }
                row.aim = scenario.aim.map { Row.Gate(rate: $0.rate, processor: $0.processor) }
            }
            tell(row.summary)
            return row
        }
    }
}

extension ServingRounds.Series {
    fileprivate mutating func add(_ load: ServingScenario.Load, processor used: Double) {
        rate.add(load.rate)
        processor.add(used)
        if let value = load.p50 { p50.add(value) }
        if let value = load.p99 { p99.add(value) }
    }

    fileprivate func row(_ scenario: ServingScenario, server: String) -> ServingRounds.Row? {
        guard let rate = rate.median, let processor = processor.median else { return nil }
        return ServingRounds.Row(
            scenario: scenario.name,
            server: server,
            unit: scenario.unit,
            rate: rate,
            processor: processor,
            p50: p50.median,
            p99: p99.median
        )
    }
}

extension ServingRounds.Row {
    var summary: String {
        let ratio = rateRatio.map { " ×\($0.figure(2))" } ?? ""
        let other = processorRatio.map { " ×\($0.figure(2))" } ?? ""
        return "\(scenario): \(server) \(rate.figure(0)) \(unit)\(ratio), \(processor.figure(1)) µs CPU\(other)"
    }
}
