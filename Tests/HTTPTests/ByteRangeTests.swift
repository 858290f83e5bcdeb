import HTTP
import Testing

struct ByteRangeTests {
    private static func part(_ offset: Int64, _ count: Int64) -> RangeRequest.Selection {
        parts((offset, count))
    }

    private static func parts(_ parts: (Int64, Int64)...) -> RangeRequest.Selection {
        .parts(parts.map { ByteRange(offset: $0, count: $1) })
    }

    @Test(arguments: [
        ("bytes=0-99", part(0, 100)),
        ("bytes=0-", part(0, 100)),
        ("bytes=0-0", part(0, 1)),
        ("bytes=99-", part(99, 1)),
        ("bytes=99-99", part(99, 1)),
        ("bytes=10-1000", part(10, 90)),
        ("BYTES=10-19", part(10, 10)),
        ("bytes= 10-19 ", part(10, 10)),
        ("bytes=,10-19,", part(10, 10)),
        ("bytes=-1", part(99, 1)),
        ("bytes=-100", part(0, 100)),
        ("bytes=-101", part(0, 100)),
        ("bytes=00010-0019", part(10, 10)),
        ("bytes=100-", .unsatisfiable),
        ("bytes=100-200", .unsatisfiable),
        ("bytes=-0", .unsatisfiable),
        // Beyond 2^63 and beyond 2^64.
        ("bytes=9223372036854775807-", .unsatisfiable),
        ("bytes=9223372036854775808-", .unsatisfiable),
        ("bytes=18446744073709551616-18446744073709551617", .unsatisfiable),
        ("bytes=0-18446744073709551616", part(0, 100)),
        ("bytes=-18446744073709551616", part(0, 100)),
        ("bytes=1-9223372036854775807", part(1, 99)),
        // One of several that lies in it.
        ("bytes=200-300,10-19", part(10, 10)),
        ("bytes=-0,10-19,100-", part(10, 10)),
        ("bytes=100-,200-", .unsatisfiable),
        // Several, and what is no range.
        ("bytes=0-0,2-2", .whole),
        ("bytes=0-,0-,0-,0-", .whole),
        ("bytes=19-10", .whole),
        ("bytes=0-0,19-10", .whole),
        ("bytes=", .whole),
        ("bytes=-", .whole),
        ("bytes=--1", .whole),
        ("bytes=+1-2", .whole),
        ("bytes=0x1-2", .whole),
        ("bytes=1 - 2", .whole),
        ("bytes=1", .whole),
        ("bytes:0-1", .whole),
        ("lines=0-1", .whole),
        ("", .whole),
    ])
    func selectsFromAHundredBytes(value: String, expected: RangeRequest.Selection) {
        #expect(RangeRequest(value).selection(of: 100) == expected)
    }

    @Test(arguments: [
        ("bytes=0-499,1000-1999", parts((0, 500), (1000, 1000))),
        // In the order in which they were asked for.
        ("bytes=1000-1999, 0-499", parts((1000, 1000), (0, 500))),
        ("bytes=0-499,-500", parts((0, 500), (99_500, 500))),
        ("bytes=99000-,0-999", parts((99_000, 1000), (0, 1000))),
        // Side by side is not overlapping.
        ("bytes=0-499,500-999", parts((0, 500), (500, 500))),
        ("bytes=0-499,200000-,1000-1499", parts((0, 500), (1000, 500))),
        // Overlapping (CVE-2011-3192).
        ("bytes=0-499,499-999", .whole),
        ("bytes=0-,0-,0-", .whole),
        ("bytes=5000-,-95001", .whole),
        // Nearly everything: the whole is shorter.
        ("bytes=0-49999,50000-99999", .whole),
        // Tiny: mostly heads of parts.
        ("bytes=0-0,-1", .whole),
        ("bytes=0-99,200-299,400-499", .whole),
        // Numbers that overflow when they are added up (CVE-2017-7529).
        ("bytes=0-9223372036854775807,1-9223372036854775807", .whole),
        ("bytes=-9223372036854775807,-9223372036854775808", .whole),
        ("bytes=0-999,9223372036854775806-9223372036854775807", parts((0, 1000))),
    ])
    func selectsSeveral(value: String, expected: RangeRequest.Selection) {
        #expect(RangeRequest(value).selection(of: 100_000) == expected)
    }

