internal import Dispatch
internal import HTTP
internal import OpenSSL
internal import Platform
internal import Synchronization

/// What a server's event loops share: set up before they start, then only read.
final class ServerState: Sendable {
    enum Stage: Int, AtomicRepresentable {
        case running
        /// Idle connections close, answers end.
        case draining
        /// Everything closes.
        case cutting
    }

    let endpoints: [ServedEndpoint]
    let limits: ServerLimits
    let workers: WorkerPool
    let stage = Atomic<Stage>(.running)
    /// When there was last no room for another connection, in nanoseconds.
    let crowdedAt = Atomic<UInt64>(0)
    /// In bytes: each loop's part of ``ServerLimits/bufferSize``.
    let bufferShare: Int
    /// In bytes: each loop's part of ``ServerLimits/cacheSize``.
    let cacheShare: Int
    /// In bytes: with less, answers of 64 KiB would find no place.
    private static let leastCacheShare = 2 << 20

    init(endpoints: [ServedEndpoint], limits: ServerLimits, loops: Int) {
        self.endpoints = endpoints
        self.limits = limits
        bufferShare = limits.bufferSize / loops
        cacheShare = min(limits.cacheSize, max(Self.leastCacheShare, limits.cacheSize / loops))
        workers = WorkerPool(limit: limits.workers)
    }
}

/// One of a server's event loops: an epoll set, its connections and everything they need, on one thread for good.
///
/// `@unchecked Sendable`: all that changes is touched by the block that runs ``run(_:)`` alone; other threads reach it
/// by ``inbox``, ``epoll`` (whose calls are safe from any thread) and ``statistics``.
final class EventLoop: @unchecked Sendable {
    /// What a token in the epoll set stands for; the low half is a descriptor's or an endpoint's number.
    private enum Token {
        static let inbox: UInt64 = 1 << 32
        static let listening: UInt64 = 2 << 32

        static func connection(_ number: Int32) -> UInt64 { UInt64(UInt32(bitPattern: number)) }
    }

    /// In bytes: what one `recv` takes at most, four TLS records.
    static let inputSize = 65_536
    /// In bytes, of file content, of one `SSL_write` and one `send`.
    static let chunkSize = 256 << 10
    /// In bytes: chunks while many clients are slow, so that what waits for them stays small.
    static let smallChunkSize = 16 << 10
    /// In bytes: chunks, and input kept, once ``ServerLimits/bufferSize`` is used up: the least that a connection needs.
    static let leastChunkSize = 4 << 10
    /// In bytes a turn for one connection, so that the others get theirs.
    private static let turnSize = 1 << 20
    /// In bytes a turn for all connections together, some milliseconds' worth: a small answer waits no longer behind
    /// hundreds of large ones.
    private static let roundSize = 8 << 20
    /// In bytes: what one connection gets of a turn at least.
    private static let leastTurnSize = 64 << 10
    /// Families of answers remembered, of a kilobyte each.
    static let mostExamples = 256
    /// Connections accepted in one turn.
    private static let acceptBatch = 64

    let index: Int
    let state: ServerState
    let epoll: Epoll
    let inbox: Inbox
    let statistics = LoopStatistics()

    /// By descriptor number.
    var connections: [Connection?] = []
    /// By descriptor number: when something is to be done if nothing happens, in nanoseconds; 0 for never.
    var deadlines: [UInt64] = []
    var connectionCount = 0
    var nextSerial: UInt64 = 0

    /// Ciphertext in and out; for connections without TLS only its output is used.
    let transport: TLSTransport
    /// Decrypted input of the connection being served. Room for a head at its limit and more than a record behind it.
    let plain = TransportBuffer(capacity: RequestParser.headLimit * 2 + 32_768)
    /// What is read from a file.
    let chunk = TransportBuffer(capacity: EventLoop.chunkSize)
    /// Output buffers that came back from slow clients.
    var spareOutputs: [TransportBuffer] = []
    /// In bytes: what waits with the connections of this loop, in and out.
    var held = 0
    /// In bytes: what each connection may send in this turn.
    private(set) var turnAllowance = EventLoop.turnSize

    var cache: AnswerCache
    /// By endpoint: what the cached answers hold for.
    var generations: [UInt64]
    /// By endpoint and family: what answers are made of that no worker needs to be asked for.
    var examples: [[UInt64: ReadyAnswer.Example]]
    /// By endpoint: whether somebody wants to know of each answer.
    let isLogged: [Bool]
    private var acceptors: [(acceptor: TLSAcceptor, version: UInt64)?]
    var date: DateHeader
    /// Of this turn, in nanoseconds.
    var now: UInt64
    /// Counts the turns, from 1.
    private(set) var turn: UInt64 = 0
    let timeouts: Timeouts
    let sweepInterval: UInt64
    private var nextSweep: UInt64 = 0
    /// Endpoints whose listening sockets are this loop's.
    private var listening: [Int] = []
    /// Those of them that don't accept for now, as descriptors or connections have run out.
    private var paused: [Int] = []
    private var nextLoop = 0
    private var isDraining = false
    var surge = Surge()

