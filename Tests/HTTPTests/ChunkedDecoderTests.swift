import HTTP
import Testing

@Suite struct ChunkedDecoderTests {
    /// Feeds `text` whole, then byte by byte; both must come to the same.
    private func decode(
        _ text: String,
        limit: Int = 100,
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> (progress: ChunkedDecoder.Progress, body: String) {
        let bytes = Array(text.utf8)
        var decoder = ChunkedDecoder()
        var body: [UInt8] = []
        let progress = decoder.decode(bytes.span, into: &body, limit: limit)
        var split = ChunkedDecoder()
        var other: [UInt8] = []
        var last = ChunkedDecoder.Progress.needMore
        var consumed = 0
        for index in bytes.indices {
            last = split.decode(bytes.span.extracting(index..<index + 1), into: &other, limit: limit)
            consumed += 1
            if last != .needMore { break }
        }
        if case .done = last { last = .done(consumed: consumed) }
        #expect(last == progress, sourceLocation: sourceLocation)
        if case .done = progress { #expect(other == body, sourceLocation: sourceLocation) }
        return (progress, String(decoding: body, as: UTF8.self))
    }

    @Test func joinsChunks() {
        let text = "4\r\nwiki\r\n5;a=b;c=\"d\"\r\npedia\r\n00A\r\n0123456789\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n"
        let (progress, body) = decode(text + "GET")
        #expect(progress == .done(consumed: text.utf8.count))
        #expect(body == "wikipedia0123456789")
        #expect(decode("0\r\n\r\n") == (.done(consumed: 5), ""))
    }

    @Test(arguments: ["4\r\nwik", "4", "4\r\nwiki\r\n0\r\n", "0\r\nA: b\r\n", ""])
    func waitsForMore(_ text: String) {
        #expect(decode(text).progress == .needMore)
    }

    @Test(arguments: [
        "\r\n", "x\r\n", "-1\r\n", "+1\r\na\r\n", "0x1\r\na\r\n", " 1\r\na", "1 \r\na", "1\na", "1\r\nab", "1\r\na\n0",
        "1\r\na\r0", "1\r\r", "123456789\r\n", ";a\r\n", "1;\u{0}\r\n", "1;a\nb\r\n", "0\r\n\u{1}", "0\r\n\n",
        "0\r\na\r\r", "1\r\na0\r\n\r\n",
    ])
    func refuses(_ text: String) {
        #expect(decode(text).progress == .malformed)
    }

    @Test func bounds() {
        #expect(decode("64\r\n" + String(repeating: "a", count: 100) + "\r\n0\r\n\r\n").body.utf8.count == 100)
        #expect(decode("65\r\n").progress == .tooLarge)
        #expect(decode("60\r\n" + String(repeating: "a", count: 96) + "\r\n5\r\n").progress == .tooLarge)
        #expect(decode("FFFFFFFF\r\n").progress == .tooLarge)
        #expect(decode("1;" + String(repeating: "a", count: ChunkedDecoder.extensionLimit + 1)).progress == .malformed)
        let many = String(repeating: "1;aaaaaaaa\r\na\r\n", count: ChunkedDecoder.extensionLimit / 8 + 1)
        #expect(decode(many, limit: 100_000).progress == .malformed)
        #expect(decode("0\r\n" + String(repeating: "a", count: ChunkedDecoder.trailerLimit + 1)).progress == .malformed)
    }
}
