internal import HTTP
internal import OpenSSL
internal import Platform

/// What slow clients may take: time, by a least rate, and memory, by a budget.
extension EventLoop {
    /// Begins the time in which a client has to take its part of an answer, where it doesn't run already.
    func awaitTaking(_ connection: Connection) {
        guard let window = connection.window else { return openWindow(connection) }
        deadlines[Int(connection.number)] = window.end
    }

    func openWindow(_ connection: Connection) {
        let end = now + timeouts.send
        connection.window = Connection.SendWindow(acknowledged: acknowledged(connection), end: end)
        deadlines[Int(connection.number)] = end
    }

    /// Whether the client took what it has to within the window. What counts is what arrived there: the kernel's own
    /// buffer may hold megabytes, and takes nothing from us for as long as they last.
    func hasTakenEnough(_ connection: Connection) -> Bool {
        guard let window = connection.window else { return true }
        return acknowledged(connection) &- window.acknowledged >= timeouts.leastTaken
    }

    private func acknowledged(_ connection: Connection) -> UInt64 {
        connection.sent &- UInt64(Socket.unacknowledged(connection.number))
    }

    /// How long a connection that waits for a body, or for input again after output that the client did not take at
    /// once, may wait from now on.
    func patience(_ connection: Connection) -> UInt64 {
        switch connection.phase {
        case .readingHead:
            return timeouts.idle
        case .readingBody:
            guard let incomplete = connection.incomplete else { return timeouts.bodyGrace }
            let end = incomplete.begun + timeouts.bodyTime(received: incomplete.body.count)
            return end > now ? end - now : 0
        default:
            return timeouts.header
        }
    }

    // MARK: Memory

    /// In bytes: the next piece of an answer, smaller the more waits for slow clients.
    var chunkAllowance: Int {
        if held < state.bufferShare / 2 { return Self.chunkSize }
        return held < state.bufferShare ? Self.smallChunkSize : Self.leastChunkSize
    }

    /// Whether `count` more bytes may be kept for a connection: beyond the share only the least, and nothing beyond
    /// twice the share.
    func mayKeep(_ count: Int) -> Bool {
        held < state.bufferShare || (count <= Self.leastChunkSize && held < 2 * state.bufferShare)
    }

    /// Counts what a request may hold until it is answered; `false` where there is no room for it.
    func reserve(_ connection: Connection, _ count: Int) -> Bool {
        guard mayKeep(count) else { return false }
        hold(connection, count)
        return true
    }

    /// Counts what a connection holds until its answer is given.
    func hold(_ connection: Connection, _ count: Int) {
        connection.reserved += count
        held += count
    }

    /// Takes back what was counted.
    func release(_ connection: Connection) {
        held -= connection.reserved
        connection.reserved = 0
    }
}