    static var outputSize: Int { TLSSession.ciphertextBound(chunkSize) + 16_384 }

    init(index: Int, state: ServerState) throws(SystemError) {
        self.index = index
        self.state = state
        epoll = try Epoll()
        inbox = try Inbox()
        transport = TLSTransport(input: Self.inputSize, output: Self.outputSize)
        cache = AnswerCache(limit: state.cacheShare)
        generations = state.endpoints.map(\.responder.generation)
        examples = Array(repeating: [:], count: state.endpoints.count)
        isLogged = state.endpoints.map { $0.log != nil }
        acceptors = Array(repeating: nil, count: state.endpoints.count)
        date = DateHeader(second: WallClock.coarseSeconds)
        now = MonotonicClock.nanoseconds
        timeouts = Timeouts(state.limits)
        sweepInterval = min(max(timeouts.shortest / 4, 10_000_000), 500_000_000)
        try epoll.add(inbox.number, .readable, token: Token.inbox)
    }

    /// Has this loop accept the connections of an endpoint. To be called before it runs.
    func listen(to endpoint: Int) throws(SystemError) {
        try epoll.add(
            state.endpoints[endpoint].number,
            .readable,
            token: Token.listening | UInt64(endpoint)
        )
        listening.append(endpoint)
    }

    /// Serves until the server stops and all connections are closed.
    ///
    /// - Parameter loops: All loops of the server, which connections are handed to in turn.
    func run(_ loops: [EventLoop]) {
        while true {
            if state.stage.load(ordering: .acquiring) != .running, drain() { return }
            let count: Int
            do throws(SystemError) {
                count = try epoll.wait(milliseconds: patience())
            } catch {
                // Only a wrong argument can fail; going on would spin. The connections close with the process.
                return
            }
            now = MonotonicClock.nanoseconds
            turn &+= 1
            turnAllowance = min(Self.turnSize, max(Self.leastTurnSize, Self.roundSize / max(1, count)))
            date.update(to: WallClock.coarseSeconds)
            dropStaleAnswers()
            for message in inbox.take() { take(message) }
            for index in 0..<count {
                let token = epoll.token(at: index)
                switch token >> 32 {
                case 0: serve(Int(truncatingIfNeeded: token), epoll.events(at: index))
                // Its messages were taken above.
                case Token.inbox >> 32: break
                default: accept(Int(token & 0xFFFF_FFFF), loops)
                }
            }
            if now >= nextSweep { sweep() }
        }
    }

    /// Forgets the cached answers when a responder's have changed.
    ///
    /// Once a turn is enough: a request sent after the change has its event in a later turn.
    private func dropStaleAnswers() {
        for endpoint in generations.indices {
            let generation = state.endpoints[endpoint].responder.generation
            guard generation != generations[endpoint] else { continue }
            generations[endpoint] = generation
            cache.removeAll()
            examples[endpoint] = [:]
        }
    }

    /// How long the next wait may take, in milliseconds; -1 where nothing has a deadline.
    private func patience() -> Int32 {
        let hasDeadline = connectionCount > 0 || !paused.isEmpty || isDraining || surge.isOpen
        guard inbox.beginRest(hasDeadline ? .dozing : .asleep) else { return 0 }
        guard hasDeadline else { return -1 }
        let left = nextSweep > now ? nextSweep - now : 0
        return Int32(truncatingIfNeeded: left / 1_000_000 + 1)
    }

    // MARK: Connections

    private func accept(_ endpoint: Int, _ loops: [EventLoop]) {
        guard !isDraining else { return }
        let served = state.endpoints[endpoint]
        for _ in 0..<Self.acceptBatch {
            guard served.connections.load(ordering: .acquiring) < state.limits.maxConnections else {
                return pause(endpoint)
            }
            do throws(SystemError) {
                var origin = Origin.local
                guard let descriptor = try Socket.accept(on: served.number, origin: &origin) else { return }
                guard served.shares.take(origin) else {
                    // Closed as it goes out of scope. It can't wait in the queue, where others stand behind it.
                    statistics.refused.add(1)
                    continue
                }
                served.connections.add(1, ordering: .relaxed)
                let loop = loops[nextLoop % loops.count]
                nextLoop = (nextLoop + 1) % loops.count
                let number = descriptor.number
                let token = Token.connection(number)
                do throws(SystemError) {
                    if loop === self {
                        try epoll.add(number, .readable, token: token)
                        open(descriptor.release(), endpoint: endpoint, origin: origin, birth: turn)
                    } else {
                        try loop.inbox.post(
                            accepted: number,
                            endpoint: endpoint,
                            origin: origin,
                            to: loop.epoll,
                            token: token
                        )
                        _ = descriptor.release()
                    }
                } catch {
                    served.forget(origin)
                    throw error
                }
            } catch {
                // Out of descriptors or memory: those who wait keep waiting in the kernel's queue, and the level-
                // triggered set does not report them again and again.
                return pause(endpoint)
            }
        }
    }

