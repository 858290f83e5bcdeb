/// A part of a representation: `count` bytes, beginning at `offset`; never empty.
package struct ByteRange: Hashable, Sendable {
    package let offset: Int64
    package let count: Int64

    package init(offset: Int64, count: Int64) {
        self.offset = offset
        self.count = count
    }

    /// The value of `Content-Range` for this part of `size` bytes (RFC 9110 section 14.4).
    package func contentRange(of size: Int64) -> String {
        "bytes \(offset)-\(offset + count - 1)/\(size)"
    }

    /// The value of `Content-Range` that goes with 416 (RFC 9110 section 15.5.17).
    package static func unsatisfied(of size: Int64) -> String { "bytes */\(size)" }
}

/// What a `Range` field asks for (RFC 9110 section 14.2).
package struct RangeRequest: Hashable, Sendable {
    /// One of the ranges of the field (section 14.1.2).
    private enum Spec: Hashable {
        /// `FIRST-` or `FIRST-LAST`.
        case from(Int64, through: Int64?)
        /// `-COUNT`: the last bytes.
        case last(Int64)
    }

    /// Parts that one answer has at most: what readers of archives and of film ask for is below, and more is how a
    /// server is worn out (RFC 9110 section 17.15, CVE-2011-3192).
    package static let partLimit = 16

    /// Empty where the field is to be ignored: another unit, malformed, or more than ``partLimit`` ranges.
    private let specs: [Spec]

    /// Takes the value of the field.
    ///
    /// One bad range spoils the list. Numbers beyond 2^63 - 1 count as that: no representation is longer, so the
    /// outcome is the same, and nothing overflows (CVE-2017-7529).
    package init(_ value: String) {
        let prefix = "bytes="
        guard ASCII.lowercased(value.prefix(prefix.count)) == prefix else {
            specs = []
            return
        }
        let elements = FieldList.elements(of: value.dropFirst(prefix.count))
        guard elements.count <= Self.partLimit else {
            specs = []
            return
        }
        let found = elements.compactMap(Self.one)
        specs = found.count == elements.count ? found : []
    }

    /// What of a representation is asked for.
    package enum Selection: Hashable, Sendable {
        /// All of it, as if there had been no range.
        case whole
        /// These parts, in the order in which they were asked for; at least one, at most ``RangeRequest/partLimit``.
        case parts([ByteRange])
        /// Nothing of it lies in the ranges.
        case unsatisfiable
    }

    /// Applies the request to a representation of `size` bytes.
    ///
    /// Ranges that lie beyond the end are left out where another one doesn't (section 14.1.2). Several that overlap, or
    /// that would be no shorter than the whole with the heads of their parts, or of which the heads would be the larger
    /// part, are answered with the whole, as section 14.2 has it for what no honest reader asks.
    package func selection(of size: Int64) -> Selection {
        guard !specs.isEmpty else { return .whole }
        // An empty representation satisfies a suffix (section 14.1.2), but has no part to name.
        if size <= 0 {
            let isSuffix = specs.contains { if case .last(let count) = $0 { count > 0 } else { false } }
            return isSuffix ? .whole : .unsatisfiable
        }
        let parts = specs.compactMap { Self.part($0, of: size) }
        guard !parts.isEmpty else { return .unsatisfiable }
        return parts.count == 1 || Self.isWorthwhile(parts, of: size) ? .parts(parts) : .whole
    }

    private static func isWorthwhile(_ parts: [ByteRange], of size: Int64) -> Bool {
        let ordered = parts.sorted { $0.offset < $1.offset }
        var end: Int64 = 0
        var content: Int64 = 0
        for part in ordered {
            guard part.offset >= end else { return false }
            // Parts that don't overlap are together no longer than the whole: no overflow.
            end = part.offset + part.count
            content += part.count
        }
        let heads = Int64(parts.count * MultipartByteRanges.headEstimate)
        return content >= heads && content < size - heads
    }

    /// The part of a representation of `size` bytes, more than 0, that a range names; `nil` where none of it does.
    private static func part(_ spec: Spec, of size: Int64) -> ByteRange? {
        switch spec {
        case .from(let first, let last):
            guard first < size else { return nil }
            // first < size holds both bounds below size, and last is not below first.
            let end = min(last ?? size - 1, size - 1)
            return ByteRange(offset: first, count: end - first + 1)
        case .last(let count):
            guard count > 0 else { return nil }
            let length = min(count, size)
            return ByteRange(offset: size - length, count: length)
        }
    }

    private static func one(_ text: Substring) -> Spec? {
        guard let dash = text.utf8.firstIndex(of: UInt8(ascii: "-")) else { return nil }
        let first = text.utf8[..<dash]
        let last = text.utf8[text.utf8.index(after: dash)...]
        if first.isEmpty { return number(last).map(Spec.last) }
        guard let from = number(first) else { return nil }
        if last.isEmpty { return .from(from, through: nil) }
        guard let through = number(last), through >= from else { return nil }
        return .from(from, through: through)
    }

    private static func number(_ digits: Substring.UTF8View.SubSequence) -> Int64? {
        guard !digits.isEmpty, digits.allSatisfy(ASCII.isDigit) else { return nil }
        var value: Int64 = 0
        for digit in digits {
            let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tenfold.addingReportingOverflow(Int64(digit - UInt8(ascii: "0")))
            if overflow || carry { return .max }
            value = sum
        }
        return value
    }
}
