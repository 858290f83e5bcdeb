internal import HTTP
internal import OpenSSL
internal import Platform
internal import Synchronization

/// An endpoint while it is served: what all event loops share of it.
final class ServedEndpoint: Sendable {
    private struct Identity {
        var context: TLSContext?
        var version: UInt64
    }

    let responder: any Responder
    let log: (any RequestLog)?
    /// Of ``Responder/refusalFields``.
    let refusalFields: Fields
    /// What it is bound to.
    let address: SocketAddress
    /// The listening socket's number, for the one loop that accepts from it.
    let number: Int32
    let isLocal: Bool
    let isSecure: Bool
    /// Open connections.
    let connections = Atomic<Int>(0)
    /// Of them, those of each client.
    let shares: ClientShares
    private let socket: Mutex<ListeningSocket?>
    private let identity: Mutex<Identity>
    private let version = Atomic<UInt64>(0)

    init(_ endpoint: Endpoint, responder: any Responder, share: Int) throws(ListenerError) {
        let socket = try ListeningSocket(endpoint)
        self.responder = responder
        log = responder.log
        refusalFields = responder.refusalFields
        address = socket.address
        number = socket.number
        self.socket = Mutex(socket)
        // Whoever may open the Unix socket administers the daemon.
        shares = ClientShares(limit: socket.address.isLocal ? .max : share)
        switch endpoint {
        case .tls(_, let context):
            isLocal = false
            isSecure = true
            identity = Mutex(Identity(context: context, version: 0))
        case .plain:
            isLocal = false
            isSecure = false
            identity = Mutex(Identity(context: nil, version: 0))
        case .unix:
            isLocal = true
            isSecure = false
            identity = Mutex(Identity(context: nil, version: 0))
        }
    }

    /// Grows with each replacement of the certificate.
    var tlsVersion: UInt64 { version.load(ordering: .acquiring) }

    /// The context for new connections, and its version.
    var tls: (context: TLSContext?, version: UInt64) {
        identity.withLock { ($0.context, $0.version) }
    }

    /// New connections get another certificate; those that are open keep theirs.
    func replace(_ context: TLSContext) {
        let version = identity.withLock { identity in
            identity.context = context
            identity.version += 1
            return identity.version
        }
        self.version.store(version, ordering: .releasing)
    }

    /// Counts a connection that has ended.
    func forget(_ origin: Origin) {
        // The share first: a client must not be refused for a place that is seen to be free already.
        shares.giveBack(origin)
        connections.subtract(1, ordering: .releasing)
    }

    /// Stops listening. To be called by the loop that accepts, as no one else may know when the number is free.
    func close() {
        socket.withLock { $0 = nil }
    }
}
