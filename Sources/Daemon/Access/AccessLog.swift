internal import Content
internal import Dispatch
internal import HTTP
internal import Listener
internal import Logging
internal import Platform
internal import Synchronization

/// Writes a line for each request, where that is asked for.
///
/// Lines are made and written on a queue of their own: an event loop only leaves what it knows. A reader of the log that
/// is too slow costs lines, never time; how many is said as soon as it reads again.
final class AccessLog: RequestLog {
    /// Requests that wait for their line, at most: a second or so of the busiest traffic, some MiB.
    static let limit = 8192
    /// Lines written before the queue is given up to what else is to be done there.
    private static let batch = 512

    private struct State {
        var waiting: [RequestRecord] = []
        var dropped = 0
        var isWriting = false
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "specman.access.log")
    private let log: Logger

    /// - Parameter log: takes the lines at level `info`.
    init(_ log: Logger) {
        self.log = log
    }

    func record(_ answer: RequestRecord) {
        let begins = state.withLock { state in
            guard state.waiting.count < Self.limit else {
                state.dropped += 1
                return false
            }
            state.waiting.append(answer)
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if begins { queue.async { self.write() } }
    }

    /// Waits until what is known is written; not for longer than `patience`, as the reader may never come back.
    func flush(patience: Duration) {
        let done = DispatchSemaphore(value: 0)
        queue.async { done.signal() }
        _ = done.wait(timeout: .now() + patience.dispatchInterval)
    }

    private func write() {
        while true {
            let (records, dropped) = state.withLock { state in
                let records = Array(state.waiting.prefix(Self.batch))
                state.waiting.removeFirst(records.count)
                if records.isEmpty, state.dropped == 0 { state.isWriting = false }
                defer { state.dropped = 0 }
                return (records, state.dropped)
            }
            if records.isEmpty, dropped == 0 { return }
            for record in records { log.info("request", metadata: Self.fields(of: record)) }
            if dropped > 0 {
                log.warning("requests are missing here: the log is read too slowly", metadata: ["count": "\(dropped)"])
            }
        }
    }

    /// Every value as the client sent it, escaped by the log's handler.
    private static func fields(of record: RequestRecord) -> Logger.Metadata {
        var fields: Logger.Metadata = [
            "bytes": "\(record.bytes)",
            "duration": "\(seconds(record.duration))",
            "method": "\(record.method)",
            "path": "\(String(decoding: record.target, as: UTF8.self))",
            "status": "\(record.status)",
        ]
        switch record.peer {
        case .local: fields["client"] = "socket"
        case .network(let address): fields["client"] = "\(address)"
        }
        if let version = record.tlsVersion { fields["tls"] = "\(version)" }
        if let user = record.user { fields["user"] = "\(user)" }
        if let origin = record.origin { fields["release"] = "\(origin)" }
        if !record.userAgent.isEmpty { fields["agent"] = "\(record.userAgent)" }
        if !record.isComplete { fields["incomplete"] = "true" }
        return fields
    }

    /// In seconds, to the microsecond.
    private static func seconds(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let micros = String(attoseconds / 1_000_000_000_000)
        return "\(seconds).\(String(repeating: "0", count: max(0, 6 - micros.count)))\(micros)s"
    }
}
