internal import Dispatch
internal import HTTP
internal import Platform

/// From a request to its answer.
extension EventLoop {
    /// Finds out how to answer a request whose head is `bytes`' beginning.
    func decide(_ connection: Connection, _ head: RequestHead, _ bytes: Span<UInt8>) {
        if head.isPlain, let ready = cache.find(head, in: bytes, endpoint: connection.endpoint) {
            return respond(connection, ready)
        }
        if head.isPlain, head.framing == .none, answerAtOnce(connection, head, bytes) { return }
        decideSlowly(connection, head, bytes)
    }

    /// Answers with a file that the responder finds without waiting; whether there is one.
    @inline(never)
    private func answerAtOnce(_ connection: Connection, _ head: RequestHead, _ bytes: Span<UInt8>) -> Bool {
        let endpoint = connection.endpoint
        let responder = state.endpoints[endpoint].responder
        guard let found = responder.fileAtOnce(head, in: bytes), let example = examples[endpoint][found.family],
            let ready = ReadyAnswer(found, like: example)
        else { return false }
        // Not where the examples' time is over already: see ``dropStaleAnswers()``.
        if found.isAskedForAgain, responder.generation == generations[endpoint], cache.admits(),
            let key = AnswerKey(head, in: bytes, endpoint: endpoint)
        {
            cache.insert(ready, for: key)
        }
        respond(connection, ready)
        return true
    }