    @Test func takesSixteenPartsAndNoMore() {
        func value(_ count: Int) -> String {
            "bytes=" + (0..<count).map { "\($0 * 5000)-\($0 * 5000 + 999)" }.joined(separator: ",")
        }
        guard case .parts(let parts) = RangeRequest(value(16)).selection(of: 1_000_000) else {
            Issue.record("16 were refused")
            return
        }
        #expect(parts.count == 16)
        #expect(RangeRequest(value(17)).selection(of: 1_000_000) == .whole)
        #expect(RangeRequest(value(3000)).selection(of: 1_000_000) == .whole)
    }

    @Test func selectsFromTheEmptyAndTheLargest() {
        #expect(RangeRequest("bytes=0-").selection(of: 0) == .unsatisfiable)
        #expect(RangeRequest("bytes=0-0").selection(of: 0) == .unsatisfiable)
        #expect(RangeRequest("bytes=-1").selection(of: 0) == .whole)
        #expect(RangeRequest("bytes=-0").selection(of: 0) == .unsatisfiable)
        #expect(RangeRequest("bytes=0-").selection(of: .max) == Self.part(0, .max))
        #expect(RangeRequest("bytes=-9223372036854775807").selection(of: .max) == Self.part(0, .max))
        #expect(RangeRequest("bytes=9223372036854775806-").selection(of: .max) == Self.part(.max - 1, 1))
    }

    @Test func namesThePart() {
        #expect(ByteRange(offset: 10, count: 10).contentRange(of: 100) == "bytes 10-19/100")
        #expect(ByteRange.unsatisfied(of: 100) == "bytes */100")
    }

    @Test func writesSeveralParts() {
        let parts = MultipartByteRanges(
            [ByteRange(offset: 0, count: 2), ByteRange(offset: 5, count: 1)],
            of: 7,
            contentType: "text/plain",
            digest: "0123abcd"
        )
        #expect(parts.fieldValue == "multipart/byteranges; boundary=0123abcd")
        let text = parts.parts(of: "F").map { part in
            switch part {
            case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
            case .file(let file, let offset, let count): "<\(file) \(offset) \(count)>"
            }
        }
        // RFC 9110 section 14.6.
        #expect(
            text.joined() == """
                --0123abcd\r
                Content-Type: text/plain\r
                Content-Range: bytes 0-1/7\r
                \r
                <F 0 2>\r
                --0123abcd\r
                Content-Type: text/plain\r
                Content-Range: bytes 5-5/7\r
                \r
                <F 5 1>\r
                --0123abcd--\r

                """
        )
        let answer = Answer(.partialContent, body: .parts(parts.parts(of: "F")))
        #expect(answer.contentLength == Int64(text.joined().utf8.count - "<F 0 2><F 5 1>".utf8.count + 3))
    }
}

struct WantReprDigestTests {
    @Test(
        arguments: [
            (nil, true), ("sha-256=1", true), ("sha-256=10", true), ("sha-256=0", false),
            ("sha-512=3, sha-256=10", true),
            ("sha-512=3", false), ("sha-512=3, sha-256=0", false), ("sha-256=0, sha-256=5", true),
            ("sha-256=5;x=y", true),
            ("sha-256=5, unixsum=0", true),
            // Malformed: as if it weren't there.
            ("", true), ("sha-256", true), ("sha-256=11", true), ("sha-256=-1", true), ("sha-256=0.5", true),
            ("SHA-256=0", true), ("sha-256=0, ?", true), ("sha-256= 0", true), ("sha-512=0x1", true),
        ] as [(String?, Bool)]
    )
    func knowsWhatIsWanted(value: String?, isWanted: Bool) {
        #expect(WantReprDigest.wantsSHA256(value) == isWanted)
    }
}
