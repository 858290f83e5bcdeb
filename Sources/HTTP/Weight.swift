/// The weights by which fields rank what they name (RFC 9110 section 12.4.2).
enum Weight {
    /// The value of `q=…` in thousandths: `0`, `1`, `0.5`, with at most three digits after the point, and nothing
    /// above 1; `nil` for anything else.
    static func thousandths(_ text: Substring) -> Int? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, whole == "0" || whole == "1" else { return nil }
        let fraction = parts.count > 1 ? parts[1] : ""
        guard fraction.utf8.count <= 3, fraction.utf8.allSatisfy(ASCII.isDigit) else { return nil }
        let padded = fraction + String(repeating: "0", count: 3 - fraction.utf8.count)
        guard let digits = Int(padded) else { return nil }
        let value = (whole == "1" ? 1000 : 0) + digits
        return value <= 1000 ? value : nil
    }
}
