/// A kind of load, and what it does to one server.
struct ServingScenario {
    let name: String
    /// What the rate counts.
    let unit: String
    /// Whether all peers take part, or only nginx, the one to beat.
    let isForAll: Bool
    /// Whether the quick form has it.
    var isInQuick = true
    /// The ratios to nginx that must be reached, and those that are aimed at: of the rate, and of the processor time; `nil`
    /// where none were set.
    var gate: (rate: Double, processor: Double)?
    var aim: (rate: Double, processor: Double)?
    /// How many times as long as the others a round takes: to open many connections takes a part of it.
    var stretch = 1
    /// Into how many shorter ones a round is taken apart: the machine drifts, and ratios are of what lies close together.
    var pieces = 1
    let run: (ServerUnderTest, _ seconds: Int) throws -> Load

    /// What one round has given.
    struct Load {
        let rate: Double
        /// Requests, or MiB: what the processor time is divided by.
        let work: Double
        /// Milliseconds.
        var p50: Double?
        var p99: Double?
    }

    static func all(_ tree: BenchmarkTree) -> [ServingScenario] {
        let large = tree.largeMebibytes < 1024 ? "\(tree.largeMebibytes) MiB" : "\(tree.largeMebibytes >> 10) GiB"
        return [
            keepAlive(
                "4 KiB, 64 connections",
                BenchmarkTree.smallPath,
                64,
                gate: (1.15, 0.80),
                aim: (1.4, 0.60),
                all: true
            ),
            keepAlive(
                "4 KiB, 512 connections",
                BenchmarkTree.smallPath,
                512,
                stretch: 2,
                gate: (1.15, 0.80),
                aim: (1.4, 0.60)
            ),
            keepAlive(
                "64 KiB, 64 connections",
                BenchmarkTree.middlingPath,
                64,
                gate: (1.35, 0.65),
                aim: (1.6, 0.50),
                all: true
            ),
            spread("4 KiB, one of \(tree.many) files, 64 connections", tree.manyPaths, 64),
            // With few clients a server often has nothing to do between two messages of one, so that what its waits cost counts
            // as much as what it does.
            handshakes(resumed: false, clients: 16, gate: (1.08, 0.90), aim: (1.25, 0.75), all: true),
            handshakes(resumed: false, clients: 4, gate: (1.08, 0.90), aim: (1.25, 0.75), isInQuick: false),
            handshakes(resumed: true, clients: 16, gate: (1.05, 0.95), aim: (1.2, 0.80)),
            handshakes(resumed: true, clients: 4, gate: (1.05, 0.95), aim: (1.2, 0.80), isInQuick: false),
            download("\(large), one client", 1, all: true),
            download("\(large), eight clients", 8),
        ]
    }

    private static func keepAlive(
        _ name: String,
        _ path: String,
        _ connections: Int,
        stretch: Int = 1,
        gate: (Double, Double),
        aim: (Double, Double),
        all: Bool = false
    ) -> ServingScenario {
        ServingScenario(
            name: name,
            unit: "requests/s",
            isForAll: all,
            gate: gate,
            aim: aim,
            stretch: stretch,
            pieces: pieces(connections)
        ) { server, seconds in
            let result = try Wrk.run(server.url + path, connections: connections, seconds: seconds)
            return Load(rate: result.rate, work: result.requests, p50: result.p50, p99: result.p99)
        }
    }

    private static func spread(_ name: String, _ script: String, _ connections: Int) -> ServingScenario {
        ServingScenario(name: name, unit: "requests/s", isForAll: true, pieces: pieces(connections)) {
            server,
            seconds in
            let result = try Wrk.run(server.url, connections: connections, seconds: seconds, script: script)
            return Load(rate: result.rate, work: result.requests, p50: result.p50, p99: result.p99)
        }
    }

    /// Single rounds lie further apart than what is sought, so that more of them are worth more than longer ones; not where
    /// opening the connections is a good part of a short one.
    private static func pieces(_ connections: Int) -> Int { connections > 64 ? 1 : 2 }

    private static func handshakes(
        resumed: Bool,
        clients: Int,
        gate: (Double, Double),
        aim: (Double, Double),
        all: Bool = false,
        isInQuick: Bool = true
    ) -> ServingScenario {
        let name = "\(resumed ? "resumed" : "full") handshakes, \(clients) clients"
        return ServingScenario(
            name: name,
            unit: "connections/s",
            isForAll: all,
            isInQuick: isInQuick,
            gate: gate,
            aim: aim,
            pieces: 4
        ) { server, seconds in
            let result = try Clients.handshakes(
                server.port,
                resumed: resumed,
                clients: clients,
                seconds: Double(seconds)
            )
            return Load(rate: result.rate, work: result.count)
        }
    }

    private static func download(_ name: String, _ clients: Int, all: Bool = false) -> ServingScenario {
        ServingScenario(name: name, unit: "MiB/s", isForAll: all, gate: (1.10, 0.85), aim: (1.4, 0.60)) {
            server,
            seconds in
            let result = try Clients.download(server.port, clients: clients, seconds: Double(seconds))
            return Load(rate: result.rate, work: result.mebibytes)
        }
    }
}
