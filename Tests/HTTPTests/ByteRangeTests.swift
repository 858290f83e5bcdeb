import HTTP
import Testing

struct ByteRangeTests {
    private static func part(_ offset: Int64, _ count: Int64) -> RangeRequest.Selection {
        .part(ByteRange(offset: offset, count: count))
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

    @Test func selectsFromTheEmptyAndTheLargest() {
        #expect(RangeRequest("bytes=0-").selection(of: 0) == .unsatisfiable)
        #expect(RangeRequest("bytes=0-0").selection(of: 0) == .unsatisfiable)
        #expect(RangeRequest("bytes=-1").selection(of: 0) == .whole)
        #expect(RangeRequest("bytes=0-").selection(of: .max) == Self.part(0, .max))
        #expect(RangeRequest("bytes=-9223372036854775807").selection(of: .max) == Self.part(0, .max))
        #expect(RangeRequest("bytes=9223372036854775806-").selection(of: .max) == Self.part(.max - 1, 1))
    }

    @Test func namesThePart() {
        #expect(ByteRange(offset: 10, count: 10).contentRange(of: 100) == "bytes 10-19/100")
        #expect(ByteRange.unsatisfied(of: 100) == "bytes */100")
    }
}
