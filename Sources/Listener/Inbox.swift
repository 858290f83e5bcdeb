internal import Platform
internal import Synchronization

/// What other threads have for an event loop.
enum Message: Sendable {
    /// A connection accepted for it, already in its epoll set.
    case accepted(number: Int32, endpoint: Int, origin: Origin)
    /// What a worker decided for the connection with that number and serial.
    case answer(number: Int32, serial: UInt64, ReadyAnswer, cache: (key: AnswerKey, generation: UInt64)?)
    /// What a worker read from the disk; `nil` where it failed or the file ended early.
    case chunk(number: Int32, serial: UInt64, [UInt8]?)
    /// What a worker made of a body, framed; `nil` where it failed.
    case piece(number: Int32, serial: UInt64, [UInt8]?, isLast: Bool)
}

/// The messages that wait for an event loop, and the descriptor that wakes it.
final class Inbox: Sendable {
    /// How a loop waits for its events.
    enum Rest: Sendable {
        /// Not at all: it looks here before it waits the next time.
        case awake
        /// Until something has a deadline.
        case dozing
        /// Without a time limit, so that even what is not urgent has to wake it.
        case asleep
    }

    private struct State {
        var messages: [Message] = []
        var rest = Rest.awake
        /// Whether the descriptor was signalled since the loop last took the messages.
        var isWoken = false
    }

    private let state = Mutex(State())
    private let event: EventDescriptor

    init() throws(SystemError) {
        event = try EventDescriptor()
    }

    /// To be watched by the loop.
    var number: Int32 { event.number }

    /// Adds a message, and wakes the loop where it waits.
    func post(_ message: Message) {
        state.withLock { state in
            state.messages.append(message)
            if state.rest != .awake { wake(&state) }
        }
    }

    /// Adds an accepted connection together with its place in the loop's epoll set, so that the loop never sees an
    /// event of a connection that it does not know. Wakes the loop only where it would sleep beyond the connection's
    /// deadline: otherwise the connection's first bytes do.
    func post(
        accepted number: Int32,
        endpoint: Int,
        origin: Origin,
        to epoll: Epoll,
        token: UInt64
    ) throws(SystemError) {
        var failure: SystemError?
        state.withLock { state in
            do throws(SystemError) {
                try epoll.add(number, .readable, token: token)
                state.messages.append(.accepted(number: number, endpoint: endpoint, origin: origin))
            } catch {
                failure = error
            }
            if state.rest == .asleep { wake(&state) }
        }
        if let failure { throw failure }
    }

    /// Wakes the loop.
    func wake() {
        state.withLock { wake(&$0) }
    }

    /// Signals once until the messages are taken; under the lock, so that ``take()`` sees both or neither.
    private func wake(_ state: inout sending State) {
        guard !state.isWoken else { return }
        state.isWoken = true
        event.signal()
    }

    /// Says that the loop is about to wait; `false` where it must not, as messages wait.
    func beginRest(_ rest: Rest) -> Bool {
        state.withLock { state in
            guard state.messages.isEmpty else { return false }
            state.rest = rest
            return true
        }
    }

    /// Takes all messages. Called by the loop alone, before it looks at the events of a turn.
    ///
    /// The descriptor becomes quiet here, under the lock: were it done later in the turn, it would swallow the signal
    /// for a message that came in between.
    func take() -> [Message] {
        state.withLock { state in
            state.rest = .awake
            if state.isWoken {
                state.isWoken = false
                event.clear()
            }
            guard !state.messages.isEmpty else { return [] }
            let taken = state.messages
            state.messages = []
            return taken
        }
    }
}
