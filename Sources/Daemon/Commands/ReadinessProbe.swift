internal import Curl

/// `specman healthcheck`: whether the daemon is ready, as `/readyz` on the management port has it.
package enum ReadinessProbe {
    /// How long the daemon may take, below what probes usually allow.
    private static let timeout: Duration = .seconds(5)

    /// - Throws: ``CommandFailure`` where it isn't ready, or can't be asked.
    package static func run(_ configuration: Configuration) throws {
        guard let management = configuration.management else {
            // Without a management port the socket tells the same: it answers, and there is a release.
            _ = try DaemonSocket(directory: configuration.storage.directory)
                .request(.get, "/", timeout: timeout)
            return
        }
        // A daemon that listens on every address is asked on the loopback.
        var host = management.host
        if host.isEmpty || host == "0.0.0.0" { host = "127.0.0.1" }
        if host == "::" { host = "::1" }
        let address = Address(host: host, port: management.port)
        guard let url = TransferURL("http://\(address)/readyz") else {
            throw CommandFailure("asking the daemon on \(address): not an address; check management.address")
        }
        do {
            let (response, body) = try TransferClient().collect(
                TransferRequest(.get, url, timeout: timeout),
                limit: 64 << 10
            )
            guard response.status == 200 else {
                let text = String(decoding: body, as: UTF8.self)
                throw CommandFailure("the daemon on \(address) is not ready: \(response.status) \(text)")
            }
        } catch let error as TransferError {
            throw CommandFailure("asking the daemon on \(address): \(error); check that it runs")
        }
    }
}
