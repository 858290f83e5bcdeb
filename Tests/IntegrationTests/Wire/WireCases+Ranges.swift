extension WireCase {
    private static func part(_ range: String, _ status: Int, _ content: String?, _ contentRange: String? = nil)
        -> WireCase
    {
        keeps(
            "9110 14.2",
            get("/hello.txt", "Range: " + range),
            status,
            [contentRange.map { "Content-Range: bytes " + $0 } ?? "!Content-Range", "Accept-Ranges: bytes"],
            body: content
        )
    }

    private static func parts(_ range: String, _ status: Int, _ fields: [String] = []) -> WireCase {
        keeps("9110 14.6", get("/large.bin", "Range: " + range), status, fields, body: status == 200 ? large : nil)
    }

    private static let multipart = ["Content-Type: multipart/byteranges; boundary=", "!Content-Range"]

    private static let many = (0..<17).map { "\($0 * 2000)-\($0 * 2000 + 499)" }.joined(separator: ",")

    static let ranges: [WireCase] = [
        part("bytes=0-4", 206, "hello", "0-4/13"),
        part("bytes=7-", 206, "world\n", "7-12/13"),
        part("bytes=-6", 206, "world\n", "7-12/13"),
        part("bytes=12-12", 206, "\n", "12-12/13"),
        part("bytes=0-", 206, hello, "0-12/13"),
        part("bytes=0-1000", 206, hello, "0-12/13"),
        part("bytes=-1000", 206, hello, "0-12/13"),
        part("Bytes=0-0", 206, "h", "0-0/13"),
        part("bytes= 0-0 ,", 206, "h", "0-0/13"),
        part("bytes=0-0,13-", 206, "h", "0-0/13"),
        part("bytes=13-", 416, nil, "*/13"),
        part("bytes=-0", 416, nil, "*/13"),
        part("bytes=99999999999999999999-", 416, nil, "*/13"),
        part("bytes=9223372036854775807-9223372036854775807", 416, nil, "*/13"),
        part("bytes=0-99999999999999999999", 206, hello, "0-12/13"),
        part("bytes=-18446744073709551615", 206, hello, "0-12/13"),
        part("bytes=5-4", 200, hello),
        part("bytes=a-b", 200, hello),
        part("bytes=", 200, hello),
        part("bytes=-", 200, hello),
        part("bytes=0x1-2", 200, hello),
        part("bytes 0-4", 200, hello),
        part("lines=0-4", 200, hello),
        part("bytes=0-0,2-2", 200, hello),
        part("bytes=0-0,x", 200, hello),
        keeps("9110 14.2", head("/hello.txt", "Range: bytes=0-4"), 200, ["Content-Length: 13", "!Content-Range"]),
        keeps("9110 14.2", get("/empty", "Range: bytes=0-"), 416, ["Content-Range: bytes */0"]),
        keeps("9110 14.2", get("/hello.txt", "Range: bytes=0-1", "Range: bytes=3-4"), 200, body: hello),
        keeps("9110 14.2", get("/list/", "Range: bytes=0-1"), 200),
        keeps("9110 14.2", get("/nothing", "Range: bytes=0-1"), 404),
        // Several parts, and what is answered with the whole instead.
        parts("bytes=0-499,1000-1499", 206, multipart),
        parts("bytes=-500,0-499", 206, multipart),
        parts(String("bytes=" + many.split(separator: ",").dropLast().joined(separator: ",")), 206, multipart),
        parts("bytes=" + many, 200),
        parts("bytes=0-999,500-1499", 200),
        parts("bytes=0-,0-,0-,0-", 200),
        parts("bytes=0-0,2-2,4-4", 200),
        parts("bytes=0-19999,20000-39999", 200),
        parts("bytes=40000-,50000-", 416, ["Content-Range: bytes */40000"]),
        // If-Range.
        keeps("9110 13.1.5", get("/hello.txt", "Range: bytes=0-0", "If-Range: \(tag)"), 206, body: "h"),
        keeps("9110 13.1.5", get("/hello.txt", "Range: bytes=0-0", "If-Range: \(date)"), 206, body: "h"),
        keeps(
            "9110 13.1.5",
            get("/hello.txt", "Range: bytes=0-0", "If-Range: Fri Mar  1 12:00:00 2024"),
            206,
            body: "h"
        ),
        keeps("9110 13.1.5", get("/hello.txt", "Range: bytes=0-0", "If-Range: W/\(tag)"), 200, body: hello),
        keeps("9110 13.1.5", get("/hello.txt", "Range: bytes=0-0", "If-Range: \"0000\""), 200, body: hello),
        keeps("9110 13.1.5", get("/hello.txt", "Range: bytes=0-0", "If-Range: \(tag), \(tag)"), 200, body: hello),
        keeps("9110 13.1.5", get("/hello.txt", "Range: bytes=0-0", "If-Range: *"), 200, body: hello),
        keeps(
            "9110 13.1.5",
            get("/hello.txt", "Range: bytes=0-0", "If-Range: Sat, 02 Mar 2024 12:00:00 GMT"),
            200,
            body: hello
        ),
        keeps("9110 13.1.5", get("/hello.txt", "If-Range: \(tag)"), 200, body: hello),
        keeps("9110 13.1.5", get("/hello.txt", "Range: bytes=13-", "If-Range: \"0000\""), 200, body: hello),
        keeps("9110 13.2.2", get("/hello.txt", "Range: bytes=0-0", "If-None-Match: \(tag)"), 304),
        keeps("9110 13.2.2", get("/hello.txt", "Range: bytes=13-", "If-Match: \"0000\""), 412),
        keeps("9110 13.2.2", get("/hello.txt", "Range: bytes=0-0", "If-Match: \(tag)"), 206, body: "h"),
    ]

    private static let digest = "Repr-Digest: sha-256=:hT/5N2Kgbdv3IsTr6d3WbY9j3a6pf1IcPswg2nyXYCA=:"

    /// What is said of a representation.
    static let representations: [WireCase] = [
        keeps("9530 3", get("/hello.txt"), 200, [digest]),
        keeps("9530 3", head("/hello.txt"), 200, [digest]),
        keeps("9530 3.1", get("/hello.txt", "Range: bytes=0-0"), 206, [digest]),
        keeps("9530 4", get("/hello.txt", "Want-Repr-Digest: sha-256=10"), 200, [digest]),
        keeps("9530 4", get("/hello.txt", "Want-Repr-Digest: sha-512=3, sha-256=10, unixsum=0"), 200, [digest]),
        keeps("9530 4", get("/hello.txt", "Want-Repr-Digest: sha-256=0"), 200, ["!Repr-Digest"]),
        keeps("9530 4", get("/hello.txt", "Want-Repr-Digest: sha-512=1"), 200, ["!Repr-Digest"]),
        keeps("9651 4.2", get("/hello.txt", "Want-Repr-Digest: =,;"), 200, [digest]),
        keeps("9110 12.5.3", get("/hello.txt", "Accept-Encoding: gzip"), 200, ["!Content-Encoding"], body: hello),
        keeps("9110 12.5.3", get("/hello.txt", "Accept-Encoding: identity;q=0, br"), 200, body: hello),
        keeps(
            "9110 12.5.1",
            get("/nothing", "Accept: application/json"),
            404,
            ["Content-Type: application/problem+json"]
        ),
        keeps(
            "9110 12.5.1",
            get("/list/", "Accept: text/plain"),
            200,
            ["Content-Type: text/plain; charset=utf-8"],
            body: "one\n"
        ),
        keeps("9110 12.5.1", get("/list/", "Accept: application/json"), 200, ["Content-Type: application/json"]),
    ]
}
