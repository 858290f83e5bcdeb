import TestSupport
import Testing

@testable import Curl

/// Each way in which no answer comes is an error of its own.
struct FailureTests {
    private func fails(
        _ text: String,
        _ options: TransferOptions = TransferOptions(),
        timeout: Duration? = nil,
        isCancelled: (() -> Bool)? = nil
    ) throws -> TransferError? {
        let url = try #require(TransferURL(text))
        let request = TransferRequest(.get, url, timeout: timeout, isCancelled: isCancelled)
        return #expect(throws: TransferError.self) {
            _ = try TransferClient(options).collect(request, limit: 1 << 20)
        }
    }

    @Test func aNameThatDoesNotResolve() throws {
        #expect(try fails("http://name.invalid/") == .nameNotResolved(host: "name.invalid:80"))
    }

    @Test func aPortWhereNobodyListens() throws {
        let host = try ScriptedServer([]).host
        // The server is gone with the statement above, its port with it.
        let error = try fails("http://\(host)/")
        #expect(error == .refused(host: host) || error?.isTransient == true)
    }

    @Test func aServerThatClosesOrResets() throws {
        let server = try ScriptedServer([.bytes([]), .reset])
        for _ in 0..<2 {
            let error = try fails("http://\(server.host)/")
            guard case .interrupted = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(error?.isTransient == true)
        }
    }

    @Test func aBodyCutShort() throws {
        let server = try ScriptedServer([.http(200, ["Content-Length: 10"], text: "12345")])
        guard case .interrupted = try fails("http://\(server.host)/") else {
            Issue.record("not an interruption")
            return
        }
    }

    @Test func anAnswerThatIsNoHTTP() throws {
        let server = try ScriptedServer([.bytes(Array("SSH-2.0-OpenSSH\r\n".utf8))])
        guard case .badAnswer = try fails("http://\(server.host)/") else {
            Issue.record("not a bad answer")
            return
        }
    }

    @Test func aServerThatSaysNothingStalls() throws {
        let server = try ScriptedServer { _ in .hang(Array("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx".utf8)) }
        var options = TransferOptions()
        options.stallTime = .seconds(1)
        #expect(try fails("http://\(server.host)/", options) == .stalled(host: server.host))
    }

    @Test func theTimeForAllOfItEnds() throws {
        let server = try ScriptedServer { _ in .hang([]) }
        #expect(try fails("http://\(server.host)/", timeout: .milliseconds(100)) == .timeout(host: server.host))
    }

    @Test func cancelling() throws {
        let server = try ScriptedServer { _ in .hang([]) }
        #expect(try fails("http://\(server.host)/", isCancelled: { true }) == .cancelled(host: server.host))
    }

    @Test func aCAFileThatIsNone() throws {
        let server = try ScriptedServer([])
        var options = TransferOptions()
        options.caFile = "/nonexistent/ca.pem"
        guard case .badCertificateFile = try fails("https://\(server.host)/", options) else {
            Issue.record("not a bad certificate file")
            return
        }
    }
}
