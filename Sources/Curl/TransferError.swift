/// A transfer that failed before a whole answer was there. Answers of any status are no errors.
package enum TransferError: Error, Hashable, Sendable {
    /// The request can't be sent: a field name or value holds control bytes.
    case badRequest(host: String, reason: String)
    case nameNotResolved(host: String)
    case refused(host: String)
    /// No route, network down, or another reason not to get through.
    case unreachable(host: String, reason: String)
    case connectTimeout(host: String)
    case tls(host: String, TLSFailure)
    /// The CA file, the client certificate or its key can't be used.
    case badCertificateFile(host: String, reason: String)
    /// Slower than the stall's limit for too long.
    case stalled(host: String)
    /// The time for the whole transfer was up.
    case timeout(host: String)
    /// The connection broke after it was made: a cut body, a reset, no answer at all.
    case interrupted(host: String, reason: String)
    case headTooLarge(host: String, limit: Int)
    case bodyTooLarge(host: String, limit: Int)
    /// The answer is no HTTP.
    case badAnswer(host: String, reason: String)
    case badRedirect(host: String, to: String, reason: String)
    case cancelled(host: String)
    /// The proxy, named without its password, doesn't lead to the host.
    case proxy(String, for: String, ProxyFailure)
    /// The proxy does, but something fails behind it or on the way to it.
    indirect case proxied(TransferError, proxy: String)

    /// What is wrong with a proxy.
    package enum ProxyFailure: Hashable, Sendable {
        case nameNotResolved
        case refused
        case unreachable(reason: String)
        /// It wants a name and a password, or others.
        case authenticationRequired
        /// It answers `CONNECT` with this status.
        case status(Int)
    }

    /// Why TLS was not established.
    package enum TLSFailure: Hashable, Sendable {
        /// Signed by none of the trusted authorities, self-signed included.
        case unknownAuthority(reason: String)
        /// Valid, but for other names.
        case nameMismatch
        /// Has no IP address among its subject alternative names, though it was reached by one.
        case addressMismatch
        case expired
        case notYetValid
        /// The server wants a certificate of ours.
        case clientCertificateRequired
        /// The other side speaks something else, most likely plain HTTP.
        case notTLS
        case other(String)
    }

    /// Whether trying again can help without anyone changing anything.
    package var isTransient: Bool {
        switch self {
        case .nameNotResolved, .refused, .unreachable, .connectTimeout, .stalled, .interrupted: true
        case .proxy(_, _, .authenticationRequired): false
        case .proxy(_, _, .status(let status)): status >= 500
        case .proxy: true
        case .proxied(let cause, _): cause.isTransient
        case .badRequest, .tls, .badCertificateFile, .timeout, .headTooLarge, .bodyTooLarge, .badAnswer, .badRedirect,
            .cancelled:
            false
        }
    }

    /// Host and port that the failure concerns.
    package var host: String {
        switch self {
        case .badRequest(let host, _), .nameNotResolved(let host), .refused(let host), .unreachable(let host, _),
            .connectTimeout(let host), .tls(let host, _), .badCertificateFile(let host, _), .stalled(let host),
            .timeout(let host), .interrupted(let host, _), .headTooLarge(let host, _), .bodyTooLarge(let host, _),
            .badAnswer(let host, _), .badRedirect(let host, _, _), .cancelled(let host), .proxy(_, let host, _):
            host
        case .proxied(let cause, _): cause.host
        }
    }

    /// What failed, whether through a proxy or not.
    package var cause: TransferError {
        if case .proxied(let cause, _) = self { return cause }
        return self
    }
}

extension TransferError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .badRequest(let host, let reason): "can't send the request to \(host): \(reason)"
        case .nameNotResolved(let host): "\(host): the name does not resolve; check its spelling and the DNS server"
        case .refused(let host): "\(host) refuses the connection; check that it runs and listens on this port"
        case .unreachable(let host, let reason):
            "\(host) can't be reached: \(reason); check the network, the firewall and the proxy settings"
        case .connectTimeout(let host):
            "\(host) did not accept a connection in time; check the network, the firewall and the proxy settings"
        case .tls(let host, let failure): "TLS with \(host) failed: \(failure)"
        case .badCertificateFile(let host, let reason): "TLS with \(host) was not tried: \(reason)"
        case .stalled(let host): "the transfer from \(host) stalled; check the network"
        case .timeout(let host): "the transfer from \(host) took longer than it may"
        case .interrupted(let host, let reason): "the connection to \(host) broke: \(reason)"
        case .headTooLarge(let host, let limit): "the answer of \(host) has more than \(limit) bytes of header"
        case .bodyTooLarge(let host, let limit):
            "the answer of \(host) is longer than the \(limit) bytes allowed for it"
        case .badAnswer(let host, let reason): "the answer of \(host) is no HTTP: \(reason)"
        case .badRedirect(let host, let to, let reason): "\(host) redirects to \(to), which is not followed: \(reason)"
        case .cancelled(let host): "the transfer from \(host) was cancelled"
        case .proxy(let proxy, let host, let failure):
            "the proxy \(proxy), through which \(host) is reached, \(failure)"
        case .proxied(let cause, let proxy): "through the proxy \(proxy): \(cause)"
        }
    }
}

extension TransferError.TLSFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownAuthority(let reason):
            "its certificate is signed by an unknown authority (\(reason)); trust its CA"
        case .nameMismatch: "its certificate is for other host names; use one of them or renew the certificate"
        case .addressMismatch:
            "its certificate has no IP SAN for this address; use a host name that it has or renew it with the address"
        case .expired: "its certificate has expired; renew it, or check this machine's clock"
        case .notYetValid: "its certificate is not valid yet; check this machine's clock"
        case .clientCertificateRequired: "it requires a client certificate that it trusts"
        case .notTLS: "it does not speak TLS on this port"
        case .other(let reason): reason
        }
    }
}

extension TransferError.ProxyFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .nameNotResolved: "has a name that does not resolve; check HTTPS_PROXY, HTTP_PROXY, and NO_PROXY"
        case .refused: "refuses the connection; check that it runs, HTTPS_PROXY and HTTP_PROXY, and NO_PROXY"
        case .unreachable(let reason): "can't be reached: \(reason); check HTTPS_PROXY, HTTP_PROXY, and NO_PROXY"
        case .authenticationRequired:
            "does not let us through without the right name and password; set HTTPS_PROXY and HTTP_PROXY to "
                + "http://NAME:PASSWORD@HOST:PORT"
        case .status(let status):
            "does not lead there: it answers \(status); have it allow the host and port, or name the host in NO_PROXY"
        }
    }
}
