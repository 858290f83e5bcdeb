internal import Curl

/// `specman healthcheck`: whether the daemon is ready, that is, whether it has a release to serve.
package enum ReadinessProbe {
    /// How long the daemon may take, below what probes usually allow.
    private static let timeout: Duration = .seconds(5)
    /// The largest answer taken from the management port, in bytes: a line of text is expected.
    private static let limit = 64 << 10

    /// Asks `/readyz` on the management port; where there is none, the volume's socket tells the same.
    ///
    /// - Throws: ``CommandFailure`` where it isn't ready, or can't be asked.
    package static func run(_ configuration: Configuration) throws {
        if let management = configuration.management { return try ask(management) }
        guard try StatusReader(configuration, timeout: timeout).hasRelease else {
            throw CommandFailure(
                "the daemon on \(configuration.storage.directory) is not ready: it has no release yet; see specman status"
            )
        }
    }

    private static func ask(_ management: Address) throws {
        // A daemon that listens on every address is asked on the loopback.
        var host = management.host
        if host.isEmpty || host == "0.0.0.0" { host = "127.0.0.1" }
        if host == "::" { host = "::1" }
        let address = Address(host: host, port: management.port)
        guard let url = TransferURL("http://\(address)/readyz") else {
            throw CommandFailure("asking the daemon on \(address): not an address; check management.address")
        }
        do {
            var options = TransferOptions()
            options.proxies = .none
            let (response, body) = try TransferClient(options).collect(
                TransferRequest(.get, url, timeout: timeout),
                limit: limit
            )
            guard response.status == 200 else {
                // Its text begins with the status.
                let text = body.isEmpty ? "\(response.status)" : String(decoding: body, as: UTF8.self)
                throw CommandFailure("the daemon on \(address) is not ready: \(text)")
            }
        } catch let error as TransferError {
            throw CommandFailure("asking the daemon whether it is ready: \(error)")
        }
    }
}
