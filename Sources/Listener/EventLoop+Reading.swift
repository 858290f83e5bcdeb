internal import HTTP
internal import OpenSSL
internal import Platform

/// The way in: from the socket to a request.
extension EventLoop {
    /// In bytes: what is dropped of a client that goes on sending after the last answer.
    private static let lingerSize = 1 << 20

    /// Handles what the epoll set reports for a connection.
    func serve(_ place: Int, _ events: Epoll.Events) {
        // One accepted in this turn was not in the set when its events were asked for: they are of one that a message has
        // closed, whose number it was given.
        guard place < connections.count, let connection = connections[place], connection.birth != turn else { return }
        if events.intersects(.failed) {
            connection.phase = .broken
        } else if events.intersects(.writable) {
            goOnSending(connection)
        } else if events.intersects(.readable) {
            receive(connection)
        }
        settle(connection)
    }

    func receive(_ connection: Connection) {
        if connection.phase == .lingering { return drop(connection) }
        guard connection.takesInput else {
            // Level-triggered: what waits in the kernel would be reported again and again.
            return setInterest(connection, connection.interest.subtracting(.readable))
        }
        load(connection)
        let isSecure = connection.isSecure
        // The kernel writes within the buffer, whose memory lives as long as the loop.
        let target = unsafe isSecure ? transport.input.writable : plain.writable
        switch unsafe Socket.receive(connection.number, into: target) {
        case .bytes(0):
            // The client sends nothing more; a request of which a part is missing will never be complete.
            connection.phase = .broken
        case .bytes(let count):
            if isSecure { transport.input.filled(count) } else { plain.filled(count) }
            advance(connection)
        case .blocked:
            store(connection)
        case .failed:
            connection.phase = .broken
        }
    }

    /// Goes on with what was kept while the connection was busy.
    func resume(_ connection: Connection) {
        load(connection)
        advance(connection)
    }

    /// Puts what was not used last time into the loop's buffers.
    private func load(_ connection: Connection) {
        plain.clear()
        transport.input.clear()
        if connection.hasLeftovers { loadLeftovers(connection) }
    }

    @inline(never)
    private func loadLeftovers(_ connection: Connection) {
        _ = plain.append(connection.leftover)
        _ = transport.input.append(connection.cipherLeftover)
        held -= connection.leftover.count + connection.cipherLeftover.count
        connection.leftover = []
        connection.cipherLeftover = []
        connection.hasLeftovers = false
    }

    /// Keeps what is not used yet: only what is left of an incomplete request, and nothing of an idle connection.
    private func store(_ connection: Connection) {
        guard !plain.isEmpty || !transport.input.isEmpty else {
            // What had begun was no head: an alert that says nothing, or another key.
            if connection.parser != nil {
                connection.parser = nil
                if connection.phase == .readingHead { deadlines[Int(connection.number)] = connection.idleDeadline }
            }
            return
        }
        if connection.readsRequests, plain.isEmpty { beginHead(connection) }
        guard mayKeep(plain.count + transport.input.count) else {
            connection.phase = .broken
            return
        }
        held += plain.count + transport.input.count
        connection.leftover = plain.contents
        connection.cipherLeftover = transport.input.contents
        connection.hasLeftovers = true
    }

    /// A part of a record has come, and with it the time in which a head has to be complete.
    private func beginHead(_ connection: Connection) {
        guard connection.phase == .readingHead, connection.parser == nil else { return }
        connection.parser = RequestParser()
        connection.idleDeadline = deadlines[Int(connection.number)]
        setDeadline(connection, timeouts.header)
    }

    /// Decrypts and handles requests as long as there is input and the connection is not busy.
    ///
    /// The session is asked as long as it or the buffers hold something, so that nothing is left that no event would come
    /// for: neither after the handshake nor between requests. Not once more, to hear that it wants more.
    private func advance(_ connection: Connection) {
        if connection.phase == .handshaking { shakeHands(connection) }
        while true {
            while connection.readsRequests, !plain.isEmpty {
                let needsMore =
                    connection.phase == .readingHead ? takeHead(connection) : takeBody(connection)
                if needsMore { break }
            }
            guard connection.readsRequests, connection.isSecure,
                !transport.input.isEmpty || connection.session?.hasPending() == true, decrypt(connection)
            else { break }
        }
        store(connection)
    }

