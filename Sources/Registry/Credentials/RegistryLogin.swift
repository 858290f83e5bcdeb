internal import Content
internal import Curl

/// Whether a registry lets somebody in, before that is written down anywhere.
package enum RegistryLogin {
    /// The longest answer that is looked at, in bytes: it should hold `{}` or an error.
    private static let answerLimit = 64 << 10

    /// The host that somebody typed: a scheme, a trailing `/` and `/v2` are tolerated.
    ///
    /// - Returns: `nil` where it is none.
    package static func host(_ text: String) -> String? {
        var rest = Substring(text)
        for scheme in ["https://", "http://"] where rest.lowercased().hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count)
            break
        }
        let parts = rest.split(separator: "/")
        guard let host = parts.first, parts.dropFirst().allSatisfy({ $0 == "v1" || $0 == "v2" }) else { return nil }
        return Repository(host: String(host), name: "x")?.host
    }

    /// Asks for `/v2/`, with a token where the registry wants one.
    ///
    /// Specification: OCI distribution-spec, "Determining Support".
    package static func check(
        _ host: String,
        options: RegistryOptions,
        before deadline: Deadline
    ) throws(RegistryError) {
        let attempt = "logging in to \(host)"
        guard let url = TransferURL("\(options.plainHTTP ? "http" : "https")://\(host)/v2/") else {
            throw .malformed(host, reason: "it can't be made a URL")
        }
        let transfers = TransferClient(TransferOptions(options))
        let authenticator = Authenticator(
            url.origin,
            repository: nil,
            location: host,
            credentials: options.credentials.source(host: host, repository: nil, options: options),
            options: options,
            transfers: transfers
        )
        var patience = Patience(options.retry, deadline: deadline)
        while true {
            try deadline.check(attempt)
            let value = try authenticator.authorization(for: .pull, &patience.admission, before: deadline)
            let request = TransferRequest(
                .get,
                url,
                fields: value.map { [("Authorization", $0)] } ?? [],
                redirects: .handOver,
                timeout: deadline.remaining,
                isCancelled: { deadline.cancellation.isCancelled }
            )
            let response: TransferResponse
            let body: [UInt8]
            do throws(TransferError) {
                (response, body) = try transfers.collect(request, limit: answerLimit)
            } catch {
                try patience.waitOrThrow(error, attempt: attempt)
                continue
            }
            let detail = DistributionClient.detail(body)
            switch response.status {
            case 200: return
            case 401:
                try authenticator.refused(
                    with: Challenge.parse(response.all("WWW-Authenticate")),
                    .pull,
                    &patience.admission,
                    attempt: attempt,
                    before: deadline
                )
            case let status where RetryPolicy.isTransient(status):
                try patience.waitOrThrow(
                    .unavailable(host: host, status: status, attempt: attempt, detail: detail),
                    retryAfter: response["Retry-After"]
                )
            case let status:
                throw .unexpectedStatus(host: host, status: status, attempt: attempt, detail: detail)
            }
        }
    }
}
