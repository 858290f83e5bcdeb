internal import HTTP
internal import OpenSSL
internal import Platform

/// One client's connection: what has to be remembered of it between two events. Belongs to one event loop.
final class Connection {
    /// What it does.
    enum Phase: Equatable {
        /// The TLS handshake.
        case handshaking
        /// Idle, or a part of a request's head is there.
        case readingHead
        case readingBody
        /// A worker decides the answer.
        case deciding
        /// An answer is being sent.
        case sending
        /// A worker reads the next part of a file, or makes the next piece of a body.
        case readingDisk
        /// The last of the output is on its way, then it is closed.
        case closing
        /// Nothing is sent any more; what still comes is dropped until the client closes, so that the last answer
        /// is not lost to a reset (RFC 9112 section 9.6).
        case lingering
        /// To be closed at the end of this turn.
        case broken
    }

    /// A request whose body is being read.
    struct Incomplete {
        let head: RequestHead
        let headBytes: [UInt8]
        var chunks: ChunkedDecoder?
        var remaining: Int
        /// When its time began, in nanoseconds.
        var begun: UInt64
        var body: [UInt8] = []
    }

    /// In which a client has to take its part of an answer.
    struct SendWindow {
        /// What it had acknowledged when the window began, in bytes since the connection's beginning.
        let acknowledged: UInt64
        /// In nanoseconds.
        let end: UInt64
    }

    private let descriptor: FileDescriptor
    /// Never given to another connection, unlike the number.
    let serial: UInt64
    let endpoint: Int
    let origin: Origin
    /// The loop's turn in which it was accepted, 0 where another loop did that: an event of that turn may be one of whose number
    /// it was before.
    let birth: UInt64
    /// `nil` where it has no TLS.
    let session: TLSSession?
    let isSecure: Bool
    var phase: Phase
    /// What is awaited in the epoll set.
    var interest = Epoll.Events.readable

    /// Decrypted input that was not used yet: a part of a request, or requests behind the one being answered.
    var leftover: [UInt8] = []
    /// Ciphertext that was not used yet.
    var cipherLeftover: [UInt8] = []
    /// Whether there is any of the two.
    var hasLeftovers = false
    /// How far the parser is in `leftover`; `nil` at the beginning of a request.
    var parser: RequestParser?
    /// What the deadline was before a part of a head seemed to have come, in nanoseconds.
    var idleDeadline: UInt64 = 0
    /// Output that the kernel did not take yet.
    var unsent: TransportBuffer?
    /// Bytes given to the kernel, in all.
    var sent: UInt64 = 0
    /// Runs while an answer waits for the client.
    var window: SendWindow?
    var sending: Sending?
    var incomplete: Incomplete?
    /// In bytes: what the request that is being read or decided may hold, counted in the loop's ``EventLoop/held``.
    var reserved = 0

    /// When the request being answered arrived, in nanoseconds.
    var requestStart: UInt64 = 0
    /// An index of ``LoopStatistics/methods``.
    var method = 0
    var status = 0
    var keepsAlive = true
    /// Whether the client has to be told that the connection is kept, as HTTP/1.0 has it.
    var announcesKeepAlive = false
    /// Whether more may come that nobody will read, so that closing at once could lose the answer.
    var lingers = false
    /// Bytes dropped while lingering.
    var dropped = 0
    var peer: Peer?
    /// What the access log will say of the request being answered; `nil` where nobody wants to know.
    var logged: LoggedRequest?

    init(
        owning number: Int32,
        serial: UInt64,
        endpoint: Int,
        origin: Origin,
        birth: UInt64,
        session: TLSSession?
    ) {
        descriptor = FileDescriptor(owning: number)
        self.birth = birth
        self.serial = serial
        self.endpoint = endpoint
        self.origin = origin
        isSecure = session != nil
        self.session = session
        phase = isSecure ? .handshaking : .readingHead
    }

    var number: Int32 { descriptor.number }

    /// Whether the next bytes of requests can be used now.
    var readsRequests: Bool { (phase == .readingHead || phase == .readingBody) && unsent == nil }

    /// Whether input can be used now.
    var takesInput: Bool { readsRequests || (phase == .handshaking && unsent == nil) }

    /// Whether it waits for a request of which nothing has come.
    var isIdle: Bool { phase == .readingHead && !hasLeftovers && unsent == nil }
}