    /// Whether there is more input.
    private func decrypt(_ connection: Connection) -> Bool {
        plain.compact()
        // OpenSSL writes within the buffer, whose memory lives as long as the loop.
        switch unsafe connection.session?.read(into: plain.writable) {
        case .bytes(let count):
            plain.filled(count)
            return true
        case .closed: startClosing(connection)
        case .failed:
            // As in a handshake.
            flush(connection)
            connection.phase = .broken
        case .needsInput, nil: break
        }
        return false
    }

    private func shakeHands(_ connection: Connection) {
        switch connection.session?.handshake() {
        case nil: break
        case .done:
            statistics.handshakes.add(1)
            surge.count()
            connection.phase = .readingHead
            setDeadline(connection, timeouts.header)
        case .needsInput:
            break
        case .failed:
            // The alert that says why is in the output.
            statistics.failedHandshakes.add(1)
            flush(connection)
            connection.phase = .broken
        }
    }

    /// Takes a request's head from the input; whether more input is needed.
    private func takeHead(_ connection: Connection) -> Bool {
        var parser = connection.parser ?? RequestParser()
        // The bytes lie in the loop's buffer, which nothing changes while they are looked at.
        let bytes = unsafe Span<UInt8>(_unsafeBytes: plain.readable)
        switch parser.parse(bytes) {
        case .done(let head):
            connection.parser = nil
            connection.requestStart = now
            connection.method = Int(head.verb.rawValue)
            connection.keepsAlive = head.keepsAlive && !endsConnections
            connection.announcesKeepAlive = !head.isVersion11 && connection.keepsAlive
            if isLogged[connection.endpoint] { connection.logged = LoggedRequest(head, bytes) }
            decide(connection, head, bytes)
            plain.take(head.count)
            return false
        case .needMore:
            beginHead(connection)
            connection.parser = parser
            return true
        case .malformed(let fault):
            connection.requestStart = now
            connection.method = LoopStatistics.methods.count - 1
            if isLogged[connection.endpoint] { connection.logged = LoggedRequest() }
            refuse(connection, fault, accept: RequestHead.accept(in: bytes))
            return false
        }
    }

    /// Takes what there is of a request's body; whether more input is needed.
    private func takeBody(_ connection: Connection) -> Bool {
        guard var incomplete = connection.incomplete else { return false }
        connection.incomplete = nil
        // The bytes lie in the loop's buffer, which nothing changes while they are looked at.
        let bytes = unsafe Span<UInt8>(_unsafeBytes: plain.readable)
        var consumed = bytes.count
        var isDone = false
        if incomplete.chunks != nil {
            switch incomplete.chunks?.decode(bytes, into: &incomplete.body, limit: state.limits.maxBody) {
            case .done(let count):
                consumed = count
                isDone = true
            case .needMore, nil:
                break
            case .malformed:
                refuse(connection, .chunk, accept: RequestHead.accept(in: incomplete.headBytes.span))
                return false
            case .tooLarge:
                passOverBody(connection, incomplete.head, incomplete.headBytes)
                return false
            }
        } else {
            consumed = min(consumed, incomplete.remaining)
            for index in 0..<consumed { incomplete.body.append(bytes[index]) }
            incomplete.remaining -= consumed
            isDone = incomplete.remaining == 0
        }
        plain.take(consumed)
        guard isDone else {
            connection.incomplete = incomplete
            setDeadline(connection, patience(connection))
            return true
        }
        // The body of a request that asks for something has no meaning (RFC 9110 section 9.3.1): read and dropped.
        let isQuestion = incomplete.head.verb == .get || incomplete.head.verb == .head
        ask(connection, incomplete.head, incomplete.headBytes, body: isQuestion ? [] : incomplete.body)
        return false
    }

    /// Reads and drops what comes after the last answer.
    private func drop(_ connection: Connection) {
        transport.input.clear()
        // The kernel writes within the buffer, whose memory lives as long as the loop.
        if case .bytes(let count) = unsafe Socket.receive(connection.number, into: transport.input.writable), count > 0
        {
            connection.dropped += count
            if connection.dropped <= Self.lingerSize { return }
        }
        connection.phase = .broken
    }
}
