/// The times of ``ServerLimits``, and the listener's own, as event loops count: in nanoseconds.
struct Timeouts: Sendable {
    let header: UInt64
    let body: UInt64
    let bodyGrace: UInt64
    /// What a byte of a body earns beyond ``bodyGrace``.
    let bodyByte: UInt64
    let idle: UInt64
    let send: UInt64
    /// In bytes, what a client has to take within ``send``.
    let leastTaken: UInt64
    /// How long a connection has to be idle to give way to others.
    let shed: UInt64
    /// How long a client may go on sending after the last answer.
    let linger = Duration.seconds(2).inNanoseconds
    /// How long the last bytes of a connection may wait for the client to take them.
    let close = Duration.seconds(5).inNanoseconds

    init(_ limits: ServerLimits) {
        header = limits.headerTimeout.inNanoseconds
        body = limits.bodyTimeout.inNanoseconds
        bodyGrace = limits.bodyGrace.inNanoseconds
        bodyByte = 1_000_000_000 / UInt64(max(1, limits.leastRate))
        idle = limits.idleTimeout.inNanoseconds
        send = limits.sendTimeout.inNanoseconds
        // Milliseconds and bytes, so that the product stays far below 64 bits.
        let (taken, overflow) = (send / 1_000_000).multipliedReportingOverflow(by: UInt64(max(0, limits.leastRate)))
        leastTaken = max(1, overflow ? .max : taken / 1000)
        shed = min(Duration.seconds(1).inNanoseconds, idle / 4)
    }

    /// The shortest of those that can be set.
    var shortest: UInt64 { min(header, body, bodyGrace, idle, send) }

    /// How long a body may take of which `received` bytes have come, from its head on. Framing earns nothing.
    func bodyTime(received: Int) -> UInt64 {
        let (earned, overflow) = UInt64(max(0, received)).multipliedReportingOverflow(by: bodyByte)
        return overflow ? body : min(body, bodyGrace + min(earned, body))
    }
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
