/// The times of ``ServerLimits``, and the listener's own, as event loops count: in nanoseconds.
struct Timeouts: Sendable {
    let header: UInt64
    let body: UInt64
    let idle: UInt64
    let send: UInt64
    /// How long a client may go on sending after the last answer.
    let linger = Duration.seconds(2).inNanoseconds
    /// How long the last bytes of a connection may wait for the client to take them.
    let close = Duration.seconds(5).inNanoseconds

    init(_ limits: ServerLimits) {
        header = limits.headerTimeout.inNanoseconds
        body = limits.bodyTimeout.inNanoseconds
        idle = limits.idleTimeout.inNanoseconds
        send = limits.sendTimeout.inNanoseconds
    }

    /// The shortest of those that can be set.
    var shortest: UInt64 { min(header, body, idle, send) }
}

extension Duration {
    /// At least 0, at most half of what 64 bits hold.
    var inNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0 else { return 0 }
        guard seconds < 9_000_000_000 else { return .max / 2 }
        return UInt64(seconds) * 1_000_000_000 + UInt64(max(0, attoseconds) / 1_000_000_000)
    }
}
