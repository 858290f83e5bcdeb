internal import Content
internal import Curl

/// How Palette is reached. Proxies are taken from the environment, as everywhere.
package struct PaletteOptions: Sendable {
    /// Trusted authorities (PEM), instead of the system's.
    package var authorities: [UInt8]?
    /// Takes any certificate.
    package var insecure = false
    package var userAgent = "specman"
    /// For each request, connecting included.
    package var timeout: Duration = .seconds(60)

    package init() {}
}

/// Palette's API, as far as the SCAR endpoint needs it. Each request is made once and blocks.
package struct PaletteClient: Sendable {
    private let address: PaletteAddress
    private let transfers: TransferClient
    private let timeout: Duration

    /// The longest answer, in bytes: those that count have some hundred, but a console's error pages more.
    private static let answerLimit = 1 << 20
    /// How much of an error's text is shown, in characters.
    private static let detailLimit = 200

    package init(_ address: PaletteAddress, options: PaletteOptions = PaletteOptions()) {
        self.address = address
        timeout = options.timeout
        var transfer = TransferOptions()
        transfer.material.authorities = options.authorities
        transfer.insecure = options.insecure
        transfer.userAgent = options.userAgent
        transfers = TransferClient(transfer)
    }

    /// `HOST:PORT`.
    package var host: String { address.host }

    /// Shows name and password of a system administrator to Palette.
    package func logIn(username: String, password: String) throws(PaletteError) -> PaletteSession {
        let operation = Operation.login(username: username, password: password)
        let answer = try perform(operation, as: username, hiding: [password])
        let token = try read(answer, of: operation, as: PaletteToken.init)
        return PaletteSession(client: self, username: username, password: password, token: token)
    }

    /// What an answer means.
    ///
    /// - Throws: `PaletteError.malformed`.
    func read<Value>(
        _ answer: [UInt8],
        of operation: Operation,
        as parse: ([UInt8]) throws(AnswerFault) -> Value
    ) throws(PaletteError) -> Value {
        do throws(AnswerFault) {
            return try parse(answer)
        } catch {
            throw .malformed(host: host, reason: error.reason, attempt: operation.attempt)
        }
    }

    /// Makes a request and gives the body of its answer, which has the status that it should have.
    ///
    /// - Parameter secrets: what must not be told, should the answer repeat it.
    func perform(
        _ operation: Operation,
        as username: String,
        cookie: String? = nil,
        hiding secrets: [String]
    ) throws(PaletteError) -> [UInt8] {
        guard let url = address.base.resolving(operation.path) else {
            throw .badAddress("\(address.host) with \(operation.path) is no URL")
        }
        let request = TransferRequest(
            operation.method,
            url,
            fields: [("Content-Type", "application/json"), ("Accept", "application/json")]
                + (cookie.map { [("Cookie", $0)] } ?? []),
            body: operation.body.isEmpty ? .none : .bytes(operation.body),
            // Neither password nor token goes anywhere but where it was meant for, and no answer comes from elsewhere.
            redirects: .handOver,
            timeout: timeout
        )
        let (response, body): (TransferResponse, [UInt8])
        do throws(TransferError) {
            (response, body) = try transfers.collect(request, limit: Self.answerLimit)
        } catch {
            throw .transfer(error, attempt: operation.attempt)
        }
        let status = response.status
        if status == operation.expected { return body }
        let reply = PaletteError.Reply(host: host, status: status, detail: Self.detail(body, hiding: secrets))
        switch status {
        case 300..<400:
            let target = response["Location"].flatMap { url.resolving($0) }?.origin.description
            throw .redirected(reply, to: target?.printable, attempt: operation.attempt)
        // Of a change, it is the change that is wrong; of a login, servers differ in which of them a wrong password is.
        case 400 where cookie != nil: throw .rejected(reply, attempt: operation.attempt)
        case 400, 401, 403:
            throw .refused(reply, username: username, isLogin: cookie == nil, attempt: operation.attempt)
        case 404, 405: throw .notThere(reply, isLogin: cookie == nil, attempt: operation.attempt)
        case 408, 429, 500..<600: throw .unavailable(reply, attempt: operation.attempt)
        default: throw .unexpectedStatus(reply, attempt: operation.attempt)
        }
    }

    private struct ErrorDocument: Decodable {
        let code: String?
        let message: String?
    }

    /// What an error document says, for people: ` (CODE: MESSAGE)`; nothing where it is none, or holds a secret.
    private static func detail(_ body: [UInt8], hiding secrets: [String]) -> String {
        // What is no error document has nothing for people: the status is what counts.
        guard let document = try? PaletteJSON.decode(ErrorDocument.self, from: body) else { return "" }
        let text = [document.code, document.message].compactMap(\.self).filter { !$0.isEmpty }.joined(separator: ": ")
        // By bytes: as characters, a secret with an accent put behind it would be another one.
        guard !text.isEmpty, secrets.allSatisfy({ text.utf8.firstRange(of: $0.utf8) == nil }) else { return "" }
        return " (\(text.printable.prefix(detailLimit)))"
    }
}
