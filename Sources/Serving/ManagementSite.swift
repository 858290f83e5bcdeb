internal import Content
package import HTTP
package import Store

/// Decides the answers on the management port: `/healthz`, `/readyz`, `/metrics`.
package final class ManagementSite: Sendable {
    private let active: @Sendable () -> ReleaseSummary?
    private let isStopping: @Sendable () -> Bool
    private let metrics: @Sendable () -> ServingMetrics

    /// - Parameters:
    ///   - active: the release that is served; the daemon is ready once there is one.
    ///   - isStopping: whether the daemon ends, so that it is not ready for anything new.
    ///   - metrics: gathers what `/metrics` tells.
    package init(
        active: @escaping @Sendable () -> ReleaseSummary?,
        isStopping: @escaping @Sendable () -> Bool = { false },
        metrics: @escaping @Sendable () -> ServingMetrics
    ) {
        self.active = active
        self.isStopping = isStopping
        self.metrics = metrics
    }

    /// The answer to `request`; nothing here is repeatable.
    package func answer(to request: Request) -> Answer<StoredFile> {
        do throws(Refusal) {
            return try decide(request)
        } catch {
            return error.answer(to: request)
        }
    }

    private func decide(_ request: Request) throws(Refusal) -> Answer<StoredFile> {
        let path = String(decoding: request.path, as: UTF8.self)
        let isKnown = ["/healthz", "/readyz", "/metrics"].contains(path)
        let allow = "GET, HEAD, OPTIONS"
        if request.method == .options, isKnown || path == "*" {
            return Answer(.noContent, fields: Fields([.init(name: "Allow", value: allow)]))
        }
        guard isKnown else { throw Refusal(.notFound, "Here are /healthz, /readyz and /metrics.") }
        guard request.method == .get || request.method == .head else {
            throw Refusal(
                .methodNotAllowed,
                "Only \(allow) are allowed here.",
                fields: Fields([.init(name: "Allow", value: allow)])
            )
        }
        switch path {
        case "/metrics":
            return Self.document(MetricsPage.render(metrics()), type: MetricsPage.contentType)
        case "/readyz":
            guard !isStopping() else { throw Refusal(.serviceUnavailable, "The daemon is stopping.") }
            guard let release = active() else { throw .noRelease("specman status") }
            return Self.document(Array("ready: \(release.tag)@\(release.digest)\n".utf8), type: MediaType.plainText)
        default:
            return Self.document(Array("ok\n".utf8), type: MediaType.plainText)
        }
    }

    private static func document(_ bytes: [UInt8], type: String) -> Answer<StoredFile> {
        var fields = Fields()
        fields.append("Content-Type", type)
        fields.append("X-Content-Type-Options", "nosniff")
        fields.append("Cache-Control", "no-store")
        return Answer(.ok, fields: fields, body: .bytes(bytes))
    }
}
