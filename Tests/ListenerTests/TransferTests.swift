import Foundation
import HTTP
import Listener
import OpenSSL
import Platform
import Testing

@Suite struct TransferTests {
    @Test func servesBytesOverTLS() throws {
        let server = try TestServer(TestResponder(TestResponder.echo))
        let (status, output) = try server.curl("/a/b?c=d", ["-i"])
        #expect(status == 0)
        let text = String(decoding: output, as: UTF8.self)
        #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(text.hasSuffix("\r\n\r\nget /a/b?c=d 0"))
        #expect(text.contains("\r\nDate: "))
        #expect(text.contains("\r\nContent-Length: 14\r\n"))
    }
}
