internal import HTTP

/// The value of `Date`, kept for the second that it names (IMF-fixdate, RFC 9110 section 5.6.7).
struct DateHeader {
    /// Seconds since 1970.
    private(set) var second: Int64 = -1
    /// 29 characters of ASCII.
    private(set) var bytes = [UInt8](repeating: 0x20, count: ResponseHead.dateLength)

    init(second: Int64) {
        update(to: second)
    }

    /// Writes the value anew where the second has changed.
    mutating func update(to now: Int64) {
        guard now != second else { return }
        second = now
        let days = max(0, now) / 86_400
        let time = max(0, now) % 86_400
        // Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days, for days since 1970.
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)

        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][Int(days % 7)]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let clock = "\(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60))"
        let text = "\(weekday), \(two(day)) \(months[Int(month) - 1]) \(two(year / 100))\(two(year % 100)) \(clock) GMT"
        bytes = Array(text.utf8)
    }
}
