import Content
import Testing

@Suite struct MeasureTests {
    @Test func sizes() {
        #expect(ByteCount.parse("64MiB") == 64 << 20)
        #expect(ByteCount.parse("10GiB") == 10 << 30)
        #expect(ByteCount.parse("1500") == 1500)
        #expect(ByteCount.parse("2KB") == 2000)
        for bad in ["", "MiB", "-1", "1.5GiB", "1 GiB", "9223372036854775808", "9000000TiB", "1gib"] {
            #expect(ByteCount.parse(bad) == nil, "\(bad)")
        }
        #expect(ByteCount.format(1_681_032) == "1.6 MiB")
        #expect(ByteCount.format(512) == "512 B")
        #expect(ByteCount.format(10 << 30) == "10 GiB")
    }

    @Test func durations() {
        #expect(DurationText.parse("500ms") == .milliseconds(500))
        #expect(DurationText.parse("1h30m") == .seconds(5400))
        #expect(DurationText.parse("0s") == .zero)
        for bad in ["", "5", "s", "-1s", "1d", "1.5s", "99999999999999999999s", "9223372036854775807h", "1s "] {
            #expect(DurationText.parse(bad) == nil, "\(bad)")
        }
        for text in ["0s", "60s", "15m", "1h30m", "500ms", "2s500ms"] {
            let duration = DurationText.parse(text)
            #expect(duration.map(DurationText.format).flatMap(DurationText.parse) == duration)
        }
    }

    @Test func timestamps() throws {
        let guide = try #require(Timestamp(rfc3339: "2024-12-06T12:43:14Z"))
        #expect(guide.seconds == 1_733_488_994)
        #expect(guide.rfc3339 == "2024-12-06T12:43:14Z")
        #expect(Timestamp(rfc3339: "2024-12-06T14:43:14+02:00") == guide)
        #expect(Timestamp(rfc3339: "2024-12-06T12:43:14.5Z")?.nanoseconds == 500_000_000)
        #expect(Timestamp(rfc3339: "2024-12-06T12:43:14.1234567899Z")?.nanoseconds == 123_456_789)
        #expect(Timestamp(seconds: -1).rfc3339 == "1969-12-31T23:59:59Z")
        #expect(Timestamp(rfc3339: "2024-02-29T00:00:00Z") != nil)
        for bad in [
            "", "2024-12-06", "2024-13-06T12:43:14Z", "2023-02-29T00:00:00Z", "2024-12-06T24:00:00Z",
            "2024-12-06T12:43:14", "2024-12-06T12:43:14.Z", "2024-12-06T12:43:14Zx", "2024-12-06 12:43:14Z",
        ] {
            #expect(Timestamp(rfc3339: bad) == nil, "\(bad)")
        }
    }

    @Test func civilDatesRoundTrip() {
        for day in stride(from: Int64(-800_000), through: 800_000, by: 97) {
            #expect(CivilDate(daysSinceEpoch: day).daysSinceEpoch == day)
        }
        #expect(CivilDate(year: 1970, month: 1, day: 1).weekday == 4)
        #expect(CivilDate(year: 1969, month: 12, day: 27).weekday == 6)
        #expect(CivilDate(year: 2026, month: 11, day: 21).weekday == 6)
    }
}
