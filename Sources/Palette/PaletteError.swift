package import Curl

/// Why Palette's SCAR endpoint could not be read or set.
package enum PaletteError: Error, Hashable, Sendable {
    /// An answer of Palette's with a status that means failure.
    package struct Reply: Hashable, Sendable {
        /// `HOST:PORT`.
        package let host: String
        package let status: Int
        /// ` (…)`, what Palette says of it; empty where it says nothing.
        package let detail: String
    }

    /// What was typed is no address that a password may be sent to.
    case badAddress(String)
    /// What was typed is no SCAR endpoint.
    case badEndpoint(String)
    /// No answer came.
    case transfer(TransferError, attempt: String)
    /// Name and password were not taken (`isLogin`), or they don't suffice.
    case refused(Reply, username: String, isLogin: Bool, attempt: String)
    /// What was asked for is nothing that Palette does.
    case rejected(Reply, attempt: String)
    /// There is no such resource: no Palette (`isLogin`), or one that doesn't know it.
    case notThere(Reply, isLogin: Bool, attempt: String)
    /// The answer points elsewhere, to another `HOST:PORT` or the same.
    case redirected(Reply, to: String?, attempt: String)
    /// 408, 429 or 5xx.
    case unavailable(Reply, attempt: String)
    case unexpectedStatus(Reply, attempt: String)
    /// An answer that can't be understood, and is not guessed at.
    case malformed(host: String, reason: String, attempt: String)
    /// Palette took an endpoint, and has another one afterwards.
    case otherEndpoint(host: String, set: ScarEndpoint, found: String?)
    /// Palette took an endpoint, and could not be asked for it afterwards.
    indirect case unconfirmed(PaletteError, set: ScarEndpoint)
    /// The endpoint is set, and jobs, each with an error of its own, are not started.
    case jobsNotStarted([PaletteError], host: String)

    /// Whether it is what was typed, and nothing was attempted.
    package var isUsage: Bool {
        switch self {
        case .badAddress, .badEndpoint: true
        default: false
        }
    }

    /// Whether trying again can help without anyone changing anything.
    package var isTransient: Bool {
        switch self {
        case .transfer(let error, _):
            if case .timeout = error.cause { true } else { error.isTransient }
        case .unavailable, .otherEndpoint: true
        case .unconfirmed(let error, _): error.isTransient
        default: false
        }
    }
}
