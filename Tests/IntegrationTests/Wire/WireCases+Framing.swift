extension WireCase {
    private static func post(_ fields: String..., body: String = "") -> String {
        make("POST", "/hello.txt", fields, body: body)
    }

    private static func chunked(_ body: String) -> String { post("Transfer-Encoding: chunked", body: body) }

    /// Bodies by `Content-Length`, and what could be framed in two ways. POST of a file is 405, which is all that the
    /// server says of a body that is framed well.
    static let lengths: [WireCase] = [
        keeps("9112 6.3", post("Content-Length: 0"), 405),
        keeps("9112 6.3", post("Content-Length: 3", body: "abc"), 405),
        keeps("9112 6.3", post("content-length:3", body: "abc"), 405),
        keeps("9112 6.3", post("Content-Length: \t3 ", body: "abc"), 405),
        keeps("9110 8.6", post("Content-Length: 0003", body: "abc"), 405),
        keeps("9112 6.3", post(), 405),
        // A body that means nothing is read and dropped.
        keeps("9110 9.3.1", make("GET", "/hello.txt", ["Content-Length: 5"], body: "abcde"), 200, body: hello),
        keeps("9110 9.3.1", make("GET", "/hello.txt", ["Content-Length: 31"], body: get("/evil")), 200, body: hello),
        keeps(
            "9110 9.3.1",
            make("GET", "/hello.txt", ["Transfer-Encoding: chunked"], body: "2\r\nab\r\n0\r\n\r\n"),
            200,
            body: hello
        ),
        ends("9110 15.5.14", post("Content-Length: 65537"), 413),
        ends("9110 15.5.14", make("GET", "/hello.txt", ["Content-Length: 99999999"]), 413),
        ends("9110 15.5.14", post("Content-Length: 999999999999999999"), 413),
        ends("9112 6.3", post("Content-Length: 3", "Content-Length: 4", body: "abc"), 400),
        ends("9112 6.3", post("Content-Length: 3", "Content-Length: 3", body: "abc"), 400),
        ends("9112 6.3", post("Content-Length: 3", "X: y", "content-length: 0", body: "abc"), 400),
        ends("9112 6.3", post("Content-Length: 3, 3", body: "abc"), 400),
        ends("9112 6.3", post("Content-Length: 3,4", body: "abc"), 400),
        ends("9112 6.3", post("Content-Length: +3", body: "abc"), 400),
        ends("9112 6.3", post("Content-Length: -3", body: "abc"), 400),
        ends("9112 6.3", post("Content-Length: 0x3", body: "abc"), 400),
        ends("9112 6.3", post("Content-Length: 3 3", body: "abc"), 400),
        ends("9112 6.3", post("Content-Length: 3;q=1", body: "abc"), 400),
        ends("9112 6.3", post("Content-Length: \"3\"", body: "abc"), 400),
        ends("9112 6.3", post("Content-Length: 3.0", body: "abc"), 400),
        ends("9112 6.3", post("Content-Length: 1e1", body: "abc"), 400),
        ends("9112 6.3", post("Content-Length:", body: "abc"), 400),
        ends("9112 6.3", post("Content-Length: three"), 400),
        ends("9112 6.3", post("Content-Length: \u{663}"), 400),
        ends("9112 6.3", post("Content-Length: 9223372036854775808"), 400),
        ends("9112 6.3", post("Content-Length: 18446744073709551619", body: "abc"), 400),
        ends("9112 6.3", post("Content-Length: 5", "Transfer-Encoding: chunked", body: "0\r\n\r\n"), 400),
        ends("9112 6.3", post("Transfer-Encoding: chunked", "Content-Length: 5", body: "0\r\n\r\n"), 400),
        ends("9112 6.3", post("Transfer-Encoding: chunked", "Content-Length: 0", body: "0\r\n\r\n"), 400),
        ends("9112 6.1", post("Transfer-Encoding: gzip, chunked", "Content-Length: 5"), 400),
        ends("9112 6.1", post("Transfer-Encoding: gzip"), 501),
        ends("9112 6.1", post("Transfer-Encoding: gzip, chunked"), 501),
        ends("9112 6.1", post("Transfer-Encoding: chunked, gzip"), 501),
        ends("9112 6.1", post("Transfer-Encoding: chunked, chunked"), 501),
        ends("9112 6.1", post("Transfer-Encoding: identity"), 501),
        ends("9112 6.1", post("Transfer-Encoding: xchunked"), 501),
        ends("9112 6.1", post("Transfer-Encoding: \"chunked\""), 501),
        ends("9112 6.1", post("Transfer-Encoding: chunked;x=y"), 501),
        ends("9112 6.1", post("Transfer-Encoding: \u{B}chunked"), 400),
        ends("9112 6.1", post("Transfer-Encoding:"), 501),
        ends("9112 6.1", post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked", body: "0\r\n\r\n"), 400),
        ends("9112 6.1", post("Transfer-Encoding: gzip", "Transfer-Encoding: chunked", body: "0\r\n\r\n"), 400),
        ends("9112 6.1", "POST /hello.txt HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        // Expectations.
        keeps("9110 10.1.1", post("Expect: 100-continue", "Content-Length: 2", body: "ab"), 405),
        keeps("9110 10.1.1", post("Expect: 100-CONTINUE", "Content-Length: 0"), 405),
        keeps("9110 10.1.1", get("/hello.txt", "Expect: 100-continue"), 200, body: hello),
        ends("9110 10.1.1", get("/hello.txt", "Expect: 200-ok"), 417),
        ends("9110 10.1.1", get("/hello.txt", "Expect: 100-continue, x"), 417),
        ends("9110 10.1.1", "GET /hello.txt HTTP/1.0\r\nExpect: x\r\n\r\n", 200, body: hello),
    ]

    /// Bodies in chunks (RFC 9112 section 7.1).
    static let chunks: [WireCase] = [
        keeps("9112 7.1", chunked("0\r\n\r\n"), 405),
        keeps("9112 7.1", post("transfer-encoding:\tChunked ", body: "3\r\nabc\r\n0\r\n\r\n"), 405),
        keeps("9112 7.1", chunked("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), 405),
        keeps("9112 7.1", chunked("0003\r\nabc\r\n000\r\n\r\n"), 405),
        keeps("9112 7.1", chunked("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n"), 405),
        keeps("9112 7.1.1", chunked("3;a=b;c=\"d\"\r\nabc\r\n0;x\r\n\r\n"), 405),
        keeps("9112 7.1.2", chunked("3\r\nabc\r\n0\r\nX: y\r\nZ: \r\n\r\n"), 405),
        // A trailer changes nothing of the framing.
        keeps("9110 6.5.1", chunked("0\r\nContent-Length: 5\r\nTransfer-Encoding: gzip\r\n\r\n"), 405),
        ends("9112 7.1", chunked("\r\n\r\n"), 400),
        ends("9112 7.1", chunked("x\r\n"), 400),
        ends("9112 7.1", chunked("0x3\r\nabc\r\n0\r\n\r\n"), 400),
        ends("9112 7.1", chunked("+3\r\nabc\r\n0\r\n\r\n"), 400),
        ends("9112 7.1", chunked("-1\r\n"), 400),
        ends("9112 7.1", chunked(" 3\r\nabc\r\n0\r\n\r\n"), 400),
        ends("9112 7.1", chunked("3 \r\nabc\r\n0\r\n\r\n"), 400),
        ends("9112 7.1", chunked("3_0\r\n"), 400),
        ends("9112 7.1", chunked("3\nabc\r\n0\r\n\r\n"), 400),
        ends("9112 7.1", chunked("3\rabc\r\n0\r\n\r\n"), 400),
        ends("9112 7.1", chunked("3\r\nabcd\r\n0\r\n\r\n"), 400),
        ends("9112 7.1", chunked("3\r\nab\r\n0\r\n\r\n"), 400),
        ends("9112 7.1", chunked("3\r\nabc0\r\n\r\n"), 400),
        ends("9112 7.1", chunked("3\r\nabc\n0\r\n\r\n"), 400),
        ends("9112 7.1", chunked("0\r\n\n"), 400),
        ends("9112 7.1", chunked("0\n\r\n"), 400),
        ends("9112 7.1", chunked("100000000\r\n"), 400),
        ends("9112 7.1", chunked("FFFFFFFFFFFFFFFF\r\n"), 400),
        ends("9112 7.1", chunked("10000000000000003\r\nabc\r\n0\r\n\r\n"), 400),
        ends("9110 15.5.14", chunked("10001\r\n"), 413),
        ends("9110 15.5.14", chunked("ffffffff\r\n"), 413),
        // Extensions and trailers without end (CVE-2023-39326).
        ends("9112 7.1.1", chunked("1;" + String(repeating: "x", count: 1100) + "\r\na\r\n0\r\n\r\n"), 400),
        ends(
            "9112 7.1.1",
            chunked(String(repeating: "1;" + String(repeating: "x", count: 99) + "\r\na\r\n", count: 12)),
            400
        ),
        ends("9112 7.1.1", chunked("1;x\n\r\na\r\n0\r\n\r\n"), 400),
        ends("9112 7.1.1", chunked("1;x\0\r\na\r\n0\r\n\r\n"), 400),
        ends("9112 7.1.2", chunked("0\r\nX: " + String(repeating: "y", count: 8200)), 400),
    ]
}
