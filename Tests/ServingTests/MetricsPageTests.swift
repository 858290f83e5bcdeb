import Content
import Serving
import Testing

struct MetricsPageTests {
    private static func page(_ metrics: ServingMetrics) -> String {
        String(decoding: MetricsPage.render(metrics), as: UTF8.self)
    }

    private static func full() throws -> ServingMetrics {
        var metrics = ServingMetrics()
        metrics.syncs = ["unchanged": 7, "failed": 1, "published": 2]
        metrics.lastSyncDuration = 1.25
        metrics.lastSyncSuccess = Timestamp(seconds: 1_733_488_994)
        metrics.release = ReleaseSummary(
            tag: try #require(Tag("0.0.0")),
            digest: try #require(Digest(hex: String(repeating: "ab", count: 32))),
            files: 12,
            bytes: 1_681_032,
            publishedAt: Timestamp(seconds: 0),
            active: true
        )
        metrics.freeBytes = 1 << 40
        metrics.isHeld = true
        metrics.lastVerification = Timestamp(seconds: 1_733_488_000)
        metrics.damagedFiles = 2
        metrics.restoredFiles = 5
        metrics.registryRequests = [
            .init(host: "registry.example:5000", code: "404", count: 1),
            .init(host: "registry.example:5000", code: "200", count: 9),
        ]
        metrics.httpRequests = [.init(method: "GET", code: 200, count: 5), .init(method: "GET", code: 304, count: 2)]
        metrics.httpDurations = .init(bounds: [0.001, 0.01, 1], counts: [3, 2, 0, 1], sum: 2.5)
        metrics.httpResponseBytes = 123_456
        metrics.connections = 3
        metrics.connectionsRefused = 6
        metrics.connectionsShed = 7
        metrics.bufferedBytes = 65_536
        metrics.handshakes = ["ok": 4, "failed": 1]
        metrics.certificateExpiry = Timestamp(seconds: 1_800_000_000)
        metrics.process = .init(
            cpuSeconds: 1.5,
            residentBytes: 4096,
            virtualBytes: 8192,
            openDescriptors: 9,
            maximumDescriptors: 1024,
            startedAt: Timestamp(seconds: 10, nanoseconds: 500_000_000)
        )
        return metrics
    }

    @Test func writesEverySample() throws {
        let digest = "sha256:" + String(repeating: "ab", count: 32)
        let lines = Self.page(try Self.full()).split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(
            lines.map(String.init) == [
                #"specman_sync_total{result="failed"} 1"#,
                #"specman_sync_total{result="published"} 2"#,
                #"specman_sync_total{result="unchanged"} 7"#,
                "specman_sync_duration_seconds 1.25",
                "specman_sync_last_success_timestamp_seconds 1733488994",
                #"specman_registry_requests_total{host="registry.example:5000",code="200"} 9"#,
                #"specman_registry_requests_total{host="registry.example:5000",code="404"} 1"#,
                #"specman_release_info{tag="0.0.0",digest="\#(digest)"} 1"#,
                "specman_release_files 12",
                "specman_release_bytes 1681032",
                "specman_release_held 1",
                "specman_storage_free_bytes 1099511627776",
                "specman_storage_verified_timestamp_seconds 1733488000",
                "specman_storage_damaged_files 2",
                "specman_storage_restored_files_total 5",
                #"specman_http_requests_total{method="GET",code="200"} 5"#,
                #"specman_http_requests_total{method="GET",code="304"} 2"#,
                #"specman_http_request_duration_seconds_bucket{le="0.001"} 3"#,
                #"specman_http_request_duration_seconds_bucket{le="0.01"} 5"#,
                #"specman_http_request_duration_seconds_bucket{le="1"} 5"#,
                #"specman_http_request_duration_seconds_bucket{le="+Inf"} 6"#,
                "specman_http_request_duration_seconds_sum 2.5",
                "specman_http_request_duration_seconds_count 6",
                "specman_http_response_bytes_total 123456",
                "specman_connections 3",
                "specman_connections_refused_total 6",
                "specman_connections_shed_total 7",
                "specman_connections_buffered_bytes 65536",
                #"specman_tls_handshakes_total{result="failed"} 1"#,
                #"specman_tls_handshakes_total{result="ok"} 4"#,
                "specman_certificate_expiry_timestamp_seconds 1800000000",
                "process_cpu_seconds_total 1.5",
                "process_resident_memory_bytes 4096",
                "process_virtual_memory_bytes 8192",
                "process_open_fds 9",
                "process_max_fds 1024",
                "process_start_time_seconds 10.5",
            ]
        )
    }

    @Test func declaresEachFamilyOnceBeforeItsSamples() throws {
        var types: [String: String] = [:]
        var helped: Set<String> = []
        for line in Self.page(try Self.full()).split(separator: "\n") {
            let words = line.split(separator: " ")
            if line.hasPrefix("# HELP") {
                #expect(helped.insert(String(words[2])).inserted)
            } else if line.hasPrefix("# TYPE") {
                #expect(helped.contains(String(words[2])))
                #expect(types.updateValue(String(words[3]), forKey: String(words[2])) == nil)
            } else {
                let name = String(line.prefix(while: { $0 != "{" && $0 != " " }))
                let family = ["_bucket", "_sum", "_count"].first { name.hasSuffix($0) && types[name] == nil }
                #expect(types[String(name.dropLast(family?.count ?? 0))] != nil, "\(line)")
            }
        }
        #expect(types["specman_sync_total"] == "counter")
        #expect(types["specman_connections"] == "gauge")
        #expect(types["specman_http_request_duration_seconds"] == "histogram")
        #expect(types.keys.filter { $0.hasSuffix("_total") }.allSatisfy { types[$0] == "counter" })
    }

    @Test func leavesOutWhatIsNotKnown() {
        let page = Self.page(ServingMetrics())
        #expect(!page.contains("specman_release_info"))
        #expect(!page.contains("specman_sync_last_success_timestamp_seconds"))
        #expect(!page.contains("process_"))
        #expect(page.contains("specman_connections 0\n"))
        #expect(page.hasSuffix("\n"))
    }

    @Test func escapesLabels() {
        var metrics = ServingMetrics()
        metrics.syncs = ["a\"b\\c\nd": 1]
        #expect(Self.page(metrics).contains(#"specman_sync_total{result="a\"b\\c\nd"} 1"#))
    }

    @Test(arguments: [
        (Double.infinity, "+Inf"), (-Double.infinity, "-Inf"), (Double.nan, "NaN"), (0, "0"), (-0.5, "-0.5"),
        (1e300, "1e+300"),
    ])
    func writesNumbersAsTheFormatHasThem(value: Double, text: String) {
        var metrics = ServingMetrics()
        metrics.lastSyncDuration = value
        #expect(Self.page(metrics).contains("specman_sync_duration_seconds \(text)\n"))
    }
}
