/// What a server bears before it says no. Times are exact to about a quarter of the shortest one, or half a second.
package struct ServerLimits: Sendable {
    /// Connections at a time on each endpoint; more wait in the kernel's queue until one ends.
    package var maxConnections = 10_000
    /// For the TLS handshake and a request's head, from the connection's or the request's first byte.
    package var headerTimeout = Duration.seconds(10)
    /// For a request's body, all of it.
    package var bodyTimeout = Duration.seconds(30)
    /// Between two requests.
    package var idleTimeout = Duration.seconds(60)
    /// For the client to take some of an answer.
    package var sendTimeout = Duration.seconds(60)
    /// The largest request body, in bytes: requests here are questions, the few that change something have none.
    package var maxBody = 65_536
    /// Of answers kept ready, in bytes for each event loop.
    package var cacheSize = 16 << 20
    /// Answers being decided or files being read from the disk at a time.
    package var workers = 16

    package init() {}
}
