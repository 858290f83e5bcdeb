internal import Dispatch
internal import Platform
internal import Synchronization

/// Waits for SIGTERM or SIGINT; a second one ends the process at once.
final class SignalWatch {
    private let sources: [any DispatchSourceSignal]
    private let received = DispatchSemaphore(value: 0)

    init() {
        let received = received
        let queue = DispatchQueue(label: "specman.signals")
        let count = Counter()
        sources = Signals.termination.map { number in
            Signals.ignore(number)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                if count.next() > 1 { ProcessFacts.exit(1) }
                received.signal()
            }
            source.resume()
            return source
        }
        // Who hangs up a terminal, or expects a reload, must not stop a daemon.
        Signals.ignore(Signals.hangUp)
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
