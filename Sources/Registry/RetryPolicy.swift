internal import Content

/// How often, and after how long, a request is made again that failed for a reason that may pass.
///
/// Statuses 408, 429 and 5xx, and connections that are refused, break or stall. Exponential backoff with jitter; a
/// `Retry-After` that asks for longer is honoured up to a limit.
package struct RetryPolicy: Sendable {
    /// How often a request is made in all, at least 1.
    package var attempts = 5
    /// The wait after the first failure; it doubles after each further one.
    package var firstDelay: Duration = .milliseconds(500)
    package var longestDelay: Duration = .seconds(30)
    /// No server may put us off for longer than this.
    package var longestRetryAfter: Duration = .seconds(300)

    package init() {}

    /// Whether an answer with this status may be another one later.
    static func isTransient(_ status: Int) -> Bool {
        status == 408 || status == 429 || (status >= 500 && status <= 599 && status != 501 && status != 505)
    }

    /// How long to wait after failure number `failures`, from 1 on.
    ///
    /// - Parameter jitter: from 0 to 1; the wait lies between half and all of the backoff.
    func delay(failures: Int, retryAfter: Duration?, jitter: Double) -> Duration {
        var backoff = firstDelay
        for _ in 1..<max(1, min(failures, 32)) where backoff < longestDelay { backoff = backoff * 2 }
        backoff = min(backoff, longestDelay)
        let wait = backoff * (0.5 + 0.5 * min(max(jitter, 0), 1))
        guard let retryAfter else { return wait }
        return max(wait, min(retryAfter, longestRetryAfter))
    }

    /// The wait that a `Retry-After` field asks for: seconds, or a date (RFC 9110 section 10.2.3); `nil` for neither.
    static func retryAfter(_ value: String?, now: Timestamp) -> Duration? {
        guard let value else { return nil }
        if !value.isEmpty, value.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            // So many digits that they don't fit mean: for as long as can be.
            return .seconds(Int64(value).map { min($0, 31_536_000) } ?? 31_536_000)
        }
        guard let date = httpDate(value) else { return nil }
        return .seconds(max(0, min(date - now.seconds, 31_536_000)))
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT` as seconds since 1970 (RFC 9110 section 5.6.7); the obsolete forms are not read.
    private static func httpDate(_ text: String) -> Int64? {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let month = months.firstIndex(of: String(words[2])) else {
            return nil
        }
        let two = month + 1 < 10 ? "0\(month + 1)" : "\(month + 1)"
        return Timestamp(rfc3339: "\(words[3])-\(two)-\(words[1])T\(words[4])Z")?.seconds
    }
}
