internal import Curl
internal import FoundationEssentials

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
        if let management = configuration.management {
            try ask(management)
        } else {
            try askSocket(of: configuration.storage.directory)
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
            let (response, body) = try TransferClient().collect(
                TransferRequest(.get, url, timeout: timeout),
                limit: limit
            )
            guard response.status == 200 else {
                let text = String(decoding: body, as: UTF8.self)
                throw CommandFailure("the daemon on \(address) is not ready: \(response.status) \(text)")
            }
        } catch let error as TransferError {
            throw CommandFailure("asking the daemon whether it is ready: \(error)")
        }
    }

    /// What matters here of `/-/status`.
    private struct Status: Decodable {
        struct Release: Decodable {}
        let release: Release?
    }

    private static func askSocket(of directory: String) throws {
        let body = try DaemonSocket(directory: directory).request(.get, "/-/status", timeout: timeout)
        let status: Status
        do {
            status = try JSONDecoder().decode(Status.self, from: Data(body))
        } catch {
            throw CommandFailure("asking the daemon whether it is ready: its answer can't be understood (\(error))")
        }
        guard status.release != nil else {
            throw CommandFailure("the daemon on \(directory) is not ready: no release yet; see its log")
        }
    }
}
