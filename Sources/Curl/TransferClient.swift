internal import CCurl
internal import Synchronization

/// Makes transfers with libcurl, which brings proxies, address selection, TLS and HTTP/2; connections are kept alive
/// between them.
///
/// Any number of threads may use it; each transfer blocks its own. SIGPIPE is held back for its length.
package final class TransferClient: Sendable {
    package let options: TransferOptions
    private let idle = Mutex<[EasyHandle]>([])

    /// How many handles, each with its connections, wait for the next transfer: as many as a poll has at once.
    private static let mostIdle = 8
    /// What libcurl reads at once, in bytes.
    private static let readSize = 256 << 10

    package init(_ options: TransferOptions = TransferOptions()) {
        self.options = options
    }

    /// Sends `request`, hands the body of the answer, whatever its status, to `receive` as it comes, and returns the
    /// head. A redirect that is followed shows nothing of itself.
    ///
    /// - Throws: ``TransferError``, or what `receive` or the body's reader threw, which ends the transfer.
    package func perform(
        _ request: TransferRequest,
        receive: (TransferResponse, RawSpan) throws -> Void
    ) throws -> TransferResponse {
        try withoutActuallyEscaping(receive) { deliver in
            let clock = ContinuousClock()
            let end = request.timeout.map { clock.now + $0 }
            var hop = request
            var followed = 0
            while true {
                if let end {
                    let rest = end - clock.now
                    guard rest > .zero else { throw TransferError.timeout(host: hop.url.origin.description) }
                    hop.timeout = rest
                }
                let response = try once(hop, isFirst: hop.url.origin == request.url.origin, deliver: deliver)
                guard case .follow(let most) = hop.redirects, hop.follows, response.isRedirect else { return response }
                followed += 1
                try hop.redirect(to: response["Location"] ?? "", remaining: most - followed)
            }
        }
    }

    /// Sends `request` and collects the body of the answer.
    ///
    /// - Throws: ``TransferError``, `bodyTooLarge` where it is longer than `limit` bytes.
    package func collect(
        _ request: TransferRequest,
        limit: Int
    ) throws(TransferError) -> (response: TransferResponse, body: [UInt8]) {
        var body: [UInt8] = []
        do {
            let response = try perform(request) { response, bytes in
                guard bytes.byteCount <= limit - body.count else {
                    throw TransferError.bodyTooLarge(host: response.url.origin.description, limit: limit)
                }
                bytes.withUnsafeBytes { body.append(contentsOf: $0) }
            }
            return (response, body)
        } catch let error as TransferError {
            throw error
        } catch {
            // Only the reader of the request's body can throw anything else.
            throw .badRequest(host: request.url.origin.description, reason: "\(error)")
        }
    }

    private func once(
        _ request: TransferRequest,
        isFirst: Bool,
        deliver: @escaping (TransferResponse, RawSpan) throws -> Void
    ) throws -> TransferResponse {
        let host = request.url.origin.description
        let proxy = proxy(for: request.url)
        let list = try FieldList(request.fields, host: host)
        guard let handle = idle.withLock({ $0.popLast() }) ?? EasyHandle() else {
            throw TransferError.badRequest(host: host, reason: "libcurl can't be initialised")
        }
        let exchange = Exchange(
            request,
            headLimit: options.headLimit,
            swallowsRedirects: request.redirects != .handOver && request.follows,
            deliver: deliver
        )
        var reason = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))
        let code = withExtendedLifetime((exchange, list)) {
            reason.withUnsafeMutableBytes { buffer in
                handle.reset()
                apply(request, isFirst: isFirst, to: handle)
                list.apply(to: handle)
                handle.set(CURLOPT_ERRORBUFFER, buffer.baseAddress)
                handle.connect(exchange)
                return specman_curl_perform(handle.raw)
            }
        }
        defer {
            // Nothing of this transfer may be reachable from the handle once it waits in the pool.
            handle.reset()
            idle.withLock { if $0.count < Self.mostIdle { $0.append(handle) } }
        }
        if let failure = exchange.failure { throw failure }
        guard code == CURLE_OK, let response = exchange.response else {
            let text = String(decoding: reason.prefix(while: { $0 != 0 }).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw TransferError(code, text, url: request.url, proxy: proxy, handle: handle)
        }
        if let proxy, response.status == 407 {
            throw TransferError.proxy(proxy.name, for: host, .authenticationRequired)
        }
        return response
    }

    func apply(_ request: TransferRequest, isFirst: Bool, to handle: EasyHandle) {
        handle.set(CURLOPT_URL, request.url.description)
        handle.set(CURLOPT_NOSIGNAL, 1)
        handle.set(CURLOPT_FOLLOWLOCATION, 0)
        handle.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        handle.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        handle.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        handle.set(CURLOPT_BUFFERSIZE, Self.readSize)
        handle.set(CURLOPT_USERAGENT, options.userAgent)
        handle.set(CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(options.connectTimeout))
        handle.set(CURLOPT_LOW_SPEED_LIMIT, options.stallSpeed)
        handle.set(CURLOPT_LOW_SPEED_TIME, max(1, Int(options.stallTime.components.seconds)))
        if let timeout = request.timeout { handle.set(CURLOPT_TIMEOUT_MS, Self.milliseconds(timeout)) }
        // An empty one keeps libcurl from looking for one itself.
        handle.set(CURLOPT_PROXY, proxy(for: request.url)?.text ?? "")
        handle.set(CURLOPT_NOPROXY, "")
        if let socket = options.unixSocket {
            handle.set(CURLOPT_UNIX_SOCKET_PATH, socket)
        }
        applyTLS(isFirst: isFirst, to: handle)
        switch request.body {
        case .none where request.method == .get: handle.set(CURLOPT_HTTPGET, 1)
        case .none where request.method == .head: handle.set(CURLOPT_NOBODY, 1)
        case .none:
            handle.set(CURLOPT_POST, 1)
            handle.set(CURLOPT_POSTFIELDSIZE, 0)
            handle.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        case .bytes(let bytes): upload(Int64(bytes.count), by: request.method, to: handle)
        case .reader(let size, _): upload(size, by: request.method, to: handle)
        }
    }

    func proxy(for url: TransferURL) -> Proxy? {
        options.unixSocket == nil ? options.proxies.proxy(for: url.origin) : nil
    }

    private func applyTLS(isFirst: Bool, to handle: EasyHandle) {
        if let authorities = options.material.authorities {
            handle.set(CURLOPT_CAINFO_BLOB, bytes: authorities)
            handle.set(CURLOPT_CAINFO, nil as String?)
            handle.set(CURLOPT_CAPATH, nil as String?)
        } else if let caFile = options.caFile {
            handle.set(CURLOPT_CAINFO, caFile)
            // Debian's libcurl would go on trusting the system's directory beside the file.
            handle.set(CURLOPT_CAPATH, nil as String?)
        }
        if options.insecure {
            handle.set(CURLOPT_SSL_VERIFYPEER, 0)
            handle.set(CURLOPT_SSL_VERIFYHOST, 0)
        }
        guard isFirst else { return }
        if let certificate = options.material.certificate, let key = options.material.key {
            handle.set(CURLOPT_SSLCERT_BLOB, bytes: certificate)
            handle.set(CURLOPT_SSLKEY_BLOB, bytes: key)
        } else if let certificate = options.certificateFile {
            handle.set(CURLOPT_SSLCERT, certificate)
            handle.set(CURLOPT_SSLKEY, options.keyFile ?? certificate)
        }
    }

    private func upload(_ size: Int64, by method: TransferRequest.Method, to handle: EasyHandle) {
        handle.set(CURLOPT_UPLOAD, 1)
        handle.set(CURLOPT_INFILESIZE_LARGE, offset: size)
        handle.set(CURLOPT_CUSTOMREQUEST, method.rawValue)
    }

    /// At least 1, as 0 means libcurl's default, and at most what fits C's `int`.
    private static func milliseconds(_ duration: Duration) -> Int {
        let (seconds, attoseconds) = duration.components
        guard seconds < Int64(Int32.max) / 1000 else { return Int(Int32.max) }
        return max(1, Int(seconds * 1000 + attoseconds / 1_000_000_000_000_000))
    }
}

