/// What a server has done since it started, over all its event loops.
package struct ServerStatistics: Hashable, Sendable {
    /// Answers to one method with one code.
    package struct Requests: Hashable, Sendable {
        /// `GET`, `HEAD`, `POST`, `OPTIONS`, `other`, or `none` where the request was too broken to have one.
        package let method: String
        package let code: Int
        package let count: UInt64

        package init(method: String, code: Int, count: UInt64) {
            self.method = method
            self.code = code
            self.count = count
        }
    }

    /// Open now.
    package internal(set) var connections: UInt64 = 0
    /// Closed when they were accepted, as their client had its share.
    package internal(set) var connectionsRefused: UInt64 = 0
    /// Closed to make room for others.
    package internal(set) var connectionsShed: UInt64 = 0
    /// In bytes, what waits with connections: output for slow clients, and incomplete requests. Up to half a second old.
    package internal(set) var bufferedBytes: UInt64 = 0
    package internal(set) var handshakesSucceeded: UInt64 = 0
    package internal(set) var handshakesFailed: UInt64 = 0
    /// Sorted by method and code.
    package internal(set) var requests: [Requests] = []
    /// Heads and bodies, before encryption.
    package internal(set) var responseBytes: UInt64 = 0
    /// Upper bounds of the buckets of the request durations, in seconds; one more bucket is beyond the last.
    package internal(set) var durationBounds: [Double] = []
    /// Answers in each bucket (not cumulative), one more than there are bounds.
    package internal(set) var durationCounts: [UInt64] = []
    /// In seconds.
    package internal(set) var durationSum: Double = 0

    init(_ loops: [LoopStatistics]) {
        var counts: [Int: UInt64] = [:]
        durationBounds = LoopStatistics.bounds.map { Double($0) / 1e9 }
        durationCounts = Array(repeating: 0, count: durationBounds.count + 1)
        for loop in loops {
            connections += loop.connections.value
            connectionsRefused += loop.refused.value
            bufferedBytes += loop.buffered.value
            connectionsShed += loop.shed.value
            handshakesSucceeded += loop.handshakes.value
            handshakesFailed += loop.failedHandshakes.value
            responseBytes += loop.responseBytes.value
            durationSum += Double(loop.durationSum.value) / 1e9
            for (index, count) in loop.durationCounts.enumerated() { durationCounts[index] += count }
            loop.forEachRequest { method, code, count in counts[method * 1000 + code, default: 0] += count }
        }
        requests = counts.sorted { $0.key < $1.key }.map { key, count in
            Requests(method: LoopStatistics.methods[key / 1000], code: key % 1000, count: count)
        }
    }
}
