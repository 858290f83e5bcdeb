package import Content

/// What `/metrics` tells, as plain values: the daemon gathers them, ``MetricsPage`` writes them.
///
/// What is `nil` or empty is left out of the page, as a gauge that isn't known is none.
package struct ServingMetrics: Sendable {
    /// A count of requests that were sent to a registry.
    package struct RegistryRequests: Hashable, Sendable {
        package var host: String
        /// The status, or a word such as `error` where none came.
        package var code: String
        package var count: UInt64

        package init(host: String, code: String, count: UInt64) {
            self.host = host
            self.code = code
            self.count = count
        }
    }

    /// A count of requests that were answered.
    package struct HTTPRequests: Hashable, Sendable {
        package var method: String
        package var code: Int
        package var count: UInt64

        package init(method: String, code: Int, count: UInt64) {
            self.method = method
            self.code = code
            self.count = count
        }
    }

    /// A distribution of values over buckets.
    package struct Histogram: Hashable, Sendable {
        /// The upper bounds of all buckets but the last, ascending.
        package var bounds: [Double]
        /// How many values fell into each bucket alone; one more than there are bounds, for what lies above them all.
        package var counts: [UInt64]
        /// The sum of the values.
        package var sum: Double

        package init(bounds: [Double], counts: [UInt64], sum: Double) {
            self.bounds = bounds
            self.counts = counts
            self.sum = sum
        }
    }

    /// What the kernel knows of the process, under the names that Prometheus's own clients use.
    package struct Process: Hashable, Sendable {
        package var cpuSeconds: Double
        package var residentBytes: Int64
        package var virtualBytes: Int64
        package var openDescriptors: Int
        package var maximumDescriptors: Int
        package var startedAt: Timestamp

        package init(
            cpuSeconds: Double,
            residentBytes: Int64,
            virtualBytes: Int64,
            openDescriptors: Int,
            maximumDescriptors: Int,
            startedAt: Timestamp
        ) {
            self.cpuSeconds = cpuSeconds
            self.residentBytes = residentBytes
            self.virtualBytes = virtualBytes
            self.openDescriptors = openDescriptors
            self.maximumDescriptors = maximumDescriptors
            self.startedAt = startedAt
        }
    }

    /// Syncs by result, such as `published`, `unchanged`, `failed`.
    package var syncs: [String: UInt64] = [:]
    /// How long the last sync took, in seconds.
    package var lastSyncDuration: Double?
    package var lastSyncSuccess: Timestamp?
    /// The active release.
    package var release: ReleaseSummary?
    /// Free space on the volume, in bytes.
    package var freeBytes: Int64?
    /// Whether an administrator holds the active release.
    package var isHeld = false
    /// When the volume was last re-hashed.
    package var lastVerification: Timestamp?
    /// Names on the volume that are damaged, and those restored since the start.
    package var damagedFiles = 0
    package var restoredFiles = 0
    package var registryRequests: [RegistryRequests] = []
    package var httpRequests: [HTTPRequests] = []
    /// Of answering a request, in seconds.
    package var httpDurations: Histogram?
    /// Bytes of answers sent, heads included.
    package var httpResponseBytes: UInt64 = 0
    /// Connections open now.
    package var connections: Int = 0
    /// Connections closed when they came, as their client had its share.
    package var connectionsRefused: UInt64 = 0
    /// Idle connections closed to make room for others.
    package var connectionsShed: UInt64 = 0
    /// Bytes that wait with connections: output for slow clients, and incomplete requests.
    package var bufferedBytes: UInt64 = 0
    /// Handshakes by result, such as `ok`, `failed`.
    package var handshakes: [String: UInt64] = [:]
    /// When the certificate that is served ends.
    package var certificateExpiry: Timestamp?
    package var process: Process?

    package init() {}
}
