package import HTTP
internal import OpenSSL
internal import Platform

/// Who wants to know of each answer.
package protocol RequestLog: Sendable {
    /// Told of an answer at its end, by an event loop: must neither block nor take long.
    func record(_ answer: RequestRecord)
}

/// What the listener knows of a request and its answer, once that has ended.
package struct RequestRecord: Sendable {
    /// As the client wrote it; empty where the request was too broken to have one.
    package var method: String
    /// As the client wrote it: any bytes but control bytes and blanks.
    package var target: [UInt8]
    package var userAgent: String
    package var status: Int
    /// Of head and body, before encryption.
    package var bytes: Int
    /// From the request's arrival to the last of the answer.
    package var duration: Duration
    package var peer: Peer
    /// Such as `TLSv1.3`; `nil` without TLS.
    package var tlsVersion: String?
    package var user: String?
    /// What the answer came from, in the responder's words.
    package var origin: String?
    /// Whether all of the answer was handed to the socket.
    package var isComplete: Bool
}

/// What has to be remembered of a request until its answer has ended, where somebody wants to know.
final class LoggedRequest {
    let method: String
    let target: [UInt8]
    let userAgent: String
    var user: String?
    var origin: String?
    var bytes = 0

    /// Of a request too broken to have any of it.
    init() {
        method = ""
        target = []
        userAgent = ""
    }

    init(_ head: RequestHead, _ bytes: Span<UInt8>) {
        func copy(_ range: Range<Int>, limit: Int) -> [UInt8] {
            range.prefix(limit).map { bytes[$0] }
        }
        method = String(decoding: copy(head.method, limit: Self.methodLimit), as: UTF8.self)
        target = copy(head.target, limit: Self.targetLimit)
        userAgent = head.userAgent(in: bytes, limit: Self.agentLimit)
    }

    /// In bytes: a line of the log stays below the 4096 that a pipe takes in one piece (`PIPE_BUF`), even with every
    /// byte of these escaped.
    private static let methodLimit = 32
    private static let targetLimit = 768
    private static let agentLimit = 192
}

extension EventLoop {
    /// Remembers of the answer what the log will say.
    @inline(never)
    func note(_ ready: ReadyAnswer, in logged: LoggedRequest) {
        logged.user = ready.user
        logged.origin = ready.origin
    }

    /// Tells of an answer that has ended, or that its client did not wait for.
    @inline(never)
    func log(_ connection: Connection, isComplete: Bool) {
        guard let logged = connection.logged else { return }
        connection.logged = nil
        state.endpoints[connection.endpoint].log?.record(
            RequestRecord(
                method: logged.method,
                target: logged.target,
                userAgent: logged.userAgent,
                status: connection.status,
                bytes: logged.bytes,
                duration: .nanoseconds(Int64(clamping: MonotonicClock.nanoseconds &- connection.requestStart)),
                peer: peer(of: connection),
                tlsVersion: connection.session?.version(),
                user: logged.user,
                origin: logged.origin,
                isComplete: isComplete
            )
        )
    }
}
