extension WireCase {
    /// Methods, and where they are allowed.
    static let methods: [WireCase] = [
        keeps("9110 9.3.2", head("/hello.txt"), 200, ["Content-Length: 13", "ETag: \(tag)"]),
        keeps("9110 9.3.2", head("/nothing"), 404),
        keeps("9110 9.3.2", head("/web"), 301, ["Location: /web/"]),
        keeps("9110 9.3.2", head("/list/"), 200, ["Content-Length:"]),
        keeps("9110 9.3.7", make("OPTIONS", "/hello.txt"), 204, ["Allow: GET, HEAD, OPTIONS", "!Content-Length"]),
        keeps("9110 9.3.7", make("OPTIONS", "/-/nothing"), 404),
        keeps("9110 15.5.6", make("POST", "/hello.txt"), 405, ["Allow: GET, HEAD, OPTIONS"]),
        keeps("9110 15.5.6", make("PUT", "/hello.txt", ["Content-Length: 1"], body: "x"), 405, ["Allow:"]),
        keeps("9110 15.5.6", make("DELETE", "/hello.txt"), 405, ["Allow:"]),
        keeps("9110 15.5.6", make("PATCH", "/hello.txt"), 405, ["Allow:"]),
        keeps("9110 9.3.8", make("TRACE", "/hello.txt", ["X: secret"]), 405, ["Allow:"]),
        keeps("9110 9.1", make("get", "/hello.txt"), 405, ["Allow:"]),
        keeps("9110 9.1", make("M-SEARCH", "/hello.txt"), 405, ["Allow:"]),
        keeps("9110 9.1", make(String(repeating: "M", count: 32), "/hello.txt"), 405, ["Allow:"]),
        keeps("9110 15.5.6", get("/-/sync"), 405, ["Allow: POST, OPTIONS"]),
    ]

    /// Which connections are kept.
    static let connections: [WireCase] = [
        ends("9112 9.3", get("/hello.txt", "Connection: close"), 200, body: hello),
        ends("9112 9.3", get("/hello.txt", "connection:CLOSE"), 200, body: hello),
        ends("9112 9.3", get("/hello.txt", "Connection: keep-alive, close"), 200, body: hello),
        ends("9112 9.3", get("/hello.txt", "Connection: x,,close ,y"), 200, body: hello),
        ends("9112 9.3", get("/hello.txt", "Connection: x", "Connection: close"), 200, body: hello),
        ends("9112 9.3", get("/nothing", "Connection: close"), 404),
        ends("9112 9.3", head("/hello.txt", "Connection: close"), 200, ["Content-Length: 13"]),
        ends("9112 9.3", make("OPTIONS", "*", ["Connection: close"]), 204),
        keeps("9112 9.3", get("/hello.txt", "Connection: keep-alive"), 200, ["!Connection"], body: hello),
        keeps("9112 9.3", get("/hello.txt", "Connection: x-close"), 200, body: hello),
        keeps("9112 9.3", get("/hello.txt", "Connection:"), 200, body: hello),
        keeps("9112 9.3", get("/hello.txt", "Keep-Alive: timeout=1, max=1"), 200, body: hello),
        ends("9112 9.3", "GET /hello.txt HTTP/1.0\r\n\r\n", 200, body: hello),
        ends("9112 9.3", "GET /hello.txt HTTP/1.0\r\nHost: h\r\nConnection: x\r\n\r\n", 200, body: hello),
        ends("9112 9.3", "GET /hello.txt HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", 200, body: hello),
        keeps(
            "9112 C.2.2",
            "GET /hello.txt HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
            200,
            ["Connection: keep-alive"],
            body: hello
        ),
        ends("9112 C.2.2", "HEAD /hello.txt HTTP/1.0\r\n\r\n", 200, ["Content-Length: 13"]),
        // An upgrade that isn't known is none.
        keeps("9110 7.8", get("/hello.txt", "Connection: upgrade", "Upgrade: h2c"), 200, ["!Upgrade"], body: hello),
        keeps("9110 7.8", get("/hello.txt", "Connection: upgrade", "Upgrade: websocket"), 200, body: hello),
    ]
}
