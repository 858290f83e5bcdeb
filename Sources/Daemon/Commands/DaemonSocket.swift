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
            // The host that the error names is the one that stands in the URL for HTTP's sake.
            let reason = if case .refused = error { "nobody answers there" } else { "\(error)" }
            throw CommandFailure(
                "asking the daemon on \(directory)/specman.sock: \(reason); "
                    + "check that it runs and that this user may open the socket"
            )
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
