internal import HTTP
internal import OpenSSL
internal import Platform

/// The end of a turn and the end of a connection.
extension EventLoop {
    /// Idle connections closed at a time: some turns' worth of new ones.
    private static let shedBatch = 64

    /// Ends a connection's turn: sends what was gathered, in one call, and forgets the connection where it is over.
    func settle(_ connection: Connection) {
        // Nothing more is awaited of a server that stops. What comes all the same is dropped, not answered with a
        // reset that could take the last answer with it.
        if endsConnections, connection.isIdle {
            connection.lingers = true
            startClosing(connection)
        }
        if connection.phase != .broken { flush(connection) }
        if connection.phase == .closing, connection.unsent == nil { finishClosing(connection) }
        if connection.phase == .broken {
            transport.output.clear()
            close(connection)
        }
    }

    /// Says goodbye, behind what is still to be sent.
    func startClosing(_ connection: Connection) {
        connection.phase = .closing
        // Where output waits already its window goes on.
        if connection.unsent == nil { setDeadline(connection, timeouts.close) }
        // Without it clients don't resume the session, and can't tell the end from an attack.
        connection.session?.shutDown()
    }

    /// Closes once everything is sent; lingers where the client may still be sending, or the last answer may be on its way.
    func finishClosing(_ connection: Connection) {
        guard connection.lingers else {
            connection.phase = .broken
            return
        }
        Socket.finishSending(connection.number)
        connection.phase = .lingering
        setInterest(connection, .readable)
        setDeadline(connection, timeouts.linger)
    }

    /// Whether the client is still taking the last answer, and fast enough; then it may go on for a while.
    private func goesOnTaking(_ connection: Connection) -> Bool {
        guard Socket.unacknowledged(connection.number) > 0 else { return false }
        if connection.window.map({ now >= $0.end }) ?? true {
            guard hasTakenEnough(connection) else {
                Socket.resetOnClose(connection.number)
                return false
            }
            openWindow(connection)
        }
        setDeadline(connection, timeouts.linger)
        return true
    }

    /// Ends an idle connection as the server stops: answers what has come of it, then closes.
    func takeLast(_ connection: Connection) {
        receive(connection)
        settle(connection)
    }

    /// Closes some of the connections that have been idle for longest, to make room.
    func shedIdle() {
        var candidates: [(deadline: UInt64, place: Int)] = []
        for case let connection? in connections where connection.isIdle {
            let place = Int(connection.number)
            let deadline = deadlines[place]
            // The deadline tells since when. One that has not been answered yet waits for its first request by another:
            // taken for an idle one's, it would be closed the moment it is accepted.
            let patience = connection.status == 0 ? timeouts.header : timeouts.idle
            if deadline != 0, deadline + timeouts.shed <= now + patience { candidates.append((deadline, place)) }
        }
        candidates.sort { $0.deadline < $1.deadline }
        for (_, place) in candidates.prefix(Self.shedBatch) {
            guard let connection = connections[place] else { continue }
            statistics.shed.add(1)
            startClosing(connection)
            settle(connection)
        }
    }

    /// Ends what took too long.
    func expire(_ connection: Connection) {
        switch connection.phase {
        case _ where connection.unsent != nil, .sending:
            guard hasTakenEnough(connection) else {
                Socket.resetOnClose(connection.number)
                connection.phase = .broken
                break
            }
            return openWindow(connection)
        case .handshaking:
            statistics.failedHandshakes.add(1)
            connection.phase = .broken
        case .readingHead where connection.parser == nil:
            startClosing(connection)
        case .readingHead, .readingBody:
            if connection.incomplete == nil {
                connection.requestStart = now
                connection.method = LoopStatistics.methods.count - 1
                if isLogged[connection.endpoint] { connection.logged = LoggedRequest() }
            }
            let headBytes = connection.incomplete?.headBytes ?? connection.leftover
            refuse(connection, .timeout, accept: RequestHead.accept(in: headBytes.span))
        case .lingering where goesOnTaking(connection):
            return
        case .deciding, .readingDisk, .closing, .lingering, .broken:
            connection.phase = .broken
        }
        settle(connection)
    }

    func setDeadline(_ connection: Connection, _ limit: UInt64) {
        deadlines[Int(connection.number)] = now + limit
    }
}
