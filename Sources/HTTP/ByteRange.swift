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
package enum RangeRequest: Hashable, Sendable {
    /// `bytes=FIRST-` or `bytes=FIRST-LAST`.
    case from(Int64, through: Int64?)
    /// `bytes=-COUNT`: the last bytes.
    case last(Int64)
    /// More than one range.
    case several
    /// Another unit, or malformed: the field is ignored, as section 14.2 allows.
    case unusable

    /// Takes the value of the field.
    ///
    /// Numbers beyond 2^63 - 1 count as that: no representation is longer, so the outcome is the same, and nothing
    /// overflows (CVE-2017-7529).
    package init(_ value: String) {
        let prefix = "bytes="
        guard ASCII.lowercased(value.prefix(prefix.count)) == prefix else {
            self = .unusable
            return
        }
        let ranges = FieldList.elements(of: value.dropFirst(prefix.count)).map(Self.one)
        switch ranges.count {
        case 1: self = ranges[0]
        // One bad range spoils the list, so that several means several good ones.
        case 2...: self = ranges.contains(.unusable) ? .unusable : .several
        default: self = .unusable
        }
    }

    /// The part of a representation of `size` bytes that is asked for.
    package enum Selection: Hashable, Sendable {
        /// All of it, as if there had been no range.
        case whole
        case part(ByteRange)
        /// Nothing of it lies in the range.
        case unsatisfiable
    }

    /// Applies the request to a representation of `size` bytes.
    ///
    /// Several ranges are answered as one whole: a server may ignore the field, and many small or overlapping parts
    /// are how a server is worn out (RFC 9110 sections 14.2 and 17.15, CVE-2011-3192).
    package func selection(of size: Int64) -> Selection {
        switch self {
        case .several, .unusable:
            return .whole
        case .from(let first, let last):
            guard first < size else { return .unsatisfiable }
            // first < size holds both bounds below size, and last is not below first.
            let end = min(last ?? size - 1, size - 1)
            return .part(ByteRange(offset: first, count: end - first + 1))
        case .last(let count):
            guard count > 0 else { return .unsatisfiable }
            // An empty representation satisfies a suffix (section 14.1.2), but has no part to name.
            guard size > 0 else { return .whole }
            let length = min(count, size)
            return .part(ByteRange(offset: size - length, count: length))
        }
    }

    private static func one(_ text: Substring) -> RangeRequest {
        guard let dash = text.utf8.firstIndex(of: UInt8(ascii: "-")) else { return .unusable }
        let first = text.utf8[..<dash]
        let last = text.utf8[text.utf8.index(after: dash)...]
        if first.isEmpty { return number(last).map(RangeRequest.last) ?? .unusable }
        guard let from = number(first) else { return .unusable }
        if last.isEmpty { return .from(from, through: nil) }
        guard let through = number(last), through >= from else { return .unusable }
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
