internal import CCurl

/// How far a connection came, on the way that transfers take: the same names, proxies and trust.
package struct ConnectionProbe: Sendable {
    /// The proxy that is used and the variable that says so, without the password in it; `nil` for none.
    package struct Proxy: Hashable, Sendable {
        package let variable: String
        package let url: String
    }

    package let proxy: Proxy?
    /// `ADDRESS:PORT` of whom the connection was made to, the proxy where there is one; `nil` where none was made.
    package let peer: String?
    /// From the beginning to the TCP connection; zero where it isn't known, as after a failed handshake.
    package let connected: Duration
    /// The certificates that the server has sent (PEM), its own first; empty without TLS, or where it was refused.
    package let chain: [[UInt8]]
    /// `nil` where everything went well, TLS included.
    package let failure: TransferError?
}

extension TransferClient {
    /// The most certificates of a chain that are looked at; OpenSSL itself takes no longer ones than 100.
    private static let longestChain = 100

    /// Connects, with TLS where the URL has it, and sends nothing: no request, no credentials.
    ///
    /// - Parameter verifying: `false` to see the certificate of a server that isn't trusted.
    package func probe(_ url: TransferURL, verifying: Bool, timeout: Duration) -> ConnectionProbe {
        // A handle of its own: a connection that is kept alive would answer for a new one.
        guard let handle = EasyHandle() else {
            return ConnectionProbe(
                proxy: nil,
                peer: nil,
                connected: .zero,
                chain: [],
                failure: .badRequest(host: url.origin.description, reason: "libcurl can't be initialised")
            )
        }
        let talk = Talk()
        var reason = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))
        let code = withExtendedLifetime(talk) {
            reason.withUnsafeMutableBytes { buffer in
                apply(TransferRequest(.get, url, timeout: timeout), isFirst: true, to: handle)
                handle.set(CURLOPT_CONNECT_ONLY, 1)
                handle.set(CURLOPT_CERTINFO, 1)
                handle.set(CURLOPT_VERBOSE, 1)
                handle.set(CURLOPT_DEBUGDATA, Unmanaged.passUnretained(talk).toOpaque())
                _ = specman_curl_set_debug(handle.raw, listen)
                if !verifying {
                    handle.set(CURLOPT_SSL_VERIFYPEER, 0)
                    handle.set(CURLOPT_SSL_VERIFYHOST, 0)
                }
                handle.set(CURLOPT_ERRORBUFFER, buffer.baseAddress)
                defer {
                    handle.set(CURLOPT_ERRORBUFFER, nil as UnsafeMutableRawPointer?)
                    handle.set(CURLOPT_VERBOSE, 0)
                    handle.set(CURLOPT_DEBUGDATA, nil as UnsafeMutableRawPointer?)
                }
                return specman_curl_perform(handle.raw)
            }
        }
        let text = String(decoding: reason.prefix(while: { $0 != 0 }).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let microseconds = handle.offset(CURLINFO_CONNECT_TIME_T)
        let address = handle.string(CURLINFO_PRIMARY_IP).map { $0.contains(":") ? "[\($0)]" : $0 }
        let failure = code == CURLE_OK ? nil : TransferError(code, text, url: url, proxy: nil, handle: handle)
        let isConnected = microseconds > 0 || talk.isConnected || failure?.isBehindConnection ?? true
        let chain = (0..<Self.longestChain).lazy
            .map { specman_curl_certificate(handle.raw, Int32($0)) }
            .prefix { $0 != nil }
            .compactMap { $0.map { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) } }
        return ConnectionProbe(
            proxy: proxy(for: url).map { ConnectionProbe.Proxy(variable: $0.variable, url: $0.url) },
            peer: isConnected
                ? address.map { "\($0):\(handle.long(CURLINFO_PRIMARY_PORT))" } ?? url.origin.description : nil,
            connected: .microseconds(microseconds),
            chain: Array(chain),
            failure: failure
        )
    }
}

extension TransferError {
    /// Whether it can only happen once a connection stands.
    fileprivate var isBehindConnection: Bool {
        switch self {
        case .tls, .badCertificateFile, .interrupted, .badAnswer: true
        default: false
        }
    }
}

/// What libcurl says of its doing. It lives for one transfer, on one thread.
private final class Talk {
    /// Whether TCP stands; said before TLS begins, which may stall.
    private(set) var isConnected = false

    func hear(_ line: String) {
        if line.hasPrefix("Connected to ") { isConnected = true }
    }
}

/// `CURLOPT_DEBUGFUNCTION(3)`.
private func listen(
    _ handle: UnsafeMutableRawPointer?,
    _ kind: curl_infotype,
    _ text: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int32 {
    guard kind == CURLINFO_TEXT, let text, let context else { return 0 }
    let bytes = UnsafeRawBufferPointer(start: text, count: size)
    Unmanaged<Talk>.fromOpaque(context).takeUnretainedValue().hear(String(decoding: bytes, as: UTF8.self))
    return 0
}
