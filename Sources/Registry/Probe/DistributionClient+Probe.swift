package import Content
package import Curl

/// The hops of the way to a release, one at a time, for `specman doctor`: as a poll takes them, and each with an answer
/// of its own.
extension DistributionClient {
    /// The longest answer to `/v2/` that is looked at, in bytes: it should hold `{}` or an error.
    private static let greetingLimit = 64 << 10

    /// `host:port` of the registry.
    package var host: String { base.origin.description }

    /// The host without its port.
    package var hostName: String { base.hostName }

    /// Connects and sends nothing.
    ///
    /// - Parameter verifying: `false` to see the certificate of a server that isn't trusted.
    package func connect(verifying: Bool, timeout: Duration) -> ConnectionProbe {
        transfers.probe(base, verifying: verifying, timeout: timeout)
    }

    /// Asks for `/v2/` without showing anything.
    ///
    /// Specification: OCI distribution-spec, "Determining Support".
    package func greeting(before deadline: Deadline) throws(RegistryError) -> RegistryGreeting {
        let attempt = "asking \(host) for /v2/"
        let url = try url("/v2/")
        let response: TransferResponse
        let body: [UInt8]
        do throws(TransferError) {
            (response, body) = try transfers.collect(
                TransferRequest(.get, url, redirects: .handOver, timeout: deadline.remaining),
                limit: Self.greetingLimit
            )
        } catch {
            throw .transfer(error, attempt: attempt)
        }
        switch response.status {
        case 200: return RegistryGreeting(challenges: [])
        case 401:
            let challenges = Challenge.parse(response.all("WWW-Authenticate"))
            guard !challenges.isEmpty else {
                throw .unexpectedStatus(
                    host: host,
                    status: 401,
                    attempt: attempt,
                    detail: " without saying what it asks for"
                )
            }
            return RegistryGreeting(challenges: challenges)
        default: throw failure(response, body, attempt: attempt)
        }
    }

    /// Shows what the registry asks for: fetches a token for pulling, or sends the password.
    ///
    /// - Returns: who was let in, for people.
    package func enter(_ greeting: RegistryGreeting, before deadline: Deadline) throws(RegistryError) -> String {
        let source = options.credentials.source(host: repository.host, repository: repository.name, options: options)
        let identity = try source.identity(renewed: false, before: deadline)
        let who =
            switch identity {
            case .anonymous: "nobody in particular"
            case .password(let username, _): "user \(JSON.printable(username))"
            case .refreshToken: "the identity token of docker's configuration"
            }
        let attempt = "showing \(host) who asks"
        var admission = Authenticator.Admission()
        guard greeting.tokenServer != nil else {
            let call = Call(url: try url("/v2/"), limit: Self.greetingLimit, attempt: attempt)
            let (response, body) = try send(call, before: deadline)
            guard response.status == 200 else { throw failure(response, body, attempt: attempt) }
            return "\(who) is let in"
        }
        _ = try authenticator.authorization(for: .pull, &admission, before: deadline)
        try authenticator.refused(
            with: greeting.challenges,
            .pull,
            &admission,
            attempt: attempt,
            before: deadline
        )
        _ = try authenticator.authorization(for: .pull, &admission, before: deadline)
        return "a token for pulling was given to \(who)"
    }

    /// Fetches the first byte of a blob, by GET as a download does.
    ///
    /// - Returns: `host:port` of whom it came from: the storage's, where the registry redirects to it.
    package func firstByte(of descriptor: Descriptor, before deadline: Deadline) throws(RegistryError) -> String {
        let attempt = "reading the first byte of \(descriptor.digest) from \(location)"
        let call = Call(
            url: try url("blobs/\(descriptor.digest)"),
            fields: [("Range", "bytes=0-0")],
            attempt: attempt
        )
        var patience = Patience(options.retry, deadline: deadline)
        while true {
            try deadline.check(attempt)
            var answerer = ""
            var error: [UInt8] = []
            do {
                let response = try transfers.perform(
                    try request(for: call, before: deadline, patience: &patience)
                ) { response, bytes in
                    answerer = response.url.origin.description
                    if response.status < 300 { throw Enough() }
                    if error.count + bytes.byteCount <= Self.greetingLimit { error.append(bytes) }
                }
                guard try isFinal(response, body: error, of: call, patience: &patience) else { continue }
                switch response.status {
                case 200, 206: return response.url.origin.description
                case 404: throw RegistryError.noSuchBlob(descriptor.digest, location: "\(location)")
                default: throw failure(response, error, attempt: attempt)
                }
            } catch is Enough {
                return answerer
            } catch let error as TransferError {
                try patience.waitOrThrow(error, attempt: attempt)
            } catch let error as RegistryError {
                throw error
            } catch {
                throw .internalFailure(attempt: attempt, reason: "\(error)")
            }
        }
    }

    /// The first byte is there, and no other is wanted.
    private struct Enough: Error {}
}
