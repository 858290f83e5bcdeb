internal import Curl

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
        var options = TransferOptions()
        options.unixSocket = directory + "/specman.sock"
        options.stallTime = timeout
        // The name is only there because HTTP asks for one.
        guard let url = TransferURL("http://localhost" + path) else {
            throw CommandFailure("asking the daemon for \(path): not a path")
        }
        do {
            let (response, body) = try TransferClient(options).collect(
                TransferRequest(method, url, timeout: timeout),
                limit: Self.limit
            )
            guard (200..<300).contains(response.status) else {
                let text = String(decoding: body, as: UTF8.self)
                throw CommandFailure("asking the daemon for \(path): it answers \(response.status): \(text)")
            }
            return body
        } catch let error as TransferError {
            throw CommandFailure(
                "asking the daemon on \(directory)/specman.sock: \(error); "
                    + "check that it runs and that this user may open the socket"
            )
        }
    }
}
