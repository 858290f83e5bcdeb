internal import CCurl

extension TransferError {
    /// What a `CURLcode` and the text in libcurl's error buffer mean (`libcurl-errors(3)`).
    init(_ code: CURLcode, _ text: String, url: TransferURL, proxy: Proxy?, handle: EasyHandle) {
        let reason = text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
        guard let proxy else {
            self.init(code, reason, url: url, handle: handle)
            return
        }
        if let failure = ProxyFailure(code, reason, handle: handle) {
            self = .proxy(proxy.name, for: url.origin.description, failure)
            return
        }
        let cause = TransferError(code, reason, url: url, handle: handle)
        switch cause {
        // Ended from our side, whatever is on the way.
        case .cancelled, .timeout, .badRequest, .badCertificateFile: self = cause
        default: self = .proxied(cause, proxy: proxy.name)
        }
    }

    private init(_ code: CURLcode, _ reason: String, url: TransferURL, handle: EasyHandle) {
        let host = url.origin.description
        switch code {
        case CURLE_URL_MALFORMAT: self = .badRequest(host: host, reason: reason)
        case CURLE_COULDNT_RESOLVE_HOST: self = .nameNotResolved(host: host)
        case CURLE_COULDNT_RESOLVE_PROXY: self = .unreachable(host: host, reason: "the proxy's name does not resolve")
        case CURLE_COULDNT_CONNECT:
            let refused = specman_is_connection_refused(handle.long(CURLINFO_OS_ERRNO)) != 0
            self = refused ? .refused(host: host) : .unreachable(host: host, reason: reason)
        case CURLE_OPERATION_TIMEDOUT:
            // One code for three things; libcurl's words tell them apart.
            if reason.contains("too slow") {
                self = .stalled(host: host)
            } else {
                self = reason.contains("Operation timed out") ? .timeout(host: host) : .connectTimeout(host: host)
            }
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
            self = .tls(host: host, TLSFailure(verification: reason, url: url))
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_USE_SSL_FAILED:
            self = .tls(host: host, TLSFailure(handshake: reason))
        case CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CRL_BADFILE:
            self = .badCertificateFile(host: host, reason: reason)
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR:
            // With TLS 1.3 the server refuses our certificate only after the handshake is over for us.
            self =
                reason.contains("certificate required") || reason.contains("alert bad certificate")
                ? .tls(host: host, .clientCertificateRequired) : .interrupted(host: host, reason: reason)
        case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_SEND_FAIL_REWIND:
            self = .interrupted(host: host, reason: reason)
        case CURLE_ABORTED_BY_CALLBACK: self = .cancelled(host: host)
        // A weird reply, and HTTP/0.9 that is taken for an unsupported protocol, since our scheme is checked before.
        default: self = .badAnswer(host: host, reason: reason)
        }
    }
}

extension TransferError.ProxyFailure {
    /// `nil` where the proxy itself is not what failed.
    fileprivate init?(_ code: CURLcode, _ reason: String, handle: EasyHandle) {
        let status = handle.long(CURLINFO_HTTP_CONNECTCODE)
        switch code {
        // tinyproxy answers 401 to a wrong password.
        case _ where status == 407 || status == 401: self = .authenticationRequired
        case _ where status >= 300: self = .status(status)
        case CURLE_COULDNT_RESOLVE_PROXY: self = .nameNotResolved
        case CURLE_COULDNT_CONNECT:
            let refused = specman_is_connection_refused(handle.long(CURLINFO_OS_ERRNO)) != 0
            self = refused ? .refused : .unreachable(reason: reason)
        case CURLE_PROXY: self = .unreachable(reason: reason)
        default: return nil
        }
    }
}

extension TransferError.TLSFailure {
    /// Why a certificate was not accepted; the sentences are OpenSSL's (`X509_verify_cert_error_string(3)`) and libcurl's.
    fileprivate init(verification reason: String, url: TransferURL) {
        if reason.contains("expired") {
            self = .expired
        } else if reason.contains("not yet valid") {
            self = .notYetValid
        } else if reason.contains("does not match") || reason.contains("no alternative certificate subject name") {
            let name = url.hostName
            let isAddress = name.contains(":") || name.utf8.allSatisfy { $0 == UInt8(ascii: ".") || $0 & 0xF0 == 0x30 }
            self = isAddress ? .addressMismatch : .nameMismatch
        } else if let colon = reason.firstRange(of: "certificate problem: ") {
            self = .unknownAuthority(reason: String(reason[colon.upperBound...]))
        } else {
            self = .other(reason)
        }
    }

    fileprivate init(handshake reason: String) {
        if reason.contains("wrong version number") || reason.contains("packet length too long")
            || reason.contains("unexpected message") || reason.contains("http request")
        {
            self = .notTLS
        } else if reason.contains("certificate required") || reason.contains("alert bad certificate") {
            self = .clientCertificateRequired
        } else {
            self = .other(reason)
        }
    }
}