extension TransferRequest {
    fileprivate var follows: Bool { method == .get || method == .head }

    /// Turns this into the request that a redirect asks for.
    mutating func redirect(to location: String, remaining: Int) throws(TransferError) {
        let host = url.origin.description
        guard let next = url.resolving(location) else {
            throw .badRedirect(host: host, to: "something else", reason: "its Location is no http or https URL")
        }
        guard remaining >= 0 else {
            throw .badRedirect(host: host, to: next.origin.description, reason: "too many redirects in a row")
        }
        guard url.origin.scheme == "http" || next.origin.scheme == "https" else {
            throw .badRedirect(host: host, to: next.origin.description, reason: "it falls from https to http")
        }
        if next.origin != url.origin {
            fields.removeAll { ["authorization", "cookie"].contains($0.name.lowercased()) }
        }
        url = next
    }
}

/// The fields of a request as libcurl wants them: a linked list of lines.
private final class FieldList {
    private var list: UnsafeMutablePointer<curl_slist>?

    init(_ fields: [(name: String, value: String)], host: String) throws(TransferError) {
        var lines: [String] = []
        for (name, value) in fields {
            guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }),
                value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
            else { throw .badRequest(host: host, reason: "a header field holds bytes that none may hold") }
            // A field without a value is written with `;` (curl(1), `--header`).
            lines.append(value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        // libcurl would name a form's type for a POST without a body.
        if !fields.contains(where: { $0.name.lowercased() == "content-type" }) { lines.append("Content-Type:") }
        for line in lines { list = curl_slist_append(list, line) ?? list }
    }

    deinit {
        curl_slist_free_all(list)
    }

    func apply(to handle: EasyHandle) {
        _ = specman_curl_set_list(handle.raw, CURLOPT_HTTPHEADER, list)
    }
}
