internal import Dispatch
package import OpenSSL
package import Platform
internal import Synchronization

/// An HTTP/1.1 server on one or more endpoints: an event loop a core, each on a Dispatch queue of its own for good.
///
/// Knows nothing of what it serves: what is not in the loops' caches of ready answers is asked of a ``Responder``.
package final class Server: Sendable {
    private let state: ServerState
    private let loops: [EventLoop]
    private let running = DispatchGroup()
    private let isStarted = Mutex(false)

    /// Binds all endpoints and listens, so that clients can connect; they are answered from ``start()`` on.
    ///
    /// - Parameters:
    ///   - responders: One for each endpoint, in the same order.
    ///   - loops: How many event loops; as many as cores by default.
    /// - Throws: ``ListenerError``; nothing stays bound then.
    package init(
        endpoints: [Endpoint],
        responders: [any Responder],
        limits: ServerLimits = ServerLimits(),
        loops: Int = Processors.count
    ) throws(ListenerError) {
        guard endpoints.count == responders.count else {
            throw .unmatchedResponders(endpoints: endpoints.count, responders: responders.count)
        }
        Signals.ignoreBrokenPipes()
        var served: [ServedEndpoint] = []
        for (endpoint, responder) in zip(endpoints, responders) {
            served.append(try ServedEndpoint(endpoint, responder: responder, share: limits.share))
        }
        state = ServerState(endpoints: served, limits: limits, loops: max(1, loops))
        var made: [EventLoop] = []
        do throws(SystemError) {
            for index in 0..<max(1, loops) { made.append(try EventLoop(index: index, state: state)) }
            for index in served.indices { try made[index % made.count].listen(to: index) }
        } catch {
            throw .failed(address: served.first?.address.description ?? "", error)
        }
        self.loops = made
    }

    /// Begins to serve. Has no effect the second time.
    package func start() {
        let isFirst = isStarted.withLock { isStarted in
            defer { isStarted = true }
            return !isStarted
        }
        guard isFirst else { return }
        for loop in loops {
            let queue = DispatchQueue(label: "specman.listener.loop.\(loop.index)")
            queue.async(group: running) { [loops] in loop.run(loops) }
        }
    }

    /// Stops accepting, closes idle connections, lets running answers end, and closes the rest after `drainTimeout`.
    /// Returns when everything is closed; not to be called from a responder.
    package func stop(drainTimeout: Duration = .seconds(20)) {
        guard isStarted.withLock({ $0 }) else { return }
        enter(.draining)
        let limit = DispatchTime.now() + .nanoseconds(Int(clamping: drainTimeout.inNanoseconds))
        if running.wait(timeout: limit) == .timedOut {
            enter(.cutting)
            running.wait()
        }
        // What was accepted for a loop that had ended already.
        for loop in loops {
            for case .accepted(let number, _, _) in loop.inbox.take() { _ = FileDescriptor(owning: number) }
        }
    }

    /// What an endpoint is bound to; the real port where 0 was asked for.
    package func boundAddress(of endpoint: Int) -> SocketAddress {
        state.endpoints[endpoint].address
    }

    /// New connections to an endpoint get another certificate; open ones keep theirs.
    package func replaceTLS(of endpoint: Int, with context: TLSContext) {
        state.endpoints[endpoint].replace(context)
    }

    /// What the server has done so far. May be read at any time, at no cost to the loops.
    package var statistics: ServerStatistics {
        ServerStatistics(loops.map(\.statistics))
    }

    /// Has the loops forget the answers they keep where a ``Responder/generation`` has grown, if they have nothing else to do:
    /// one that sleeps would hold the files of what is removed open, and the disk couldn't free them.
    package func noteChange() {
        for loop in loops { loop.inbox.wake() }
    }

    private func enter(_ stage: ServerState.Stage) {
        state.stage.store(stage, ordering: .releasing)
        for loop in loops { loop.inbox.wake() }
    }
}
