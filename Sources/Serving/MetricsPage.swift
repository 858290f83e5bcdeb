internal import Content

/// Writes metrics in Prometheus's text format.
///
/// Specification: Prometheus "Exposition formats", text-based format 0.0.4. The order is fixed, so that two pages of
/// the same values are the same bytes.
package struct MetricsPage: Sendable {
    /// The media type of the format.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private enum Kind: String {
        case counter
        case gauge
        case histogram
    }

    private typealias Labels = [(name: String, value: String)]

    private var bytes: [UInt8] = []

    private init() {}

    /// The page.
    package static func render(_ metrics: ServingMetrics) -> [UInt8] {
        var page = MetricsPage()
        page.writeSync(metrics)
        page.writeRelease(metrics)
        page.writeHTTP(metrics)
        page.writeConnections(metrics)
        if let process = metrics.process { page.writeProcess(process) }
        return page.bytes
    }

    private mutating func writeSync(_ metrics: ServingMetrics) {
        counts("specman_sync_total", "Syncs by result.", label: "result", metrics.syncs)
        gauge("specman_sync_duration_seconds", "Duration of the last sync.", metrics.lastSyncDuration)
        gauge(
            "specman_sync_last_success_timestamp_seconds",
            "When a sync last succeeded, as Unix time.",
            metrics.lastSyncSuccess.map { Double($0.seconds) }
        )
        if !metrics.registryRequests.isEmpty {
            let name = "specman_registry_requests_total"
            family(name, .counter, "Requests to registries by host and status.")
            for entry in metrics.registryRequests.sorted(by: { ($0.host, $0.code) < ($1.host, $1.code) }) {
                sample(name, [("host", entry.host), ("code", entry.code)], String(entry.count))
            }
        }
    }

    private mutating func writeRelease(_ metrics: ServingMetrics) {
        if let release = metrics.release {
            let name = "specman_release_info"
            family(name, .gauge, "The active release; always 1.")
            sample(name, [("tag", release.tag.description), ("digest", release.digest.description)], "1")
            gauge("specman_release_files", "Files of the active release.", Double(release.files))
            gauge("specman_release_bytes", "Bytes of the active release's files.", Double(release.bytes))
        }
        gauge("specman_release_held", "Whether an administrator holds the active release.", metrics.isHeld ? 1 : 0)
        gauge("specman_storage_free_bytes", "Free space on the volume.", metrics.freeBytes.map(Double.init))
        gauge(
            "specman_storage_verified_timestamp_seconds",
            "When the volume was last re-hashed, as Unix time.",
            metrics.lastVerification.map { Double($0.seconds) }
        )
        gauge("specman_storage_damaged_files", "Names on the volume that are damaged.", Double(metrics.damagedFiles))
        counter(
            "specman_storage_restored_files_total",
            "Damaged names that were restored.",
            String(metrics.restoredFiles)
        )
    }

    private mutating func writeHTTP(_ metrics: ServingMetrics) {
        if !metrics.httpRequests.isEmpty {
            let name = "specman_http_requests_total"
            family(name, .counter, "Requests answered by method and status.")
            for entry in metrics.httpRequests.sorted(by: { ($0.method, $0.code) < ($1.method, $1.code) }) {
                sample(name, [("method", entry.method), ("code", String(entry.code))], String(entry.count))
            }
        }
        if let durations = metrics.httpDurations {
            histogram(
                "specman_http_request_duration_seconds",
                "Time from a request to the end of its answer.",
                durations
            )
        }
        counter("specman_http_response_bytes_total", "Bytes of answers sent.", String(metrics.httpResponseBytes))
    }

    private mutating func writeConnections(_ metrics: ServingMetrics) {
        gauge("specman_connections", "Connections open now.", Double(metrics.connections))
        counter(
            "specman_connections_refused_total",
            "Connections closed when they came, as their client had its share.",
            String(metrics.connectionsRefused)
        )
        counter(
            "specman_connections_shed_total",
            "Idle connections closed to make room for others.",
            String(metrics.connectionsShed)
        )
        gauge(
            "specman_connections_buffered_bytes",
            "What waits with connections: output for slow clients, and incomplete requests.",
            Double(metrics.bufferedBytes)
        )
        counts("specman_tls_handshakes_total", "TLS handshakes by result.", label: "result", metrics.handshakes)
        gauge(
            "specman_certificate_expiry_timestamp_seconds",
            "When the served certificate ends, as Unix time.",
            metrics.certificateExpiry.map { Double($0.seconds) }
        )
    }

    private mutating func writeProcess(_ process: ServingMetrics.Process) {
        counter("process_cpu_seconds_total", "User and system time spent.", Self.text(process.cpuSeconds))
        gauge("process_resident_memory_bytes", "Resident memory.", Double(process.residentBytes))
        gauge("process_virtual_memory_bytes", "Virtual memory.", Double(process.virtualBytes))
        gauge("process_open_fds", "Open file descriptors.", Double(process.openDescriptors))
        gauge("process_max_fds", "The limit of open file descriptors.", Double(process.maximumDescriptors))
        let started = Double(process.startedAt.seconds) + Double(process.startedAt.nanoseconds) / 1e9
        gauge("process_start_time_seconds", "When the process started, as Unix time.", started)
    }

    private mutating func counts(_ name: String, _ help: String, label: String, _ counts: [String: UInt64]) {
        guard !counts.isEmpty else { return }
        family(name, .counter, help)
        for (value, count) in counts.sorted(by: { $0.key < $1.key }) {
            sample(name, [(label, value)], String(count))
        }
    }

    private mutating func counter(_ name: String, _ help: String, _ value: String) {
        family(name, .counter, help)
        sample(name, [], value)
    }

    private mutating func gauge(_ name: String, _ help: String, _ value: Double?) {
        guard let value else { return }
        family(name, .gauge, help)
        sample(name, [], Self.text(value))
    }

    /// Buckets are cumulative in the format, and the last one holds everything.
    private mutating func histogram(_ name: String, _ help: String, _ histogram: ServingMetrics.Histogram) {
        family(name, .histogram, help)
        var total: UInt64 = 0
        for (index, count) in histogram.counts.enumerated() {
            // A count beyond 2^64 - 1 wraps, as a counter of the format may.
            total &+= count
            if index < histogram.bounds.count {
                sample(name + "_bucket", [("le", Self.text(histogram.bounds[index]))], String(total))
            }
        }
        sample(name + "_bucket", [("le", "+Inf")], String(total))
        sample(name + "_sum", [], Self.text(histogram.sum))
        sample(name + "_count", [], String(total))
    }

    private mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        bytes += "# HELP \(name) \(Self.escaped(help, quote: false))\n# TYPE \(name) \(kind.rawValue)\n".utf8
    }

    private mutating func sample(_ name: String, _ labels: Labels, _ value: String) {
        bytes += name.utf8
        if !labels.isEmpty {
            let list = labels.map { "\($0.name)=\"\(Self.escaped($0.value, quote: true))\"" }.joined(separator: ",")
            bytes += "{\(list)}".utf8
        }
        bytes += " \(value)\n".utf8
    }

    /// Whole numbers without a point, as long as a double holds them exactly.
    private static func text(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: value).map(String.init) ?? String(value)
    }

    private static func escaped(_ text: String, quote: Bool) -> String {
        var escaped: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): escaped += "\\\\".utf8
            case UInt8(ascii: "\n"): escaped += "\\n".utf8
            case UInt8(ascii: "\"") where quote: escaped += "\\\"".utf8
            default: escaped.append(byte)
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }
}
