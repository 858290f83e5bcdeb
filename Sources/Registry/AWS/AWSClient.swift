internal import Content
internal import Curl
internal import OpenSSL

/// Asks AWS's services, and those that stand in for them.
struct AWSClient: Sendable {
    let environment: AWSEnvironment
    private let options: RegistryOptions
    private let transfers: TransferClient

    /// The longest answer, in bytes: one with a session token has about 2 KiB.
    private static let answerLimit = 64 << 10

    init(_ environment: AWSEnvironment, options: RegistryOptions) {
        self.environment = environment
        self.options = options
        // The registry's own CA and client certificate are none of AWS's business.
        var transfer = TransferOptions()
        transfer.caFile = environment["AWS_CA_BUNDLE"]
        transfer.userAgent = options.userAgent
        transfer.connectTimeout = options.connectTimeout
        transfer.stallTime = options.stallTime
        transfers = TransferClient(transfer)
    }

    /// Where a service is spoken to.
    func url(of service: AWSService, in region: AWSRegion, _ host: ECRHost? = nil) throws(RegistryError) -> TransferURL
    {
        if let text = environment.endpoint(of: service) {
            guard let url = TransferURL(text), !text.contains("?") else {
                throw .aws(
                    attempt: "finding the endpoint of \(service.signingName)",
                    reason: "\(service.endpointVariable) or AWS_ENDPOINT_URL is \"\(JSON.printable(text))\"; "
                        + "it must be an http or https URL"
                )
            }
            return url
        }
        let name = service.host(
            in: region,
            isFIPS: host?.isFIPS ?? false || environment.flag("AWS_USE_FIPS_ENDPOINT"),
            isDualStack: host?.isDualStack ?? false || environment.flag("AWS_USE_DUALSTACK_ENDPOINT")
        )
        guard let url = TransferURL("https://\(name)/") else {
            throw .aws(attempt: "finding the endpoint of \(service.signingName)", reason: "\(name) is no host name")
        }
        return url
    }

    /// Makes a POST as often as the retry policy allows, signed where there is a signature to make.
    ///
    /// - Throws: `RegistryError.aws`, and what any transfer may come to.
    func post(
        _ url: TransferURL,
        fields: [(name: String, value: String)],
        body: [UInt8],
        signature: SignatureV4?,
        attempt: String,
        before deadline: Deadline
    ) throws(RegistryError) -> [UInt8] {
        var patience = Patience(options.retry, deadline: deadline)
        let host = url.origin.description
        while true {
            try deadline.check(attempt)
            var signed = fields
            do throws(OpenSSLError) {
                // Anew for each attempt, as a signature holds for some minutes only.
                if let signature {
                    signed = try signature.sign(.post, url, fields: fields, body: body, at: options.clock())
                }
            } catch {
                throw .internalFailure(attempt: attempt, reason: "\(error)")
            }
            let request = TransferRequest(
                .post,
                url,
                fields: signed,
                body: .bytes(body),
                redirects: .handOver,
                timeout: deadline.remaining,
                isCancelled: { deadline.cancellation.isCancelled }
            )
            let response: TransferResponse
            let answer: [UInt8]
            do throws(TransferError) {
                (response, answer) = try transfers.collect(request, limit: Self.answerLimit)
            } catch {
                options.observe?(host, 0)
                if case .tls(_, .unknownAuthority) = error {
                    throw .aws(attempt: attempt, reason: "\(error) by naming a file with it in AWS_CA_BUNDLE")
                }
                try patience.waitOrThrow(error, attempt: attempt)
                continue
            }
            options.observe?(host, response.status)
            if response.status == 200 { return answer }
            let fault = AWSFault(answer, status: response.status)
            let error = RegistryError.aws(
                attempt: attempt,
                reason: "\(host) answers \(response.status)\(fault.detail); \(fault.remedy)",
                mayPass: fault.mayPass
            )
            guard fault.mayPass else { throw error }
            try patience.waitOrThrow(error, retryAfter: response["Retry-After"])
        }
    }
}
