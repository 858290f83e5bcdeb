import HTTP
import Testing

/// What a request accepts is found in a head that is refused, too, and in as much of one as has come.
@Suite struct AcceptOfHeadTests {
    @Test(arguments: [
        ("GET / HTTP/1.1\r\nAccept: a\r\n\r\n", "a"),
        ("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\naCCEPT:\t a/b;q=1 \r\nX", "a/b;q=1"),
        ("GET / HTTP/1.1\r\nAccept: a\r\nAccept:b\r\n\r\n", "a, b"),
        ("Accept: a\r\n", "a"),
        ("GET / HTTP/1.1\r\nAccept: \(String(repeating: "x", count: 1025))\r\nAccept: b\r\n", "b"),
        ("GET\u{0} bad\nline\rHTTP\r\n: \r\nAccept:\r\n", ""),
        ("GET / HTTP/1.1\r\nAccept: a", nil),
        ("GET / HTTP/1.1\r\nAccept: a\r", nil),
        ("GET / HTTP/1.1\r\n\r\nAccept: a\r\n", nil),
        ("GET / HTTP/1.1\r\nAccept : a\r\nAccept-Encoding: b\r\nXAccept: c\r\nAccept\r\n", nil),
        ("", nil), ("\r", nil), ("\r\n", nil), ("\n\n\n", nil),
    ])
    func isFound(head: String, expected: String?) {
        let bytes = Array(head.utf8)
        #expect(RequestHead.accept(in: bytes.span) == expected)
        // Of a part there is no more than of the whole.
        for count in 0..<bytes.count {
            let part = RequestHead.accept(in: bytes.span.extracting(0..<count))
            #expect(part == nil || expected?.hasPrefix(part ?? "") == true, "\(count)")
        }
    }
}
