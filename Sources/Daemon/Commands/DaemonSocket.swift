internal import Curl
internal import Platform

/// The daemon's door for commands on the same machine: HTTP on `<storage.directory>/specman.sock`.
struct DaemonSocket {
    /// The largest answer taken, in bytes: a status with a thousand releases stays far below.
    private static let limit = 16 << 20

    let directory: String

    /// Sends a request and gives the body of the answer.
    ///
    /// - Throws: ``CommandFailure`` where no daemon answers, or the answer is no success.
    func request(
        _ method: TransferRequest.Method,
        _ path: String,
        timeout: Duration = .seconds(10)
    ) throws -> [UInt8] {
        // The name is only there because HTTP asks for one.
        guard let url = TransferURL("http://localhost" + path) else {
            throw CommandFailure("asking the daemon for \(path): not a path")
        }
        let (response, body): (TransferResponse, [UInt8])
        do throws(TransferError) {
            (response, body) = try UnixSocketFile.withShortName(directory + "/specman.sock") {
                (name) throws(TransferError) in
                var options = TransferOptions()
                options.unixSocket = name
                options.stallTime = timeout
                return try TransferClient(options).collect(
                    TransferRequest(method, url, timeout: timeout),
                    limit: Self.limit
                )
            }
        } catch {
            // The host that most errors name is the one that stands in the URL for HTTP's sake.
            let reason =
                switch error {
                case .refused: "nobody answers there; check that it runs"
                case .unreachable:
                    "the socket can't be opened; check that the daemon runs and that this user may open the socket"
                case .timeout, .stalled, .connectTimeout: "it doesn't answer in time; see its log"
                default: "\(error)"
                }
            throw CommandFailure("asking the daemon on \(directory)/specman.sock: \(reason)")
        }
        // A failed sync is reported with its reason in the document; the caller reads it.
        guard (200..<300).contains(response.status) || response.status == 500 else {
            let text = String(decoding: body, as: UTF8.self)
            let resource = path.prefix { $0 != "?" }
            throw CommandFailure("asking the daemon for \(resource): \(text.isEmpty ? "\(response.status)" : text)")
        }
        return body
    }
}
