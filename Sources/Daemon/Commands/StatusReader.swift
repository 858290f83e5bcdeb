internal import Content
internal import Curl
internal import FoundationEssentials

/// `specman status`: what the daemon says of itself.
package struct StatusReader {
    private struct Status: Decodable {
        struct Release: Decodable {
            let tag: String
            let digest: String
            let files: Int
            let bytes: Int64
            let publishedAt: String
        }
        struct Hold: Decodable {
            let by: String
            let reason: String?
            let since: String
        }
        struct Sync: Decodable {
            let lastAttempt: String?
            let lastSuccess: String?
            let next: String?
            let lastError: String?
            let newest: String?
        }
        struct Verification: Decodable {
            let last: String?
            let damaged: Int
            let restored: Int
        }
        let release: Release?
        let held: Hold?
        let sync: Sync
        let verification: Verification?
        let findings: [String]
    }

    /// The document of `/-/status` as the daemon gave it, with the line break at its end.
    package let json: String
    private let status: Status

    /// - Throws: ``CommandFailure`` where no daemon answers within `timeout`.
    package init(_ configuration: Configuration, timeout: Duration = .seconds(10)) throws {
        let socket = DaemonSocket(directory: configuration.storage.directory)
        let body = try socket.request(.get, "/-/status", timeout: timeout)
        json = String(decoding: body, as: UTF8.self)
        do {
            status = try JSONDecoder().decode(Status.self, from: Data(body))
        } catch {
            throw CommandFailure("asking the daemon for its status: its answer can't be understood (\(error))")
        }
    }

    /// Whether there is a release to serve.
    var hasRelease: Bool { status.release != nil }

    /// What matters, by name.
    package var rows: [(name: String, value: String)] {
        var rows: [(String, String)] = []
        if let release = status.release {
            rows.append(("release", "\(release.tag) \(release.digest)"))
            rows.append(("content", "\(release.files) files, \(ByteCount.format(release.bytes))"))
            rows.append(("published", release.publishedAt))
        } else {
            rows.append(("release", "none yet"))
        }
        if let held = status.held {
            rows.append(("held", "by \(held.by) since \(held.since)" + (held.reason.map { ": \($0)" } ?? "")))
        }
        rows.append(("last attempt", status.sync.lastAttempt ?? "-"))
        rows.append(("last success", status.sync.lastSuccess ?? "-"))
        rows.append(("next", status.sync.next ?? "now"))
        rows.append(("last error", status.sync.lastError ?? "-"))
        if let newest = status.sync.newest { rows.append(("newest", newest)) }
        if let verification = status.verification {
            let found = verification.damaged == 0 ? "" : ", \(verification.damaged) damaged"
            rows.append(("verified", (verification.last ?? "-") + found))
        }
        for finding in status.findings { rows.append(("finding", finding)) }
        return rows
    }
}
