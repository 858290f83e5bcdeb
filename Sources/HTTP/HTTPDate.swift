package import Content

/// Moments as HTTP fields write them: `Sun, 06 Nov 1994 08:49:37 GMT`.
///
/// Specification: RFC 9110 section 5.6.7. Only IMF-fixdate is written; all three forms are read.
package enum HTTPDate {
    /// The length of an IMF-fixdate, in bytes: it never changes, so a prepared head can be patched in place.
    package static let byteCount = 29

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let longWeekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    /// The seconds of 0000-01-01 and of 9999-12-31T23:59:59: what four digits of a year can say.
    private static let writable: ClosedRange<Int64> = -62_167_219_200...253_402_300_799

    /// The moment as IMF-fixdate, its fraction dropped. Beyond the years 0 to 9999 the nearest of them stands in.
    package static func format(_ moment: Timestamp) -> String {
        String(decoding: bytes(moment), as: UTF8.self)
    }

    /// The 29 bytes of ``format(_:)``.
    package static func bytes(_ moment: Timestamp) -> [UInt8] {
        let seconds = min(max(moment.seconds, writable.lowerBound), writable.upperBound)
        let (date, time) = Timestamp(seconds: seconds).civil
        var text: [UInt8] = []
        text.reserveCapacity(byteCount)
        text += weekdays[date.weekday].utf8
        text += ", ".utf8
        append(date.day, digits: 2, to: &text)
        text.append(UInt8(ascii: " "))
        text += months[Int(date.month) - 1].utf8
        text.append(UInt8(ascii: " "))
        append(date.year, digits: 4, to: &text)
        text.append(UInt8(ascii: " "))
        append(time / 3600, digits: 2, to: &text)
        text.append(UInt8(ascii: ":"))
        append(time / 60 % 60, digits: 2, to: &text)
        text.append(UInt8(ascii: ":"))
        append(time % 60, digits: 2, to: &text)
        text += " GMT".utf8
        return text
    }

    /// Takes IMF-fixdate, the obsolete RFC 850 form, or the form of C's `asctime`; `nil` for anything else.
    ///
    /// The name of the weekday has to be one, but isn't held against the date: a sender that counts it wrong still
    /// says when. A leap second counts as the second before it.
    ///
    /// - Parameter now: what two digits of a year are measured against: a date of the RFC 850 form that seems to be
    ///   more than 50 years ahead is one of the past.
    package static func parse(_ text: some StringProtocol, now: Timestamp) -> Timestamp? {
        let bytes = Array(text.utf8)
        if bytes.count == byteCount, let moment = fixed(bytes) { return moment }
        return asctime(bytes) ?? obsolete(bytes, now: now)
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`
    private static func fixed(_ bytes: [UInt8]) -> Timestamp? {
        var reader = Reader(bytes[...])
        guard reader.name(of: weekdays) != nil, reader.take(", "), let day = reader.number(2), reader.take(" "),
            let month = reader.name(of: months), reader.take(" "), let year = reader.number(4), reader.take(" "),
            let time = reader.timeOfDay(), reader.take(" GMT"), reader.isAtEnd
        else { return nil }
        return moment(year: year, month: month + 1, day: day, time: time)
    }

    /// `Sun Nov  6 08:49:37 1994`
    private static func asctime(_ bytes: [UInt8]) -> Timestamp? {
        var reader = Reader(bytes[...])
        guard reader.name(of: weekdays) != nil, reader.take(" "), let month = reader.name(of: months),
            reader.take(" "), let day = reader.take(" ") ? reader.number(1) : reader.number(2), reader.take(" "),
            let time = reader.timeOfDay(), reader.take(" "), let year = reader.number(4), reader.isAtEnd
        else { return nil }
        return moment(year: year, month: month + 1, day: day, time: time)
    }

    /// `Sunday, 06-Nov-94 08:49:37 GMT`
    private static func obsolete(_ bytes: [UInt8], now: Timestamp) -> Timestamp? {
        var reader = Reader(bytes[...])
        guard reader.name(of: longWeekdays) != nil, reader.take(", "), let day = reader.number(2), reader.take("-"),
            let month = reader.name(of: months), reader.take("-"), let lastDigits = reader.number(2), reader.take(" "),
            let time = reader.timeOfDay(), reader.take(" GMT"), reader.isAtEnd
        else { return nil }
        let thisYear = now.civil.date.year
        let year = thisYear - thisYear % 100 + lastDigits
        // Measured to the second: exactly 50 years ahead is still ahead.
        let fiftyYearsBefore =
            CivilDate(year: year - 50, month: month + 1, day: day).daysSinceEpoch * 86_400 + time
        return moment(
            year: fiftyYearsBefore > now.seconds ? year - 100 : year,
            month: month + 1,
            day: day,
            time: time
        )
    }

    private static func moment(year: Int64, month: Int64, day: Int64, time: Int64) -> Timestamp? {
        let date = CivilDate(year: year, month: month, day: day)
        let days = date.daysSinceEpoch
        // A day that its month doesn't have comes back as another date.
        guard CivilDate(daysSinceEpoch: days) == date else { return nil }
        return Timestamp(seconds: days * 86_400 + time)
    }

    private static func append(_ value: Int64, digits: Int, to text: inout [UInt8]) {
        var scale: Int64 = digits == 4 ? 1000 : 10
        while scale > 0 {
            text.append(UInt8(ascii: "0") + UInt8(value / scale % 10))
            scale /= 10
        }
    }

    /// Takes a date apart from its front; each method moves on only where it succeeds.
    private struct Reader {
        private var rest: ArraySlice<UInt8>

        init(_ bytes: ArraySlice<UInt8>) {
            rest = bytes
        }

        var isAtEnd: Bool { rest.isEmpty }

        mutating func take(_ text: String) -> Bool {
            guard rest.starts(with: text.utf8) else { return false }
            rest = rest.dropFirst(text.utf8.count)
            return true
        }

        mutating func number(_ digits: Int) -> Int64? {
            let run = rest.prefix(digits)
            guard run.count == digits, run.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
                return nil
            }
            rest = rest.dropFirst(digits)
            return run.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
        }

        /// The place of the name that comes next; names are case-sensitive (RFC 9110 section 5.6.7).
        mutating func name(of names: [String]) -> Int64? {
            guard let index = names.firstIndex(where: { rest.starts(with: $0.utf8) }) else { return nil }
            rest = rest.dropFirst(names[index].utf8.count)
            return Int64(index)
        }

        /// `08:49:37` as seconds since midnight.
        mutating func timeOfDay() -> Int64? {
            guard let hour = number(2), take(":"), let minute = number(2), take(":"), let second = number(2),
                hour < 24, minute < 60, second <= 60
            else { return nil }
            return hour * 3600 + minute * 60 + min(second, 59)
        }
    }
}
