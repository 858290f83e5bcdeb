extension WireCase {
    /// Field lines, `Host` among them.
    static let fieldLines: [WireCase] = [
        keeps("9112 5", get("/hello.txt", "X:y"), 200, body: hello),
        keeps("9112 5", get("/hello.txt", "X: \t y \t "), 200, body: hello),
        keeps("9112 5", get("/hello.txt", "X:"), 200, body: hello),
        keeps("9112 5", get("/hello.txt", "X: a:b: c"), 200, body: hello),
        keeps("9110 5.6.2", get("/hello.txt", "!#$%&'*+-.^_`|~09azAZ: y"), 200, body: hello),
        keeps("9110 5.5", get("/hello.txt", "X: \u{E9}\u{FC}"), 200, body: hello),
        keeps("9110 5.5", get("/hello.txt", "X: a\tb"), 200, body: hello),
        ends("9112 5.1", get("/hello.txt", "X : y"), 400),
        ends("9112 5.1", get("/hello.txt", "X\t: y"), 400),
        ends("9112 5.1", get("/hello.txt", "Content-Length : 0"), 400),
        ends("9112 5.1", get("/hello.txt", "Transfer-Encoding : chunked"), 400),
        ends("9112 5.2", get("/hello.txt", "X: a", " folded"), 400),
        ends("9112 5.2", get("/hello.txt", "X: a", "\tfolded"), 400),
        ends("9112 5.2", get("/hello.txt", "X: a", " "), 400),
        ends("9112 5.2", get("/hello.txt", "Transfer-Encoding:", " chunked"), 400),
        ends("9112 2.2", "GET /hello.txt HTTP/1.1\r\n Host: h\r\n\r\n", 400),
        ends("9112 2.2", "GET /hello.txt HTTP/1.1\r\n\tX: y\r\nHost: h\r\n\r\n", 400),
        ends("9112 5", get("/hello.txt", "no colon"), 400),
        ends("9112 5", get("/hello.txt", "X"), 400),
        ends("9112 5", get("/hello.txt", ": empty"), 400),
        ends("9112 5", get("/hello.txt", "X(y): z"), 400),
        ends("9112 5", get("/hello.txt", "X\u{E9}: z"), 400),
        ends("9112 5", get("/hello.txt", "X,Y: z"), 400),
        ends("9112 5", get("/hello.txt", "X/Y: z"), 400),
        ends("9110 5.5", get("/hello.txt", "X: a\0b"), 400),
        ends("9110 5.5", get("/hello.txt", "X: a\u{1}b"), 400),
        ends("9110 5.5", get("/hello.txt", "X: a\u{8}b"), 400),
        ends("9110 5.5", get("/hello.txt", "X: a\u{B}b"), 400),
        ends("9110 5.5", get("/hello.txt", "X: a\u{1B}[2Jb"), 400),
        ends("9110 5.5", get("/hello.txt", "X: a\u{7F}b"), 400),
        ends("9110 5.5", get("/hello.txt", "X: a\rb"), 400),
        ends("9110 5.5", get("/hello.txt", "X: a\nY: b"), 400),
        ends("9110 5.5", get("/hello.txt", "X: a\n\nGET /smuggled HTTP/1.1"), 400),
        ends("9112 5", get("/hello.txt", "X\u{1}Y: z"), 400),
        ends("9112 5", get("/hello.txt", "X\0: z"), 400),
        // Host.
        ends("9112 3.2", "GET /hello.txt HTTP/1.1\r\n\r\n", 400),
        ends("9112 3.2", "GET /hello.txt HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ends("9112 3.2", "GET /hello.txt HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", 400),
        ends("9112 3.2", "GET /hello.txt HTTP/1.1\r\nHost: a, b\r\n\r\n", 400),
        ends("9112 3.2", "GET /hello.txt HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
        ends("9112 3.2", "GET /hello.txt HTTP/1.1\r\nHost: u@a\r\n\r\n", 400),
        ends("9112 3.2", "GET /hello.txt HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        ends("9112 3.2", "GET /hello.txt HTTP/1.1\r\nHost: a:b\r\n\r\n", 400),
        ends("9112 3.2", "GET /hello.txt HTTP/1.1\r\nHost: ::1\r\n\r\n", 400),
        ends("9112 3.2", "GET /hello.txt HTTP/1.1\r\nHost: [::1\r\n\r\n", 400),
        ends("9112 3.2", "GET http://a/hello.txt HTTP/1.1\r\n\r\n", 400),
        keeps("9112 3.2", "GET /hello.txt HTTP/1.1\r\nHost:\r\n\r\n", 200, body: hello),
        keeps("9112 3.2", "GET /hello.txt HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n", 200, body: hello),
        keeps("9112 3.2", "GET /hello.txt HTTP/1.1\r\nHOST: evil.example:1\r\n\r\n", 200, body: hello),
        // As many as there may be, and as long.
        keeps("6585 5", many(128), 200, body: hello),
        ends("6585 5", many(129), 431),
        keeps("6585 5", long(32_768), 200, body: hello),
        ends("6585 5", long(32_769), 431),
        ends("6585 5", "GET /hello.txt HTTP/1.1\r\nHost: h\r\nX: " + String(repeating: "a", count: 40_000), 431),
        ends("6585 5", "GET /hello.txt HTTP/1.1\r\nHost: h\r\n" + String(repeating: "X", count: 40_000), 431),
    ]

    /// A request with so many field lines.
    private static func many(_ count: Int) -> String {
        "GET /hello.txt HTTP/1.1\r\nHost: h\r\n" + String(repeating: "X: y\r\n", count: count - 1) + "\r\n"
    }

    /// A request whose head is so many bytes long.
    private static func long(_ count: Int) -> String {
        let start = "GET /hello.txt HTTP/1.1\r\nHost: h\r\nX: "
        return start + String(repeating: "a", count: count - start.utf8.count - 4) + "\r\n\r\n"
    }
}
