internal import Curl

/// Asks the token server that a registry names for tokens.
///
/// Specification: distribution, "Token Authentication Specification" (GET) and "OAuth2 Token Authentication" (POST).
struct TokenServer: Sendable {
    /// Who sent the challenge.
    private let registry: TransferURL.Origin
    private let options: RegistryOptions
    /// For a server at the registry's own origin, and for all others: these are not shown the client certificate.
    private let own: TransferClient
    private let foreign: TransferClient

    /// The longest answer, in bytes: tokens with many claims have some KiB.
    private static let answerLimit = 128 << 10
    /// The most redirects in a row, all of them within the server's origin.
    private static let mostRedirects = 3
    /// The name under which we ask, as OAuth2 wants one.
    private static let client = "specman"

    init(registry: TransferURL.Origin, options: RegistryOptions, transfers: TransferClient) {
        self.registry = registry
        self.options = options
        own = transfers
        foreign = TransferClient(transfers.options.withoutClientCertificate)
    }

    /// Gets a token for `scopes`.
    ///
    /// - Throws: `RegistryError.tokenRefused` for 400, 401 and 403, and what any transfer may come to.
    func token(
        _ challenge: BearerChallenge,
        scopes: [String],
        identity: Identity,
        before deadline: Deadline
    ) throws(RegistryError) -> BearerToken {
        let server = challenge.realm.origin.description
        let attempt = "getting a token for \(registry) from \(server)"
        let asked = options.now()
        var answer = try perform(try request(challenge, scopes, identity, before: deadline), attempt, before: deadline)
        if answer.status == 404 || answer.status == 405, case .password = identity {
            let form = try post(challenge, scopes, identity, before: deadline)
            answer = try perform(form, attempt, before: deadline)
        }
        switch answer.status {
        case 200:
            return try BearerToken(answer: answer.body, name: "the answer of \(server) to \(attempt)", asked: asked)
        case 400, 401, 403:
            throw .tokenRefused(
                server: server,
                host: registry.description,
                username: identity.username,
                status: answer.status,
                detail: DistributionClient.detail(answer.body)
            )
        case let status:
            throw .unexpectedStatus(
                host: server,
                status: status,
                attempt: attempt,
                detail: DistributionClient.detail(answer.body)
            )
        }
    }

    private func request(
        _ challenge: BearerChallenge,
        _ scopes: [String],
        _ identity: Identity,
        before deadline: Deadline
    ) throws(RegistryError) -> TransferRequest {
        if case .refreshToken = identity { return try post(challenge, scopes, identity, before: deadline) }
        var query = challenge.service.map { [("service", $0)] } ?? []
        query += scopes.map { ("scope", $0) }
        let separator = challenge.realm.description.contains("?") ? "&" : "?"
        let text = query.isEmpty ? "" : separator + FormText.form(query)
        guard let url = TransferURL(challenge.realm.description + text) else {
            throw .untrustedRealm(
                host: registry.description,
                realm: JSON.printable(challenge.realm.description),
                reason: "with service and scope it is no URL"
            )
        }
        return bounded(.get, url, fields: identity.basic.map { [("Authorization", $0)] } ?? [], .none, deadline)
    }

    private func post(
        _ challenge: BearerChallenge,
        _ scopes: [String],
        _ identity: Identity,
        before deadline: Deadline
    ) throws(RegistryError) -> TransferRequest {
        var form: [(String, String)]
        switch identity {
        case .anonymous: form = []
        case .password(let username, let password):
            form = [("grant_type", "password"), ("username", username), ("password", password)]
        case .refreshToken(let token): form = [("grant_type", "refresh_token"), ("refresh_token", token)]
        }
        if let service = challenge.service { form.append(("service", service)) }
        if !scopes.isEmpty { form.append(("scope", scopes.joined(separator: " "))) }
        form.append(("client_id", Self.client))
        let fields = [("Content-Type", "application/x-www-form-urlencoded")]
        return bounded(.post, challenge.realm, fields: fields, .bytes(Array(FormText.form(form).utf8)), deadline)
    }

    private func bounded(
        _ method: TransferRequest.Method,
        _ url: TransferURL,
        fields: [(String, String)],
        _ body: TransferRequest.Body,
        _ deadline: Deadline
    ) -> TransferRequest {
        TransferRequest(
            method,
            url,
            fields: fields.map { (name: $0.0, value: $0.1) },
            body: body,
            redirects: .handOver,
            timeout: deadline.remaining,
            isCancelled: { deadline.cancellation.isCancelled }
        )
    }

    /// Makes a request as often as the retry policy allows. GET follows redirects within the server's origin: a token
    /// from anywhere else is none of this registry's.
    private func perform(
        _ first: TransferRequest,
        _ attempt: String,
        before deadline: Deadline
    ) throws(RegistryError) -> (status: Int, body: [UInt8]) {
        let transfers = first.url.origin == registry ? own : foreign
        var patience = Patience(options.retry, deadline: deadline)
        var request = first
        var redirects = 0
        while true {
            try deadline.check(attempt)
            request.timeout = deadline.remaining
            let response: TransferResponse
            let body: [UInt8]
            do throws(TransferError) {
                (response, body) = try transfers.collect(request, limit: Self.answerLimit)
            } catch {
                options.observe?(request.url.origin.description, 0)
                try patience.waitOrThrow(error, attempt: attempt)
                continue
            }
            options.observe?(response.url.origin.description, response.status)
            if request.method == .get, [301, 302, 307, 308].contains(response.status), redirects < Self.mostRedirects,
                let next = response["Location"].flatMap({ request.url.resolving($0) }), next.origin == first.url.origin
            {
                redirects += 1
                request.url = next
                continue
            }
            guard RetryPolicy.isTransient(response.status) else { return (response.status, body) }
            try patience.waitOrThrow(
                .unavailable(
                    host: request.url.origin.description,
                    status: response.status,
                    attempt: attempt,
                    detail: DistributionClient.detail(body)
                ),
                retryAfter: response["Retry-After"]
            )
        }
    }
}
