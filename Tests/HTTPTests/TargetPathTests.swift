import HTTP
import Testing

struct TargetPathTests {
    @Test(arguments: [
        ("/", "/", true),
        ("/a", "/a", false),
        ("/a/", "/a/", true),
        ("/a/b.yaml", "/a/b.yaml", false),
        ("//evil.example/x", "/evil.example/x", false),
        ("/a//b///", "/a/b/", true),
        ("/./a/./b", "/a/b", false),
        ("/a/.", "/a/", true),
        ("/a/b/..", "/a/", true),
        ("/a/b/../c", "/a/c", false),
        ("/a/%2e%2e/b", "/b", false),
        ("/a/%2E/b", "/a/b", false),
        ("/a..b/...", "/a..b/...", false),
        ("/a%20b", "/a%20b", false),
        // Decoded once: what is left is a name with a percent sign.
        ("/%252e%252e/x", "/%252e%252e/x", false),
        ("/%25", "/%25", false),
        // An overlong slash and an overlong dot are bytes of a name.
        ("/%c0%af", "/%C0%AF", false),
        ("/%c0%ae%c0%ae/x", "/%C0%AE%C0%AE/x", false),
        ("/%ff", "/%FF", false),
        ("/a\\..\\b", "/a%5C..%5Cb", false),
        ("/a:b", "/a%3Ab", false),
        ("/%0d%0aX:1", "/%0D%0AX%3A1", false),
    ])
    func resolves(path: String, expected: String, isDirectory: Bool) throws {
        let target = try TargetPath(Array(path.utf8))
        #expect(target.encoded(asDirectory: isDirectory) == expected)
        #expect(target.hasTrailingSlash == isDirectory)
    }

    @Test(arguments: [
        ("", TargetPath.Fault.notAbsolute), ("*", .notAbsolute), ("a", .notAbsolute), ("http://h/a", .notAbsolute),
        ("/..", .climbs), ("/../a", .climbs), ("/a/../../b", .climbs), ("/%2e%2e/a", .climbs), ("/.%2E", .climbs),
        ("/a%2fb", .encodedSlash), ("/%2e%2e%2fa", .encodedSlash), ("/%2F", .encodedSlash),
        ("/%00", .containsNUL), ("/a%00.yaml", .containsNUL), ("/a\0", .containsNUL),
        ("/%", .brokenEscape), ("/%2", .brokenEscape), ("/%zz", .brokenEscape), ("/a%2/b", .brokenEscape),
        ("/%u0041", .brokenEscape),
    ])
    func refuses(path: String, fault: TargetPath.Fault) {
        #expect(throws: fault) { try TargetPath(Array(path.utf8)) }
    }

    @Test func neverNamesAnotherHost() throws {
        for path in [
            "//evil.example", "///evil.example", "/.//evil.example", "/a/..//evil.example", "/%2e//evil.example",
        ] {
            #expect(try TargetPath(Array(path.utf8)).encoded(asDirectory: true) == "/evil.example/")
        }
    }

    @Test func everyByteSurvivesEncodingAndDecoding() {
        let bytes = (0...255).map { UInt8($0) }
        let encoded = PercentCoding.encode(component: bytes)
        #expect(encoded.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
        #expect(!encoded.contains(where: { "/?#:&=+\"'<>".contains($0) }))
        #expect(PercentCoding.decode(Array(encoded.utf8)) == bytes)
    }

    @Test func queriesGoBackWithoutAnythingThatEndsAField() {
        #expect(PercentCoding.normalize(query: Array("a=b&c=%20d/?é\r\n\"<".utf8)) == "a=b&c=%20d/?%C3%A9%0D%0A%22%3C")
    }

    @Test func findsTheParametersOfAQuery() throws {
        let query = try #require(
            QueryParameters(Array("from=4.5%2B1&to=1+2=3&empty&twice=a&twice=b&same=a&same=a".utf8))
        )
        #expect(query["from"] == "4.5+1")
        #expect(query["to"] == "1+2=3")
        #expect(query["empty"] == "")
        #expect(query["twice"] == nil)
        #expect(query["same"] == "a")
        #expect(query["other"] == nil)
        #expect(QueryParameters(Array("a=%".utf8)) == nil)
        #expect(QueryParameters(nil)?["a"] == nil)
    }
}
