package import HTTP
package import Platform

/// What decides the answers that a server gives.
package protocol Responder: Sendable {
    /// Grows whenever repeatable answers given before may have become wrong; a change drops those that the event
    /// loops keep. Read once for each batch of events, so it has to be cheap: an atomic load.
    var generation: UInt64 { get }

    /// Decides an answer. Called on a worker queue, several at a time; may block, for as long as the client may wait.
    func answer(to request: Request) -> Answer<SharedFile>
}
