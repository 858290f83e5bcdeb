import Content
import HTTP
import Testing

struct HTTPDateTests {
    private let now = Timestamp(seconds: 1_733_488_994)  // 2024-12-06T12:43:14Z

    @Test(arguments: [
        (Int64(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT"),
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (4_102_444_799, "Thu, 31 Dec 2099 23:59:59 GMT"),
        (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        (-62_167_219_200, "Sat, 01 Jan 0000 00:00:00 GMT"),
    ])
    func writesAndReadsTheFixedForm(seconds: Int64, text: String) {
        #expect(HTTPDate.format(Timestamp(seconds: seconds)) == text)
        #expect(HTTPDate.bytes(Timestamp(seconds: seconds)).count == HTTPDate.byteCount)
        #expect(HTTPDate.parse(text, now: now) == Timestamp(seconds: seconds))
    }

    @Test func staysWithinFourDigitsOfAYear() {
        #expect(HTTPDate.format(Timestamp(seconds: .max)) == "Fri, 31 Dec 9999 23:59:59 GMT")
        #expect(HTTPDate.format(Timestamp(seconds: .min)) == "Sat, 01 Jan 0000 00:00:00 GMT")
    }

    @Test func dropsTheFraction() {
        #expect(
            HTTPDate.format(Timestamp(seconds: 784_111_777, nanoseconds: 999_999_999))
                == "Sun, 06 Nov 1994 08:49:37 GMT"
        )
    }

    @Test(arguments: [
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun Nov 06 08:49:37 1994",
        "Mon, 06 Nov 1994 08:49:37 GMT",
    ])
    func readsTheOtherForms(text: String) {
        #expect(HTTPDate.parse(text, now: now) == Timestamp(seconds: 784_111_777))
    }

    @Test(arguments: [
        // Less than, exactly, and more than 50 years after 2024-12-06T12:43:14Z.
        ("Wednesday, 05-Dec-74 12:43:14 GMT", "2074-12-05T12:43:14Z"),
        ("Thursday, 06-Dec-74 12:43:14 GMT", "2074-12-06T12:43:14Z"),
        ("Thursday, 06-Dec-74 12:43:15 GMT", "1974-12-06T12:43:15Z"),
        ("Saturday, 01-Jan-00 00:00:00 GMT", "2000-01-01T00:00:00Z"),
        ("Friday, 31-Dec-99 23:59:59 GMT", "1999-12-31T23:59:59Z"),
    ])
    func putsTwoDigitsOfAYearAtMostFiftyYearsAhead(text: String, expected: String) {
        #expect(HTTPDate.parse(text, now: now)?.rfc3339 == expected)
    }

    @Test func countsALeapSecondAsTheOneBefore() {
        #expect(HTTPDate.parse("Sat, 31 Dec 2016 23:59:60 GMT", now: now)?.rfc3339 == "2016-12-31T23:59:59Z")
    }

    @Test(arguments: [
        "", "0", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 GMT ",
        " Sun, 06 Nov 1994 08:49:37 GMT", "sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 29 Feb 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov +994 08:49:37 GMT", "Sun, 06-Nov-94 08:49:37 GMT",
        "Sunday, 06 Nov 1994 08:49:37 GMT", "Sun Nov 6 08:49:37 1994", "Sun Nov  6 08:49:37 94",
        "Sunday, 06-Nov-94 08:49:37 GMT, Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37Z", "784111777",
    ])
    func refusesAnythingElse(text: String) {
        #expect(HTTPDate.parse(text, now: now) == nil)
    }

    @Test func refusesEveryPrefixOfEachForm() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        ] {
            for length in 0..<text.utf8.count {
                #expect(HTTPDate.parse(text.prefix(length), now: now) == nil)
            }
        }
    }
}