    /// Stops accepting until the next sweep; meanwhile all loops close what has been idle for long.
    private func pause(_ endpoint: Int) {
        state.crowdedAt.store(now, ordering: .relaxed)
        watch(endpoint, [])
        paused.append(endpoint)
    }

    private func watch(_ endpoint: Int, _ events: Epoll.Events) {
        let token = Token.listening | UInt64(endpoint)
        do throws(SystemError) {
            try epoll.modify(state.endpoints[endpoint].number, events, token: token)
        } catch {
            // The number is in the set, so this can't fail but for memory; the next sweep tries again.
            if !paused.contains(endpoint) { paused.append(endpoint) }
        }
    }

    /// Takes over an accepted connection that is in the epoll set already.
    ///
    /// - Parameter birth: of ``Connection/birth``.
    func open(_ number: Int32, endpoint: Int, origin: Origin, birth: UInt64 = 0) {
        let served = state.endpoints[endpoint]
        var session: TLSSession?
        if served.isSecure {
            do throws(OpenSSLError) {
                session = try TLSSession(acceptor: acceptor(for: endpoint), transport: transport)
            } catch {
                // Out of memory: this connection is given up, the others go on.
                _ = FileDescriptor(owning: number)
                served.forget(origin)
                return
            }
        }
        let place = Int(number)
        while connections.count <= place {
            connections.append(nil)
            deadlines.append(0)
        }
        nextSerial += 1
        connections[place] = Connection(
            owning: number,
            serial: nextSerial,
            endpoint: endpoint,
            origin: origin,
            birth: birth,
            session: session
        )
        deadlines[place] = now + timeouts.header
        connectionCount += 1
        surge.count()
        statistics.connections.add(1)
    }

    /// This loop's own TLS context, made anew after the certificate was replaced.
    private func acceptor(for endpoint: Int) throws(OpenSSLError) -> TLSAcceptor {
        let served = state.endpoints[endpoint]
        if let known = acceptors[endpoint], known.version == served.tlsVersion { return known.acceptor }
        let (context, version) = served.tls
        guard let context else { throw OpenSSLError(doing: "accept a connection", reason: "no certificate") }
        let acceptor = try context.makeAcceptor()
        acceptors[endpoint] = (acceptor, version)
        return acceptor
    }

    /// Forgets a connection; its descriptor is closed with the last reference to it.
    func close(_ connection: Connection) {
        if connection.logged != nil { log(connection, isComplete: false) }
        let place = Int(connection.number)
        connections[place] = nil
        deadlines[place] = 0
        connectionCount -= 1
        surge.count()
        statistics.connections.subtract(1)
        state.endpoints[connection.endpoint].forget(connection.origin)
        giveBack(connection)
        release(connection)
        held -= connection.leftover.count + connection.cipherLeftover.count
        // A loop without connections doesn't look again.
        if connectionCount == 0 { statistics.buffered.set(UInt64(max(0, held))) }
    }

    /// Changes what is awaited on a connection, where it changes.
    func setInterest(_ connection: Connection, _ events: Epoll.Events) {
        guard connection.interest != events else { return }
        connection.interest = events
        do throws(SystemError) {
            try epoll.modify(connection.number, events, token: Token.connection(connection.number))
        } catch {
            connection.phase = .broken
        }
    }

    // MARK: Time

    /// Looks at all deadlines: an array of numbers, cheaper than a timer for each connection.
    private func sweep() {
        nextSweep = now + sweepInterval
        if surge.isOver() { state.workers.run { FreedMemory.giveBack() } }
        statistics.buffered.set(UInt64(max(0, held)))
        for endpoint in paused { watch(endpoint, .readable) }
        paused.removeAll(keepingCapacity: true)
        for place in deadlines.indices where deadlines[place] != 0 && deadlines[place] <= now {
            deadlines[place] = 0
            if let connection = connections[place] { expire(connection) }
        }
        let crowded = state.crowdedAt.load(ordering: .relaxed)
        if crowded != 0, crowded + 2 * sweepInterval > now { shedIdle() }
    }

    /// Closes what can be closed; whether nothing is left.
    private func drain() -> Bool {
        if !isDraining {
            isDraining = true
            for endpoint in listening { state.endpoints[endpoint].close() }
            paused.removeAll()
            for connection in connections { if let connection, connection.isIdle { takeLast(connection) } }
        }
        if state.stage.load(ordering: .acquiring) == .cutting {
            for connection in connections { if let connection { close(connection) } }
        }
        return connectionCount == 0
    }

    /// Whether the answers given now are the last ones of their connections.
    var endsConnections: Bool { isDraining }
}
