import HTTP
import Testing

@Suite struct ContentCodingTests {
    /// RFC 9110 section 12.5.3.
    @Test(
        arguments: [
            (nil, .identity), ("", .identity), ("gzip", .gzip), ("gzip, deflate, br", .gzip), ("GZIP", .gzip),
            ("x-gzip", .gzip), ("gzip;q=0", .identity), ("gzip;q=0.001", .gzip), ("*", .gzip), ("*;q=0", .identity),
            ("identity", .identity), ("br", .identity), ("gzip;q=0.5, identity;q=0.8", .identity),
            ("gzip;q=0.8, identity;q=0.5", .gzip), ("gzip, identity;q=0", .onlyGzip), ("gzip, *;q=0", .onlyGzip),
            ("identity;q=0", .identity), ("identity;q=0, gzip;q=0", .identity), ("identity, *;q=0", .identity),
            ("gzip;q=2", .identity), ("gzip;q=x", .identity), ("gzip ; Q=1.0", .gzip), ("*;q=0.5, gzip;q=0", .identity),
        ] as [(String?, ContentCoding.Preference)]
    )
    func preference(_ field: String?, _ expected: ContentCoding.Preference) {
        #expect(ContentCoding.preference(field) == expected, "\(field ?? "none")")
    }

    @Test(arguments: [
        ("text/plain; charset=utf-8", true), ("application/yaml", true), ("application/json", true),
        ("image/svg+xml", true), ("application/problem+json", true), ("application/gzip", false), ("image/png", false),
        ("application/octet-stream", false),
    ])
    func text(_ type: String, _ expected: Bool) {
        #expect(MediaType.isText(type) == expected)
    }
}
