package import Content
internal import Curl
internal import FoundationEssentials

/// A repository in a registry that speaks the OCI distribution API.
///
/// Specification: OCI distribution-spec 1.1.
package final class DistributionClient: ReleaseSource, PushTarget {
    package let repository: Repository
    /// `https://HOST/v2/NAME/`.
    let base: TransferURL
    let options: RegistryOptions
    let transfers: TransferClient
    let authenticator: Authenticator

    /// The longest error document that is looked at, in bytes: registries' have some hundred.
    private static let errorLimit = 16 << 10
    /// The most redirects in a row; storage behind registries takes one, seldom two.
    static let mostRedirects = 5

    /// Makes no connection yet.
    package init(_ repository: Repository, options: RegistryOptions) throws(RegistryError) {
        self.repository = repository
        self.options = options
        let scheme = options.plainHTTP ? "http" : "https"
        guard let base = TransferURL("\(scheme)://\(repository.host)/v2/\(repository.name)/") else {
            throw .malformed("\(repository)", reason: "it can't be made a URL")
        }
        self.base = base
        transfers = TransferClient(TransferOptions(options))
        authenticator = Authenticator(
            base.origin,
            repository: repository.name,
            location: "\(repository)",
            credentials: options.credentials.source(
                host: repository.host,
                repository: repository.name,
                options: options
            ),
            options: options,
            transfers: transfers
        )
    }

    package var location: Reference.Location { .registry(repository) }

    /// One request and what it is for, as an error names it.
    struct Call {
        var method = TransferRequest.Method.get
        var url: TransferURL
        var fields: [(name: String, value: String)] = []
        var body = TransferRequest.Body.none
        /// The longest body of a good answer, in bytes.
        var limit = 0
        /// What a token has to allow.
        var access = Access.pull
        var attempt: String
    }

    /// Makes a request as often as the retry policy allows, and returns an answer that is neither 401 nor transient.
    func send(_ call: Call, before deadline: Deadline) throws(RegistryError) -> (
        response: TransferResponse, body: [UInt8]
    ) {
        var patience = Patience(options.retry, deadline: deadline)
        while true {
            try deadline.check(call.attempt)
            var body: [UInt8] = []
            do {
                let response = try transfers.perform(
                    try request(for: call, before: deadline, patience: &patience)
                ) { response, bytes in
                    if response.status < 300 {
                        guard bytes.byteCount <= call.limit - body.count else {
                            throw RegistryError.tooLarge("the answer to \(call.attempt)", limit: Int64(call.limit))
                        }
                        body.append(bytes)
                    } else if body.count + bytes.byteCount <= Self.errorLimit {
                        body.append(bytes)
                    }
                }
                observed(response.url, response.status)
                guard try isFinal(response, body: body, of: call, patience: &patience) else { continue }
                return (response, body)
            } catch let error as TransferError {
                try again(after: error, attempt: call.attempt, patience: &patience)
            } catch let error as RegistryError {
                throw error
            } catch {
                // Only the reader of the request's body throws anything else.
                throw .internalFailure(attempt: call.attempt, reason: "\(error)")
            }
        }
    }

    /// Whether an answer stands. Waits before another attempt where it may change.
    ///
    /// - Throws: ``RegistryError`` for a 401 that nothing helps against, and for what stays transient too long.
    func isFinal(
        _ response: TransferResponse,
        body: [UInt8],
        of call: Call,
        patience: inout Patience
    ) throws(RegistryError) -> Bool {
        let host = response.url.origin.description
        if response.url.origin == base.origin {
            if response.status == 401 {
                try authenticator.refused(
                    with: Challenge.parse(response.all("WWW-Authenticate")),
                    call.access,
                    &patience.admission,
                    attempt: call.attempt,
                    before: patience.deadline
                )
                return false
            }
            if Self.saysExpired(response, body, to: call.method),
                try authenticator.expired(&patience.admission, before: patience.deadline)
            {
                return false
            }
        }
        patience.admission.wasTaken()
        guard RetryPolicy.isTransient(response.status) else { return true }
        try patience.waitOrThrow(
            .unavailable(
                host: host,
                status: response.status,
                attempt: attempt(call.attempt, at: host),
                detail: Self.detail(body)
            ),
            retryAfter: response["Retry-After"]
        )
        return false
    }

    func request(
        for call: Call,
        before deadline: Deadline,
        patience: inout Patience
    ) throws(RegistryError) -> TransferRequest {
        var fields = call.fields
        // Credentials go to the registry's own origin alone, whatever URL it has named (CVE-2020-15157).
        if call.url.origin == base.origin,
            let value = try authenticator.authorization(for: call.access, &patience.admission, before: deadline)
        {
            fields.append(("Authorization", value))
        }
        return TransferRequest(
            call.method,
            call.url,
            fields: fields,
            body: call.body,
            redirects: .follow(most: Self.mostRedirects),
            timeout: deadline.remaining,
            isCancelled: { deadline.cancellation.isCancelled }
        )
    }

    /// Whether a status other than 401 means that what was shown has expired: ECR Public answers 400, private ones 403,
    /// both with a sentence. An answer to HEAD has no room for one: there, the status is enough to try once, as a pinned tag is
    /// asked for by nothing else.
    private static func saysExpired(
        _ response: TransferResponse,
        _ body: [UInt8],
        to method: TransferRequest.Method
    ) -> Bool {
        guard response.status == 400 || response.status == 403 else { return false }
        if method == .head { return true }
        let text = String(decoding: body, as: UTF8.self).lowercased()
        return text.contains("token") && text.contains("expired")
    }

    func observed(_ url: TransferURL, _ status: Int) {
        options.observe?(url.origin.description, status)
    }

    /// The URL of something below the repository; `nil` can't come of tags and digests, whose grammar has no `/`.
    func url(_ path: String) throws(RegistryError) -> TransferURL {
        guard let url = base.resolving(path) else { throw .malformed(path, reason: "it can't be made a URL") }
        return url
    }

    /// Waits before another attempt after a transfer that failed, at the registry or where it has sent us.
    func again(after error: TransferError, attempt: String, patience: inout Patience) throws(RegistryError) {
        options.observe?(error.host, 0)
        try patience.waitOrThrow(error, attempt: self.attempt(attempt, at: error.host))
    }

    /// What was attempted, and whereto it led: in restricted networks the storage behind a registry is what fails.
    private func attempt(_ text: String, at host: String) -> String {
        host == base.origin.description ? text : "\(text), which sends on to \(host)"
    }

    /// What nginx says in an answer 400 to who has no client certificate, or one of a stranger.
    private static let certificateComplaints = ["No required SSL certificate was sent", "The SSL certificate error"]

    /// What a status means that the call didn't expect.
    func failure(_ response: TransferResponse, _ body: [UInt8], attempt: String) -> RegistryError {
        let host = response.url.origin.description
        guard response.url.origin == base.origin else {
            return .storageRefuses(
                host: host,
                status: response.status,
                attempt: self.attempt(attempt, at: host),
                detail: Self.detail(body)
            )
        }
        let text = String(decoding: body, as: UTF8.self)
        if response.status == 400, Self.certificateComplaints.contains(where: text.contains) {
            return .transfer(.tls(host: host, .clientCertificateRequired), attempt: attempt)
        }
        return switch response.status {
        case 403: .forbidden(location: "\(location)", attempt: attempt, host: host)
        case let status:
            .unexpectedStatus(host: host, status: status, attempt: attempt, detail: Self.detail(body))
        }
    }

    /// The first error of an error document, or its first line, for people: ` (NAME_UNKNOWN: repository name not known)`.
    ///
    /// Specification: OCI distribution-spec, "Error Codes".
    static func detail(_ body: [UInt8]) -> String {
        if let error = errors(in: body).first {
            let text = [error.code, error.message].compactMap(\.self).joined(separator: ": ")
            return text.isEmpty ? "" : " (\(JSON.printable(text)))"
        }
        if let text = storageError(in: body) { return " (\(JSON.printable(text)))" }
        // nginx before a registry, in HTML.
        let isPlain = String(decoding: body, as: UTF8.self).contains("plain HTTP request was sent to HTTPS port")
        if isPlain { return " (plain HTTP where it speaks HTTPS)" }
        let text = String(decoding: body.prefix(while: { $0 != 10 && $0 != 13 }), as: UTF8.self)
        return text.isEmpty || text.hasPrefix("<") ? "" : " (\(JSON.printable(text)))"
    }

    /// `CODE: MESSAGE` of the error documents of S3 and of Azure's blob storage, which are XML of a fixed form.
    private static func storageError(in body: [UInt8]) -> String? {
        let text = String(decoding: body, as: UTF8.self)
        guard text.contains("<Error>") else { return nil }
        let parts = ["Code", "Message"].compactMap { name -> String? in
            guard let start = text.firstRange(of: "<\(name)>"),
                let end = text[start.upperBound...].firstRange(of: "</\(name)>")
            else { return nil }
            return String(text[start.upperBound..<end.lowerBound].prefix { !$0.isNewline })
        }
        return parts.isEmpty ? nil : parts.joined(separator: ": ")
    }

    /// Whether an error document names this code.
    static func says(_ code: String, _ body: [UInt8]) -> Bool {
        errors(in: body).contains { $0.code == code }
    }

    private struct ErrorDocument: Decodable {
        struct Entry: Decodable {
            var code: String?
            var message: String?
        }
        var errors: [Entry]?
    }

    private static func errors(in body: [UInt8]) -> [ErrorDocument.Entry] {
        // An answer without an error document is told by its status alone.
        (try? JSON.decode(ErrorDocument.self, from: body, name: ""))?.errors ?? []
    }
}