    @inline(never)
    private func decideSlowly(_ connection: Connection, _ head: RequestHead, _ bytes: Span<UInt8>) {
        var headBytes: [UInt8] = []
        headBytes.reserveCapacity(head.count)
        for index in 0..<head.count { headBytes.append(bytes[index]) }
        switch head.framing {
        case .none:
            guard reserve(connection, head.count) else { return refuseForRoom(connection, headBytes) }
            return ask(connection, head, headBytes, body: [])
        case .length(let length):
            guard length <= Int64(state.limits.maxBody) else { return passOverBody(connection, head, headBytes) }
            guard reserve(connection, head.count + Int(length)) else { return refuseForRoom(connection, headBytes) }
            connection.incomplete = Connection.Incomplete(
                head: head,
                headBytes: headBytes,
                chunks: nil,
                remaining: Int(length),
                begun: now
            )
        case .chunked:
            guard reserve(connection, head.count + state.limits.maxBody) else {
                return refuseForRoom(connection, headBytes)
            }
            connection.incomplete = Connection.Incomplete(
                head: head,
                headBytes: headBytes,
                chunks: ChunkedDecoder(),
                remaining: 0,
                begun: now
            )
        }
        connection.phase = .readingBody
        setDeadline(connection, patience(connection))
        // Not where the body has begun to come anyway (RFC 9110 section 10.1.1).
        if head.expectsContinue, bytes.count == head.count {
            write(connection, Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
        }
    }

    /// Answers a request whose body is too large, and closes: that it is, or, to a method that nobody may use with any body,
    /// which ones there are (RFC 9110 section 15.5.6).
    func passOverBody(_ connection: Connection, _ head: RequestHead, _ headBytes: [UInt8]) {
        guard head.verb == .other, connection.reserved > 0 || reserve(connection, head.count) else {
            return refuse(connection, .contentTooLarge, accept: RequestHead.accept(in: headBytes.span))
        }
        endWithAnswer(connection)
        ask(connection, head, headBytes, body: [])
    }

    /// Has a worker ask the responder.
    func ask(_ connection: Connection, _ head: RequestHead, _ headBytes: [UInt8], body: [UInt8]) {
        let served = state.endpoints[connection.endpoint]
        let peer = peer(of: connection)
        let number = connection.number
        let serial = connection.serial
        let endpoint = connection.endpoint
        let inbox = inbox
        let date = date
        connection.phase = .deciding
        deadlines[Int(number)] = 0
        state.workers.run {
            // Read before the answer is decided, so that an answer that is overtaken is never kept.
            let generation = served.responder.generation
            let bytes = headBytes.span
            served.responder.answer(to: head.request(from: bytes, body: body, peer: peer)) { answer in
                let ready = ReadyAnswer.make(
                    answer,
                    isHead: head.verb == .head,
                    mayChunk: head.isVersion11,
                    refusal: served.refusalFields,
                    accept: RequestHead.accept(in: headBytes.span),
                    date: date
                )
                // Of conditions only those that hold: those that don't are as many as clients make up, and get a body.
                let isKept =
                    answer.isRepeatable && ready.source == nil
                    && (head.ifNoneMatch.isEmpty || answer.status == .notModified)
                let key = isKept ? AnswerKey(head, in: headBytes.span, endpoint: endpoint) : nil
                let message = Message.answer(
                    number: number,
                    serial: serial,
                    ready,
                    cache: key.map { ($0, generation) }
                )
                guard answer.delay > .zero else { return inbox.post(message) }
                let limit = DispatchTime.now() + .nanoseconds(Int(clamping: answer.delay.inNanoseconds))
                Self.delayed.asyncAfter(deadline: limit) { inbox.post(message) }
            }
        }
    }

    /// Where answers wait that are held back: no thread is kept for them.
    private static let delayed = DispatchQueue(label: "specman.listener.delayed")

    /// Takes what another thread sent.
    func take(_ message: Message) {
        switch message {
        case .accepted(let number, let endpoint, let origin):
            open(number, endpoint: endpoint, origin: origin)
        case .answer(let number, let serial, let ready, let cache):
            // Kept even where the client has gone. A status that the listener chose itself, where a file could not
            // be read, is not what the responder said and not kept.
            if let cache, cache.generation == generations[cache.key.endpoint], ready.isFaithful {
                self.cache.insert(ready, for: cache.key)
                learn(from: ready, endpoint: cache.key.endpoint)
            }
            guard let connection = connection(number, serial), connection.phase == .deciding else { return }
            release(connection)
            if endsConnections { connection.keepsAlive = false }
            respond(connection, ready)
            afterAnswer(connection)
            settle(connection)
        case .chunk(let number, let serial, let bytes):
            guard let connection = connection(number, serial), connection.phase == .readingDisk else { return }
            goOnSending(connection, fromDisk: bytes)
            settle(connection)
        case .piece(let number, let serial, let bytes, let isLast):
            guard let connection = connection(number, serial), connection.phase == .readingDisk else { return }
            goOnSending(connection, piece: bytes, isLast: isLast)
            settle(connection)
        }
    }

    /// Keeps of an answer what those of its family have in common.
    private func learn(from ready: ReadyAnswer, endpoint: Int) {
        guard let family = ready.family, examples[endpoint][family] == nil,
            examples[endpoint].count < Self.mostExamples
        else { return }
        examples[endpoint][family] = ready.example
    }

    /// Answers a request that can't be taken, once, and closes.
    ///
    /// - Parameter accept: what it accepts, as far as that is known.
    func refuse(_ connection: Connection, _ fault: RequestFault, accept: String? = nil) {
        refuse(connection, fault.status, fault.reason, accept: accept)
    }

    /// Answers that the memory for requests is used up, and closes.
    private func refuseForRoom(_ connection: Connection, _ headBytes: [UInt8]) {
        let reason = "Too many requests are being read or decided; try again later."
        refuse(connection, .serviceUnavailable, reason, accept: RequestHead.accept(in: headBytes.span))
    }

    private func refuse(_ connection: Connection, _ status: Status, _ reason: String, accept: String?) {
        release(connection)
        endWithAnswer(connection)
        let fields = state.endpoints[connection.endpoint].refusalFields
        respond(connection, ReadyAnswer.failure(status, reason: reason, accept: accept, fields: fields, date: date))
    }

    /// Nothing more is read of a connection than what tells that the client has gone.
    private func endWithAnswer(_ connection: Connection) {
        connection.incomplete = nil
        connection.parser = nil
        connection.keepsAlive = false
        connection.announcesKeepAlive = false
        connection.lingers = true
    }

    /// Whom the requests come from; asked of the kernel once for each connection, and only where it matters.
    func peer(of connection: Connection) -> Peer {
        if let peer = connection.peer { return peer }
        let peer: Peer =
            state.endpoints[connection.endpoint].isLocal
            ? .local : .network(address: Socket.peerAddress(of: connection.number)?.host ?? "unknown")
        connection.peer = peer
        return peer
    }

    private func connection(_ number: Int32, _ serial: UInt64) -> Connection? {
        let place = Int(number)
        guard place < connections.count, let connection = connections[place], connection.serial == serial else {
            return nil
        }
        return connection
    }
}
