package import HTTP
package import Platform

/// What decides the answers that a server gives.
///
/// A class, so that an event loop can ask for the ``generation`` without copying what the responder consists of.
package protocol Responder: AnyObject, Sendable {
    /// Grows whenever repeatable answers given before may have become wrong; a change drops those that the event
    /// loops keep. Read once for each batch of events, so it has to be cheap: an atomic load.
    var generation: UInt64 { get }

    /// Decides an answer and hands it to `reply`, once. Called on a worker queue, several at a time; may block there for
    /// the disk. What has to wait for more than that replies later, from any thread: it must not hold a worker.
    func answer(to request: Request, reply: @escaping @Sendable (Answer<SharedFile>) -> Void)

    /// The file that is the answer to a plain request (``RequestHead/isPlain``) without a body, where that is known without
    /// waiting for anything; `nil` for every other, which goes to a worker. Called on an event loop.
    func fileAtOnce(_ head: RequestHead, in bytes: Span<UInt8>) -> FoundFile<SharedFile>?

    /// Who is told of each answer; `nil` where nobody wants to know.
    var log: (any RequestLog)? { get }

    /// What every answer has: given to those, too, that the listener decides itself, as a request was malformed, came too
    /// slowly or came when there was no room. Read once.
    var refusalFields: Fields { get }
}

extension Responder {
    package func fileAtOnce(_ head: RequestHead, in bytes: Span<UInt8>) -> FoundFile<SharedFile>? { nil }

    package var log: (any RequestLog)? { nil }

    package var refusalFields: Fields { Fields() }
}

/// A responder whose answers are all there at once.
package protocol ImmediateResponder: Responder {
    /// Decides an answer; may block for the disk.
    func answer(to request: Request) -> Answer<SharedFile>
}

extension ImmediateResponder {
    package func answer(to request: Request, reply: @escaping @Sendable (Answer<SharedFile>) -> Void) {
        reply(answer(to: request))
    }
}
