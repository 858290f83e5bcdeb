import Content
import HTTP
import Serving
import Testing

struct ManagementSiteTests {
    private static func site(isReady: Bool, isStopping: Bool = false) throws -> ManagementSite {
        let release = ReleaseSummary(
            tag: try #require(Tag("4.5.13")),
            digest: try #require(Digest(hex: String(repeating: "0", count: 64))),
            files: 1,
            bytes: 2,
            publishedAt: Timestamp(seconds: 0),
            active: true
        )
        return ManagementSite(
            active: { isReady ? release : nil },
            isStopping: { isStopping },
            metrics: { ServingMetrics() }
        )
    }

    @Test func isAliveBeforeItIsReady() throws {
        let site = try Self.site(isReady: false)
        #expect(site.answer(to: Request(.get, "/healthz")).status == .ok)
        let answer = site.answer(to: Request(.get, "/readyz"))
        #expect(answer.status == .serviceUnavailable)
        #expect(answer.fields["Retry-After"] == "10")
    }

    @Test func isReadyOnceThereIsARelease() throws {
        let answer = try Self.site(isReady: true).answer(to: Request(.get, "/readyz"))
        #expect(answer.status == .ok)
        #expect(answer.text == "ready: 4.5.13@sha256:\(String(repeating: "0", count: 64))\n")
    }

    @Test func isNotReadyWhileItStops() throws {
        let site = try Self.site(isReady: true, isStopping: true)
        #expect(site.answer(to: Request(.get, "/readyz")).status == .serviceUnavailable)
        #expect(site.answer(to: Request(.get, "/readyz")).text.contains("stopping"))
        #expect(site.answer(to: Request(.get, "/healthz")).status == .ok)
    }

    @Test func givesMetricsInPrometheusFormat() throws {
        let answer = try Self.site(isReady: true).answer(to: Request(.get, "/metrics"))
        #expect(answer.fields["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
        #expect(answer.text.contains("# TYPE specman_connections gauge\nspecman_connections 0\n"))
        #expect(!answer.isRepeatable)
    }

    @Test(arguments: [
        (HTTP.Method.get, "/", 404), (.get, "/metrics/", 404), (.get, "/healthz/x", 404), (.get, "/-/status", 404),
        (.post, "/metrics", 405), (.other("DELETE"), "/healthz", 405), (.post, "/other", 404),
        (.options, "/metrics", 204), (.options, "*", 204), (.options, "/other", 404), (.head, "/readyz", 200),
    ])
    func knowsNothingElse(method: HTTP.Method, path: String, code: Int) throws {
        let answer = try Self.site(isReady: true).answer(to: Request(method, path))
        #expect(answer.status.code == code)
        #expect((answer.fields["Allow"] != nil) == (code == 405 || code == 204))
    }
}
