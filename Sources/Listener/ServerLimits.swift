/// What a server bears before it says no. Times are exact to about a quarter of the shortest one, or half a second.
package struct ServerLimits: Sendable {
    /// Connections at a time on each endpoint; more wait in the kernel's queue until one ends, while those that have
    /// been idle for longest are closed.
    package var maxConnections = 10_000
    /// Connections at a time of one client on each endpoint, by ``Origin``; more are closed at once. `nil` for half of
    /// ``maxConnections``: one client alone can't keep the others out, and a whole cluster behind one address
    /// translation has thousands.
    package var maxConnectionsOfOneClient: Int?
    /// For the TLS handshake and a request's head, from the connection's or the request's first byte.
    package var headerTimeout = Duration.seconds(10)
    /// For a request's body before it has earned more: each byte of it that has come adds its time at ``leastRate``,
    /// so that a body which comes in drops doesn't last longer than this.
    package var bodyGrace = Duration.seconds(10)
    /// For a request's body, all of it, however fast it comes.
    package var bodyTimeout = Duration.seconds(30)
    /// Between two requests.
    package var idleTimeout = Duration.seconds(60)
    /// In which a client has to take ``leastRate`` of an answer.
    package var sendTimeout = Duration.seconds(60)
    /// In bytes a second: what a client has to take of an answer to be given more, over ``sendTimeout``, and to send of
    /// a request's body, beyond ``bodyGrace``. A modem was faster.
    package var leastRate = 1024
    /// The largest request body, in bytes: requests here are questions, the few that change something have none.
    package var maxBody = 65_536
    /// Of answers kept ready, in bytes over all event loops, each of which has a part of its own, 2 MiB at least: a host of
    /// many cores doesn't fill many times as much memory.
    package var cacheSize = 32 << 20
    /// In bytes, over all connections: what may wait in the server's memory for slow clients, and of their requests,
    /// until each connection gets only the least it needs.
    package var bufferSize = 64 << 20
    /// Answers being decided or files being read from the disk at a time.
    package var workers = 16

    package init() {}

    /// ``maxConnectionsOfOneClient``, or what stands for it.
    var share: Int { max(1, maxConnectionsOfOneClient ?? (maxConnections + 1) / 2) }
}
