import Content
import Testing

@testable import Serving

struct ListingTests {
    private static func entry(
        _ name: String,
        size: Int64 = 0,
        isDirectory: Bool = false,
        modified: Int64 = 0
    ) -> Listing.Entry {
        Listing.Entry(
            name: Array(name.utf8),
            isDirectory: isDirectory,
            isLink: false,
            size: size,
            digest: isDirectory ? nil : Digest(hex: String(repeating: "12", count: 32)),
            modified: Timestamp(seconds: modified)
        )
    }

    private static let some = [
        entry("r10", size: 1, modified: 30), entry("r9", size: 3, modified: 10), entry("z", isDirectory: true),
        entry("a", size: 2, modified: 20), entry("b", isDirectory: true, modified: 5),
    ]

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private static func document(
        _ form: Listing.Form,
        _ entries: [Listing.Entry],
        order: ListingOrder = .byName,
        at components: [[UInt8]] = []
    ) throws -> String {
        let subject = ListingWriter.Subject(
            components: components,
            tag: try #require(Tag("0.0.0")),
            digest: try #require(Digest(hex: String(repeating: "0", count: 64)))
        )
        return text(ListingWriter.document(form, of: subject, entries, order: order))
    }

    @Test(arguments: [
        (nil, "b/ z/ a r9 r10"),
        ("sort=name", "b/ z/ a r9 r10"),
        ("sort=name&order=desc", "z/ b/ r10 r9 a"),
        ("sort=size", "b/ z/ r10 a r9"),
        ("sort=size&order=desc", "b/ z/ r9 a r10"),
        ("sort=modified&order=asc", "z/ b/ r9 a r10"),
        ("sort=modified&order=desc", "b/ z/ r10 a r9"),
        ("sort=other&order=other", "b/ z/ a r9 r10"),
        ("%", "b/ z/ a r9 r10"),
    ])
    func sortsDirectoriesFirst(query: String?, expected: String) throws {
        let order = ListingOrder(query: query.map { Array($0.utf8) })
        #expect(
            try Self.document(.text, Self.some, order: order) == expected.split(separator: " ").joined(separator: "\n")
                + "\n"
        )
    }

    @Test func writesJSON() throws {
        let entries = [Self.entry("a\"b", size: 5, modified: 1_733_488_994), Self.entry("d e", isDirectory: true)]
        let digest = "sha256:" + String(repeating: "12", count: 32)
        #expect(
            try Self.document(.json, entries)
                == #"[{"name":"d e","type":"directory","size":null,"digest":null,"modified":"1970-01-01T00:00:00Z","#
                + #""link":false,"href":"d%20e/"},{"name":"a\"b","type":"file","size":5,"digest":"\#(digest)","#
                + #""modified":"2024-12-06T12:43:14Z","link":false,"href":"a%22b"}]"# + "\n"
        )
    }

    @Test func keepsTheLinesOfPlainNamesApart() throws {
        let entries = [Self.entry("a\nb"), Self.entry("c d"), Self.entry("é")]
        #expect(try Self.document(.text, entries) == "a%0Ab\nc d\né\n")
    }

    @Test func escapesNamesInThePage() throws {
        let name = "<script>\"&'</a>\u{1}javascript:x"
        let page = try Self.document(.html, [Self.entry(name)], at: [Array("<b>".utf8)])
        #expect(!page.contains("<script"))
        #expect(!page.contains("<b>"))
        #expect(!page.contains("javascript:x\""))
        #expect(page.contains("&lt;script&gt;&quot;&amp;&#39;&lt;/a&gt;\u{FFFD}javascript:x</bdi>"))
        #expect(page.contains("href=\"%3Cscript%3E%22%26%27%3C%2Fa%3E%01javascript%3Ax\""))
    }

    @Test func linksNamesThatAreNoText() throws {
        let entry = Listing.Entry(
            name: [0x66, 0xFF],
            isDirectory: false,
            isLink: true,
            size: 1,
            digest: nil,
            modified: Timestamp(seconds: 0)
        )
        let page = try Self.document(.html, [entry])
        #expect(page.contains("<a href=\"f%FF\"><bdi>f\u{FFFD}</bdi></a> <small>link</small>"))
        #expect(try Self.document(.json, [entry]).contains(#""name":"f\#u{FFFD}""#))
        #expect(entry.line == [0x66, 0xFF, 0x0A])
    }

    @Test func leadsUp() throws {
        let root = try Self.document(.html, [])
        #expect(!root.contains("../"))
        let page = try Self.document(.html, [], at: [Array("a".utf8), Array("b c".utf8)])
        #expect(page.contains("<td class=\"n\"><a href=\"../\">../</a>"))
        #expect(page.contains("<h1><a href=\"../../\" aria-label=\"top\">/</a><a href=\"../\"><bdi>a</bdi></a>/"))
        #expect(page.contains("<a href=\"./\"><bdi>b c</bdi></a>/</h1>"))
        #expect(page.contains("<title>/a/b c/</title>"))
    }

    @Test func showsSizeTimeAndDigest() throws {
        let page = try Self.document(.html, [Self.entry("a", size: 1_681_032, modified: 1_733_488_994)])
        #expect(page.contains("<span title=\"1681032 bytes\">1.6 MiB</span>"))
        #expect(page.contains("<time datetime=\"2024-12-06T12:43:14Z\">2024-12-06 12:43</time>"))
        #expect(page.contains("<code title=\"sha256:\(String(repeating: "12", count: 32))\">121212121212</code>"))
        #expect(page.contains("0 directories, 1 file, 1.6 MiB"))
        #expect(!page.contains("script"))
    }

    @Test func headersTurnTheOrderRound() throws {
        let up = try Self.document(.html, [], order: ListingOrder(key: .size, isDescending: false))
        #expect(up.contains("<th class=\"s\" aria-sort=\"ascending\"><a href=\"?sort=size&amp;order=desc\">"))
        #expect(up.contains("<th class=\"n\"><a href=\"?sort=name&amp;order=asc\">"))
        let down = try Self.document(.html, [], order: ListingOrder(key: .size, isDescending: true))
        #expect(down.contains("<th class=\"s\" aria-sort=\"descending\"><a href=\"?sort=size&amp;order=asc\">"))
    }
}

struct ListingFormTests {
    @Test(arguments: [
        (nil, "html"), ("*/*", "html"), ("application/json", "json"), ("text/plain", "text"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "html"), ("image/png", "html"),
    ])
    func goesByAccept(accept: String?, expected: String) {
        #expect("\(Listing.Form(accept: accept))" == expected)
    }
}
