import Dispatch
import Foundation
import HTTP
import Listener
import Platform
import Synchronization
import TestSupport
import Testing

/// A connection that is given the number of one that was closed in the same turn is not taken for it.
struct StaleEventTests {
    /// Keeps its answers until the test wants them given, and the loop where the test wants it to stand still.
    private final class HeldResponder: Responder {
        typealias Reply = @Sendable (Answer<SharedFile>) -> Void

        let replies = Mutex<[Reply]>([])
        let isAsked = DispatchSemaphore(value: 0)
        let isHolding = DispatchSemaphore(value: 0)
        let goOn = DispatchSemaphore(value: 0)

        var generation: UInt64 { 1 }

        func answer(to request: Request, reply: @escaping Reply) {
            replies.withLock { $0.append(reply) }
            isAsked.signal()
        }

        func fileAtOnce(_ head: RequestHead, in bytes: Span<UInt8>) -> FoundFile<SharedFile>? {
            let path = bytes.extracting(head.path)
            guard path.count == 5, path[1] == UInt8(ascii: "h") else { return nil }
            isHolding.signal()
            goOn.wait()
            return nil
        }
    }

    @Test(.timeLimit(.minutes(1))) func aNewConnectionHasNoOldEvents() throws {
        let responder = HeldResponder()
        let server = try TestServer(responder, loops: 1)
        func request(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n" }
        var holding = try RawClient(port: server.plainPort)
        // Twice: what other tests of the process open may take the number.
        for _ in 0..<2 {
            var leaving: RawClient? = try RawClient(port: server.plainPort)
            try leaving?.send(request("/left"))
            responder.isAsked.wait()
            // The loop stands still, and what happens now all comes in its next turn: a new connection, the end of the old
            // one, and the answer for it.
            try holding.send(request("/hold"))
            responder.isHolding.wait()
            var coming = try RawClient(port: server.plainPort)
            leaving?.resetWhenClosed()
            leaving = nil
            let reply = try #require(responder.replies.withLock { $0.popLast() })
            reply(Answer(.ok, body: .bytes([1])))
            responder.goOn.signal()
            try coming.send(request("/come"))
            responder.isAsked.wait()
            responder.isAsked.wait()
            for reply in responder.replies.withLock({ $0 }) { reply(Answer(.ok, body: .bytes([1]))) }
            responder.replies.withLock { $0 = [] }
            #expect(try coming.answer().head.hasPrefix("HTTP/1.1 200 "))
            #expect(try holding.answer().head.hasPrefix("HTTP/1.1 200 "))
        }
    }
}
