internal import Serving
internal import Synchronization

/// Counts requests to registries by host and status, for the metrics.
final class RegistryRequestCounter: Sendable {
    private struct Key: Hashable {
        let host: String
        let status: Int
    }

    /// The most hosts counted apart: redirects choose them, and a page must not grow without end.
    private static let mostKeys = 100

    private let counts = Mutex<[Key: UInt64]>([:])

    /// Counts one; a status of 0 stands for none.
    func count(host: String, status: Int) {
        counts.withLock { counts in
            let key = Key(host: host, status: status)
            if counts[key] != nil || counts.count < Self.mostKeys {
                counts[key, default: 0] += 1
            } else {
                counts[Key(host: "other", status: status), default: 0] += 1
            }
        }
    }

    var all: [ServingMetrics.RegistryRequests] {
        counts.withLock { $0 }
            .map { .init(host: $0.key.host, code: $0.key.status == 0 ? "error" : "\($0.key.status)", count: $0.value) }
            .sorted { ($0.host, $0.code) < ($1.host, $1.code) }
    }
}
