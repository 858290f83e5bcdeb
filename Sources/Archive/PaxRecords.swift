import Content

/// The records of a PAX extended header that matter here; all others are read over.
///
/// Specification: POSIX `pax`, "pax Extended Header": each record is `LENGTH KEY=VALUE\n`, LENGTH counting all of it.
struct PaxRecords: Sendable {
    /// The most bytes of records before one entry: far more than a path, a link and the attributes of a file take.
    static let longest: Int64 = 1 << 20

    private(set) var path: [UInt8]?
    private(set) var linkPath: [UInt8]?
    private(set) var size: Int64?
    /// Where it is given but empty, the header's own time counts again.
    private(set) var modified: Timestamp??

    /// Whether the records are to count for all entries that follow, as those of a `g` header do.
    private let isGlobal: Bool

    /// Reads all records of a header.
    ///
    /// - Throws: ``RecordFault``. Where readers are known to differ (an empty or repeated path, size or link path, or a
    ///   global one), the header is refused.
    init(_ bytes: RawSpan, isGlobal: Bool) throws(RecordFault) {
        self.isGlobal = isGlobal
        var start = 0
        while start < bytes.byteCount {
            let (contentStart, end) = try Self.bounds(bytes, from: start)
            var equals = contentStart
            // The record's last byte is the newline that `bounds` has seen.
            while equals < end - 1, bytes.byte(at: equals) != UInt8(ascii: "=") { equals += 1 }
            guard equals > contentStart, equals < end - 1 else { throw .syntax }
            try take(
                key: [UInt8](bytes.extracting(contentStart..<equals)),
                value: bytes.extracting(equals + 1..<end - 1)
            )
            start = end
        }
    }

    /// Where the record that begins at `start` has its key, and where it ends.
    private static func bounds(_ bytes: RawSpan, from start: Int) throws(RecordFault) -> (content: Int, end: Int) {
        var offset = start
        var length = 0
        while offset < bytes.byteCount {
            let digit = bytes.byte(at: offset)
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { break }
            length = length * 10 + Int(digit & 15)
            // Also keeps the sum from overflowing.
            guard length <= bytes.byteCount else { throw .length }
            offset += 1
        }
        guard offset > start, offset < bytes.byteCount, bytes.byte(at: offset) == UInt8(ascii: " ") else {
            throw .length
        }
        let end = start + length
        // A key of one byte, "=" and the newline are the least that a record has.
        guard end <= bytes.byteCount, end >= offset + 1 + 3, bytes.byte(at: end - 1) == UInt8(ascii: "\n") else {
            throw .length
        }
        return (offset + 1, end)
    }

    private mutating func take(key: [UInt8], value: RawSpan) throws(RecordFault) {
        switch String(decoding: key, as: UTF8.self) {
        case "path":
            try demandOnce(path == nil, value)
            path = [UInt8](value)
        case "linkpath":
            try demandOnce(linkPath == nil, value)
            linkPath = [UInt8](value)
        case "size":
            try demandOnce(size == nil, value)
            guard let number = Self.decimal(value) else { throw .number }
            size = number
        case "mtime":
            guard !value.isEmpty else {
                modified = .some(nil)
                return
            }
            guard let time = EntryTime.parse(value) else { throw .number }
            modified = time
        case let other where other.hasPrefix("GNU.sparse.") || other == "SUN.holesdata" || other == "SCHILY.realsize":
            throw .sparse
        default: break
        }
    }

    private func demandOnce(_ isFirst: Bool, _ value: RawSpan) throws(RecordFault) {
        guard !isGlobal else { throw .globalKey }
        guard isFirst, !value.isEmpty else { throw .ambiguousKey }
    }

    /// Digits and nothing else; `nil` beyond 2^63 - 1.
    private static func decimal(_ text: RawSpan) -> Int64? {
        var value: Int64 = 0
        for offset in 0..<text.byteCount {
            let digit = text.byte(at: offset)
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, sumOverflow) = product.addingReportingOverflow(Int64(digit & 15))
            guard !overflow, !sumOverflow else { return nil }
            value = sum
        }
        return text.isEmpty ? nil : value
    }
}
