package import HTTP
package import Platform

/// What decides the answers that a server gives.
package protocol Responder: Sendable {
    /// Grows whenever repeatable answers given before may have become wrong; a change drops those that the event
    /// loops keep. Read once for each batch of events, so it has to be cheap: an atomic load.
    var generation: UInt64 { get }

    /// Decides an answer. Called on a worker queue, several at a time; may block, for as long as the client may wait.
    func answer(to request: Request) -> Answer<SharedFile>

    /// Decides an answer and hands it to `reply`, once; later and from any thread where it has to wait for something
    /// that must not hold a worker.
    func answer(to request: Request, reply: @escaping @Sendable (Answer<SharedFile>) -> Void)

    /// Who is told of each answer; `nil` where nobody wants to know.
    var log: (any RequestLog)? { get }
}

extension Responder {
    package func answer(to request: Request, reply: @escaping @Sendable (Answer<SharedFile>) -> Void) {
        reply(answer(to: request))
    }

    package var log: (any RequestLog)? { nil }
}
