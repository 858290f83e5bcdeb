extension WireCase {
    private static let other = "\"0000\""
    private static let before = "Thu, 29 Feb 2024 12:00:00 GMT"
    private static let after = "Sat, 02 Mar 2024 12:00:00 GMT"

    private static func when(_ rule: String, _ fields: [String], _ status: Int) -> WireCase {
        keeps(
            "9110 " + rule,
            make("GET", "/hello.txt", fields),
            status,
            status == 304 ? ["ETag: \(tag)", "!Content-Length", "!Content-Type"] : [],
            body: status == 200 ? hello : nil
        )
    }

    /// Conditions on the entity tag, and their order (RFC 9110 section 13.2.2).
    static let tags: [WireCase] = [
        when("13.1.1", ["If-Match: \(tag)"], 200),
        when("13.1.1", ["If-Match: *"], 200),
        when("13.1.1", ["If-Match: \(other), \(tag)"], 200),
        when("13.1.1", ["If-Match: \(other)", "If-Match: ,, \(tag)"], 200),
        when("13.1.1", ["If-Match: \(other)"], 412),
        when("13.1.1", ["If-Match: W/\(tag)"], 412),
        when("13.1.1", ["If-Match:"], 412),
        when("13.1.1", ["If-Match: \(tag.dropFirst().dropLast())"], 412),
        when("13.1.2", ["If-None-Match: \(tag)"], 304),
        when("13.1.2", ["If-None-Match: W/\(tag)"], 304),
        when("13.1.2", ["If-None-Match: *"], 304),
        when("13.1.2", ["If-None-Match: \(other),\(tag)"], 304),
        when("13.1.2", ["If-None-Match: \"a,b\", W/\"\", \(tag)"], 304),
        when("13.1.2", ["If-None-Match: \(other)", "If-None-Match: \(tag)"], 304),
        when("13.1.2", ["If-None-Match: \(other)"], 200),
        when("13.1.2", ["If-None-Match: w/\(tag)"], 200),
        when("13.1.2", ["If-None-Match: \(tag.dropLast())"], 200),
        when("13.1.2", ["If-None-Match:"], 200),
        when("13.2.2", ["If-Match: \(other)", "If-None-Match: \(tag)"], 412),
        when("13.2.2", ["If-Match: \(tag)", "If-None-Match: \(tag)"], 304),
        when("13.2.2", ["If-Match: \(tag)", "If-None-Match: \(other)"], 200),
        keeps("9110 13.1.2", head("/hello.txt", "If-None-Match: \(tag)"), 304, ["ETag: \(tag)"]),
        keeps("9110 13.1.1", head("/hello.txt", "If-Match: \(other)"), 412),
        // Without a representation there is nothing to weigh (section 13.2.1).
        keeps("9110 13.2.1", get("/nothing", "If-None-Match: *"), 404),
        keeps("9110 13.2.1", get("/nothing", "If-Match: *"), 404),
        keeps("9110 13.2.1", get("/web", "If-Match: \(other)"), 301),
        keeps("9110 13.2.1", make("POST", "/hello.txt", ["If-Match: \(other)"]), 405),
    ]

    /// Conditions on the date, in every form that a date may have.
    static let dates: [WireCase] = [
        when("13.1.3", ["If-Modified-Since: \(date)"], 304),
        when("13.1.3", ["If-Modified-Since: \(after)"], 304),
        when("13.1.3", ["If-Modified-Since: \(before)"], 200),
        when("5.6.7", ["If-Modified-Since: Friday, 01-Mar-24 12:00:00 GMT"], 304),
        when("5.6.7", ["If-Modified-Since: Fri Mar  1 12:00:00 2024"], 304),
        when("5.6.7", ["If-Modified-Since: Friday, 01-Mar-24 11:59:59 GMT"], 200),
        when("5.6.7", ["If-Modified-Since: Fri Mar  1 11:59:59 2024"], 200),
        when("5.6.7", ["If-Modified-Since: Saturday, 01-Mar-69 12:00:00 GMT"], 304),
        when("5.6.7", ["If-Modified-Since: Saturday, 01-Mar-80 12:00:00 GMT"], 200),
        when("13.1.3", ["If-Modified-Since: yesterday"], 200),
        when("13.1.3", ["If-Modified-Since: 2024-03-01T12:00:00Z"], 200),
        when("13.1.3", ["If-Modified-Since: fri, 01 mar 2024 12:00:00 gmt"], 200),
        when("13.1.3", ["If-Modified-Since: Fri, 01 Mar 2024 12:00:00 +0000"], 200),
        when("13.1.3", ["If-Modified-Since: Fri, 31 Feb 2025 12:00:00 GMT"], 200),
        when("13.1.3", ["If-Modified-Since: Fri, 01 Mar 2024 24:00:00 GMT"], 200),
        when("13.1.3", ["If-Modified-Since: Fri, 1 Mar 2024 12:00:00 GMT"], 200),
        when("13.1.3", ["If-Modified-Since: \(date)", "If-Modified-Since: \(date)"], 200),
        when("13.1.3", ["If-None-Match: \(other)", "If-Modified-Since: \(after)"], 200),
        when("13.1.3", ["If-None-Match: \(tag)", "If-Modified-Since: \(before)"], 304),
        when("13.1.4", ["If-Unmodified-Since: \(date)"], 200),
        when("13.1.4", ["If-Unmodified-Since: \(after)"], 200),
        when("13.1.4", ["If-Unmodified-Since: \(before)"], 412),
        when("13.1.4", ["If-Unmodified-Since: Thursday, 29-Feb-24 12:00:00 GMT"], 412),
        when("13.1.4", ["If-Unmodified-Since: never"], 200),
        when("13.1.4", ["If-Match: \(tag)", "If-Unmodified-Since: \(before)"], 200),
        when("13.1.4", ["If-Match: \(other)", "If-Unmodified-Since: \(after)"], 412),
        when("13.2.2", ["If-Unmodified-Since: \(before)", "If-Modified-Since: \(after)"], 412),
        when("13.2.2", ["If-Unmodified-Since: \(before)", "If-None-Match: \(tag)"], 412),
        when("13.2.2", ["If-Unmodified-Since: \(after)", "If-None-Match: \(tag)"], 304),
        keeps("9110 13.1.3", head("/hello.txt", "If-Modified-Since: \(date)"), 304),
        keeps("9110 8.8.2", get("/hello.txt"), 200, ["Last-Modified: \(date)"]),
    ]
}
