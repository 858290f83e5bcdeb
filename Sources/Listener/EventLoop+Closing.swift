internal import HTTP
internal import OpenSSL
internal import Platform

/// The end of a turn and the end of a connection.
extension EventLoop {
    /// Ends a connection's turn: sends what was gathered, in one call, and forgets the connection where it is over.
    func settle(_ connection: Connection) {
        // Nothing more is awaited of a server that stops.
        if endsConnections, connection.isIdle { startClosing(connection) }
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
        setDeadline(connection, timeouts.close)
        // Without it clients don't resume the session, and can't tell the end from an attack.
        connection.session?.shutDown()
    }

    /// Closes once everything is sent; lingers where the client may still be sending.
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

    /// Closes an idle connection.
    func shutDown(_ connection: Connection) {
        startClosing(connection)
        settle(connection)
    }

    /// Ends what took too long.
    func expire(_ connection: Connection) {
        switch connection.phase {
        case _ where connection.unsent != nil:
            connection.phase = .broken
        case .handshaking:
            statistics.failedHandshakes.add(1)
            connection.phase = .broken
        case .readingHead where connection.parser == nil:
            startClosing(connection)
        case .readingHead, .readingBody:
            // RFC 9110 section 15.5.9.
            if connection.incomplete == nil {
                connection.requestStart = now
                connection.method = LoopStatistics.methods.count - 1
                if isLogged[connection.endpoint] { connection.logged = LoggedRequest() }
            }
            refuse(connection, .requestTimeout)
        case .deciding, .sending, .readingDisk, .closing, .lingering, .broken:
            connection.phase = .broken
        }
        settle(connection)
    }

    func setDeadline(_ connection: Connection, _ limit: UInt64) {
        deadlines[Int(connection.number)] = now + limit
    }
}
