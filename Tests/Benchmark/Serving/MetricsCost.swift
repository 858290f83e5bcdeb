import Listener
import Platform

/// What it costs to count a request: its method and status, its bytes, and its place in the histogram.
struct MetricsCost: Encodable {
    /// Of a request's processor time.
    static let gate = 0.02

    /// Nanoseconds.
    let each: Double
    /// Of the request it was compared with.
    let share: Double

    /// - Parameter processor: microseconds of processor time of the cheapest request there is.
    init(ofRequestTaking processor: Double) {
        let statistics = LoopStatistics()
        let rounds = 10_000_000
        let start = ContinuousClock.now
        for round in 0..<rounds {
            // The end of each request is asked of the clock. Durations from one end of the histogram to the other.
            let now = MonotonicClock.nanoseconds
            statistics.count(method: 0, code: 200, nanoseconds: (now & 0xFF) + UInt64(round & 0xFFFF) << 8)
            statistics.responseBytes.add(4096)
        }
        each = ContinuousClock.now.seconds(since: start) / Double(rounds) * 1e9
        share = each / 1000 / processor
    }

    var summary: String {
        "Counting a request takes \(each.figure(1)) ns, \((share * 100).figure(2)) % of a 4 KiB one's processor time."
    }
}
