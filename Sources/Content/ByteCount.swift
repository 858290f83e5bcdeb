/// Sizes as people write them: `64MiB`, `10GiB`, `1500`, `2KB`.
package enum ByteCount {
    private static let units: [(name: String, factor: Int64)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
        ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000), ("KB", 1000), ("B", 1),
    ]

    /// The number of bytes that `text` means; `nil` where it is no size, negative, or beyond 2^63 - 1.
    package static func parse(_ text: String) -> Int64? {
        let unit = units.first { text.hasSuffix($0.name) }
        let digits = text.dropLast(unit?.name.count ?? 0)
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let number = Int64(digits)
        else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit?.factor ?? 1)
        return overflow ? nil : bytes
    }

    /// The shortest binary form with at most one decimal: `1.6 MiB`.
    package static func format(_ bytes: Int64) -> String {
        guard let unit = units.first(where: { $0.name.hasSuffix("iB") && bytes >= $0.factor }) else {
            return "\(bytes) B"
        }
        let whole = bytes / unit.factor
        let tenth = bytes % unit.factor * 10 / unit.factor
        return tenth == 0 || whole >= 100 ? "\(whole) \(unit.name)" : "\(whole).\(tenth) \(unit.name)"
    }
}