/// The attempts that one request has, and the waits between them.
struct Patience {
    private let policy: RetryPolicy
    let deadline: Deadline
    private var failures = 0
    /// What the request was last sent with.
    var admission = Authenticator.Admission()

    init(_ policy: RetryPolicy, deadline: Deadline) {
        self.policy = policy
        self.deadline = deadline
    }

    /// What was transferred since the last failure counts for a fresh start.
    mutating func renew() {
        failures = 0
    }

    /// Waits before the next attempt.
    ///
    /// - Throws: `error` where the attempts are used up, or the wait would go beyond the deadline; `.cancelled`.
    mutating func waitOrThrow(_ error: RegistryError, retryAfter: String? = nil) throws(RegistryError) {
        failures += 1
        guard failures < policy.attempts else { throw error }
        let asked = RetryPolicy.retryAfter(retryAfter, now: Timestamp(seconds: Int64(Date().timeIntervalSince1970)))
        let delay = policy.delay(failures: failures, retryAfter: asked, jitter: Double.random(in: 0...1))
        guard delay < deadline.remaining else { throw error }
        if deadline.cancellation.wait(delay) { throw .cancelled(attempt: "waiting for another attempt") }
    }

    /// As above, for a transfer that failed; at once where trying again can't help.
    mutating func waitOrThrow(_ error: TransferError, attempt: String) throws(RegistryError) {
        switch error {
        case .cancelled: throw .cancelled(attempt: attempt)
        // The only limit that a whole transfer is given; counted in milliseconds it ends a little early.
        case .timeout: throw .deadline(attempt: attempt)
        default: break
        }
        let failure = RegistryError.transfer(error, attempt: attempt)
        guard error.isTransient else { throw failure }
        try waitOrThrow(failure)
    }
}
