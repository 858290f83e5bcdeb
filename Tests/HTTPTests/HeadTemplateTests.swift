import Content
import Testing

@testable import HTTP

/// Heads made of another one, which have to be what their fields would have become.
struct HeadTemplateTests {
    private let date = Array("Fri, 06 Dec 2024 12:43:14 GMT".utf8)

    private func found(_ number: UInt8, size: Int64, seconds: Int64) throws -> FoundFile<Int> {
        let digest = try #require(Digest(bytes: (0..<32).map { $0 &* 31 ^ number }))
        let sent = try #require(Digest(bytes: (0..<32).map { $0 &* 17 ^ number }))
        return FoundFile(
            family: 1,
            digest: digest,
            lastModified: Timestamp(seconds: seconds),
            sentDigest: sent,
            content: .file(0, size: size),
            isAskedForAgain: true
        )
    }

    private func head(
        _ file: FoundFile<Int>,
        leaving out: String = "",
        extra: [Fields.Line] = [],
        isReversed: Bool = false,
        form: String = ""
    )
        -> ResponseHead.Bytes
    {
        var lines: [Fields.Line] = [
            .init(name: "Specman-Release", value: "1.0.0"),
            .init(name: "ETag", value: "\"\(file.digest.hex)\(form)\""),
            .init(name: "Last-Modified", value: HTTPDate.format(file.lastModified)),
            .init(name: "Accept-Ranges", value: "bytes"),
            .init(name: "Repr-Digest", value: ReprDigest.value(of: file.sentDigest)),
            .init(name: "Content-Type", value: "text/plain"),
        ]
        lines.removeAll { $0.name == out }
        lines += extra
        if isReversed { lines.reverse() }
        return ResponseHead.serialise(.ok, fields: Fields(lines), contentLength: file.size, date: date)
    }

    private func makeTemplate(_ head: ResponseHead.Bytes) -> HeadTemplate? {
        HeadTemplate(head.bytes[...], dateOffset: head.dateOffset)
    }

    private func written(_ template: HeadTemplate, _ file: FoundFile<Int>) -> String {
        let bytes = [UInt8](capacity: template.mostBytes) { span in
            template.write(
                file.digest,
                lastModified: file.lastModified,
                sentDigest: file.sentDigest,
                size: file.size,
                to: &span
            )
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: [0, 1, 9, 10, 4096, 999_999, 1_000_000, Int64.max], [false, true])
    func isWhatTheFieldsWouldBecome(_ size: Int64, isReversed: Bool) throws {
        let one = try found(1, size: 12, seconds: 784_111_777)
        let template = try #require(makeTemplate(head(one, isReversed: isReversed)))
        for other in [one, try found(200, size: size, seconds: 4_000_000_000)] {
            let expected = head(other, isReversed: isReversed)
            #expect(written(template, other) == String(decoding: expected.bytes, as: UTF8.self))
            #expect(template.dateOffset == expected.dateOffset)
        }
    }

    /// What tells another form of the file stays.
    @Test func theEndOfTheEntityTag() throws {
        let template = try #require(makeTemplate(head(try found(1, size: 12, seconds: 784_111_777), form: "-gzip")))
        let other = try found(2, size: 12, seconds: 784_111_778)
        #expect(written(template, other) == String(decoding: head(other, form: "-gzip").bytes, as: UTF8.self))
    }

    @Test func theBodyBehindTheHeadIsNoneOfIt() throws {
        let one = try found(1, size: 12, seconds: 784_111_777)
        let head = head(one)
        let all = head.bytes + Array("\r\nETag: \"x\"\r\n".utf8)
        let template = try #require(HeadTemplate(all[..<head.bytes.count], dateOffset: head.dateOffset))
        #expect(written(template, one) == String(decoding: head.bytes, as: UTF8.self))
    }

    @Test(arguments: ["ETag", "Last-Modified", "Repr-Digest"])
    func eachFieldHasToBeThereOnce(_ name: String) throws {
        let one = try found(1, size: 12, seconds: 784_111_777)
        #expect(makeTemplate(head(one, leaving: name)) == nil)
        #expect(makeTemplate(head(one, extra: [.init(name: name, value: "x")])) == nil)
    }

    @Test(arguments: [
        ("ETag", "\"abc\""), ("ETag", "W/\"" + String(repeating: "a", count: 64) + "\""),
        ("ETag", "\"" + String(repeating: "A", count: 64) + "\""), ("Last-Modified", "yesterday"),
        ("Repr-Digest", "sha-512=:AA==:"),
    ])
    func aValueHasToBeOfTheFormThatIsWritten(_ name: String, _ value: String) throws {
        let one = try found(1, size: 12, seconds: 784_111_777)
        #expect(makeTemplate(head(one, leaving: name, extra: [.init(name: name, value: value)])) == nil)
    }

    @Test func aHeadWithoutLength() throws {
        let one = try found(1, size: 12, seconds: 784_111_777)
        let head = head(one)
        let text = String(decoding: head.bytes, as: UTF8.self).split(
            separator: "\r\n",
            omittingEmptySubsequences: false
        )
        .filter { !$0.hasPrefix("Content-Length") }.joined(separator: "\r\n")
        #expect(HeadTemplate(Array(text.utf8)[...], dateOffset: head.dateOffset) == nil)
    }
}
