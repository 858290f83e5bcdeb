internal import Curl

/// One request to an agent on this machine, which gives out credentials to whoever may ask it.
struct LocalAgent: Sendable {
    private let options: RegistryOptions
    private let transfers: TransferClient
    /// For one request: who is on the machine answers at once, and where nobody is there, nobody must wait.
    private let patience: Duration

    /// The longest answer, in bytes: one with a session token has about 2 KiB.
    private static let answerLimit = 64 << 10

    init(_ options: RegistryOptions, caFile: String?, patience: Duration) {
        self.options = options
        self.patience = patience
        var transfer = TransferOptions()
        transfer.caFile = caFile
        transfer.userAgent = options.userAgent
        transfer.connectTimeout = patience
        // A proxy would be asked for the credentials of its own machine.
        transfer.proxies = .none
        transfers = TransferClient(transfer)
    }

    func ask(
        _ method: TransferRequest.Method,
        _ url: TransferURL,
        fields: [(name: String, value: String)],
        before deadline: Deadline
    ) throws(TransferError) -> (status: Int, body: [UInt8]) {
        let request = TransferRequest(
            method,
            url,
            fields: fields,
            redirects: .handOver,
            timeout: min(patience, deadline.remaining),
            isCancelled: { deadline.cancellation.isCancelled }
        )
        do throws(TransferError) {
            let (response, body) = try transfers.collect(request, limit: Self.answerLimit)
            options.observe?(url.origin.description, response.status)
            return (response.status, body)
        } catch {
            options.observe?(url.origin.description, 0)
            throw error
        }
    }
}
