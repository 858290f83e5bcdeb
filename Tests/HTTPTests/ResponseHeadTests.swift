import HTTP
import Testing

@Suite struct ResponseHeadTests {
    private let date = Array("Fri, 06 Dec 2024 12:43:14 GMT".utf8)

    @Test func writesLineAndFields() {
        let fields = Fields([.init(name: "ETag", value: "\"x\""), .init(name: "Vary", value: "Accept-Encoding")])
        let head = ResponseHead.serialise(.ok, fields: fields, contentLength: 12, date: date)
        let text = String(decoding: head.bytes, as: UTF8.self)
        #expect(
            text == "HTTP/1.1 200 OK\r\nDate: Fri, 06 Dec 2024 12:43:14 GMT\r\nETag: \"x\"\r\n"
                + "Vary: Accept-Encoding\r\nContent-Length: 12\r\n\r\n"
        )
        #expect(Array(head.bytes[head.dateOffset..<head.dateOffset + ResponseHead.dateLength]) == date)
    }

    @Test func leavesOutWhatTheListenerDecides() {
        let names = ["date", "Content-Length", "CONNECTION", "Transfer-Encoding", "", "A b", "A\r\nB", "Ä"]
        let fields = Fields(names.map { .init(name: $0, value: "1") })
        let head = ResponseHead.serialise(.notModified, fields: fields, contentLength: nil, date: date)
        #expect(
            String(decoding: head.bytes, as: UTF8.self)
                == "HTTP/1.1 304 Not Modified\r\nDate: Fri, 06 Dec 2024 12:43:14 GMT\r\n\r\n"
        )
    }

    @Test func letsNoValueEndItsLine() {
        let fields = Fields([.init(name: "Location", value: "/a\r\nSet-Cookie: x\u{0}\u{7F}")])
        let head = ResponseHead.serialise(.ok, fields: fields, contentLength: nil, date: date)
        #expect(String(decoding: head.bytes, as: UTF8.self).contains("\r\nLocation: /a  Set-Cookie: x  \r\n\r\n"))
    }

    @Test func knowsWhatHasNoContent() {
        #expect(ResponseHead.allowsContent(.ok))
        #expect(!ResponseHead.allowsContent(.noContent))
        #expect(!ResponseHead.allowsContent(.notModified))
    }
}
