internal import Dispatch
internal import Platform
internal import Synchronization

/// Waits for SIGTERM or SIGINT; a second one ends the process at once. SIGHUP is told of, and never ends anything.
final class SignalWatch {
    private let sources: [any DispatchSourceSignal]
    private let received = DispatchSemaphore(value: 0)

    /// - Parameter onHangUp: called for each SIGHUP, on the queue of the signals.
    init(onHangUp: @escaping @Sendable () -> Void) {
        let received = received
        let count = Counter()
        let stop: @Sendable () -> Void = {
            if count.next() > 1 { ProcessFacts.exit(1) }
            received.signal()
        }
        let queue = DispatchQueue(label: "specman.signals")
        sources = (Signals.termination.map { ($0, stop) } + [(Signals.hangUp, onHangUp)]).map { number, handler in
            Signals.ignore(number)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler(handler: handler)
            source.resume()
            return source
        }
    }

    /// Returns when the daemon shall stop.
    func wait() {
        received.wait()
        withExtendedLifetime(sources) {}
    }
}

/// How often something has happened.
private final class Counter: Sendable {
    private let value = Atomic<Int>(0)

    func next() -> Int { value.add(1, ordering: .relaxed).newValue }
}
