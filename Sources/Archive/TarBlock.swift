import Content

/// Builds the blocks of a tar: ustar, with PAX records where a name, a size or a time doesn't fit.
///
/// Specification: POSIX `pax`, "ustar Interchange Format" and "pax Extended Header".
enum TarBlock {
    /// What an entry is, with its type flag and the mode it gets.
    enum Kind {
        case file
        case directory
        case symbolicLink
        case records

        var flag: UInt8 {
            switch self {
            case .file: UInt8(ascii: "0")
            case .directory: UInt8(ascii: "5")
            case .symbolicLink: UInt8(ascii: "2")
            case .records: UInt8(ascii: "x")
            }
        }

        var mode: Int64 {
            switch self {
            case .file, .records: 0o644
            case .directory: 0o755
            case .symbolicLink: 0o777
            }
        }
    }

    /// The name of the header that holds PAX records; seen only by programs that don't know PAX.
    private static let recordsName = Array("PaxHeaders/records".utf8)

    /// All blocks before an entry's content: its PAX header, where it needs one, and its own header.
    static func header(
        _ name: [UInt8],
        _ kind: Kind,
        target: [UInt8] = [],
        size: Int64 = 0,
        modified: Timestamp
    ) -> [UInt8] {
        let (prefix, rest) = split(name)
        var records: [UInt8] = []
        if rest == nil { append("path", name, to: &records) }
        if target.count > TarHeader.Field.link.count { append("linkpath", target, to: &records) }
        if size > TarNumber.largestOctal { append("size", Array(String(size).utf8), to: &records) }
        let fitsTime = (0...TarNumber.largestOctal).contains(modified.seconds) && modified.nanoseconds == 0
        if !fitsTime { append("mtime", text(of: modified), to: &records) }
        if !records.isEmpty, !isUTF8(name) || !isUTF8(target) {
            // "The records are in no known encoding": without it, the standard has names be UTF-8.
            var charset: [UInt8] = []
            append("hdrcharset", Array("BINARY".utf8), to: &charset)
            records = charset + records
        }
        var blocks: [UInt8] = []
        if !records.isEmpty {
            blocks = block(recordsName, [], .records, [], size: Int64(records.count), seconds: 0)
            blocks += records
            blocks += padding(after: Int64(records.count))
        }
        // What a header can't hold is cut or 0 in it, and stands in the records.
        return blocks
            + block(
                rest ?? Array(name.prefix(TarHeader.Field.name.count)),
                prefix,
                kind,
                Array(target.prefix(TarHeader.Field.link.count)),
                size: size > TarNumber.largestOctal ? 0 : size,
                seconds: min(max(modified.seconds, 0), TarNumber.largestOctal)
            )
    }

    /// The zeros that fill up the last block of something of `size` bytes.
    static func padding(after size: Int64) -> [UInt8] {
        let last = Int(size % Int64(TarHeader.blockSize))
        return Array(repeating: 0, count: last == 0 ? 0 : TarHeader.blockSize - last)
    }

    /// The end marker: two blocks of zeros.
    static let end = [UInt8](repeating: 0, count: 2 * TarHeader.blockSize)

    /// Cuts a name at a slash into a prefix and a name that fit their fields; `nil` where there is no such slash.
    private static func split(_ name: [UInt8]) -> (prefix: [UInt8], name: [UInt8]?) {
        if name.count <= TarHeader.Field.name.count { return ([], name) }
        // The slash itself is in neither. A slash at the very end would leave no name.
        let first = max(1, name.count - 1 - TarHeader.Field.name.count)
        let last = min(name.count - 2, TarHeader.Field.prefix.count)
        guard first <= last, let slash = name[first...last].firstIndex(of: UInt8(ascii: "/")) else { return ([], nil) }
        return (Array(name[..<slash]), Array(name[(slash + 1)...]))
    }

    private static func block(
        _ name: [UInt8],
        _ prefix: [UInt8],
        _ kind: Kind,
        _ target: [UInt8],
        size: Int64,
        seconds: Int64
    ) -> [UInt8] {
        typealias Field = TarHeader.Field
        var block = [UInt8](repeating: 0, count: TarHeader.blockSize)
        put(name, to: &block, Field.name)
        TarNumber.write(kind.mode, to: &block, Field.mode)
        TarNumber.write(0, to: &block, Field.owner)
        TarNumber.write(0, to: &block, Field.group)
        TarNumber.write(size, to: &block, Field.size)
        TarNumber.write(seconds, to: &block, Field.modified)
        block[Field.type] = kind.flag
        put(target, to: &block, Field.link)
        put(Array("ustar\u{0}00".utf8), to: &block, Field.magic)
        TarNumber.write(0, to: &block, Field.deviceMajor)
        TarNumber.write(0, to: &block, Field.deviceMinor)
        put(prefix, to: &block, Field.prefix)
        seal(&block)
        return block
    }

    /// Writes the checksum: the sum of all bytes with blanks in its own place; six digits, a NUL, a blank.
    static func seal(_ block: inout [UInt8]) {
        put(
            Array(repeating: UInt8(ascii: " "), count: TarHeader.Field.checksum.count),
            to: &block,
            TarHeader.Field.checksum
        )
        // `bytes` is only unsafe for elements with padding; a byte has none.
        let (sum, _) = unsafe TarHeader.sum(of: block.span.bytes)
        TarNumber.write(sum, to: &block, TarHeader.Field.checksum.lowerBound..<TarHeader.Field.checksum.upperBound - 1)
    }

    private static func put(_ bytes: [UInt8], to block: inout [UInt8], _ field: Range<Int>) {
        block.replaceSubrange(field.lowerBound..<field.lowerBound + bytes.count, with: bytes)
    }

    // MARK: PAX records

    /// Adds `LENGTH KEY=VALUE\n`; the length counts its own digits.
    private static func append(_ key: String, _ value: [UInt8], to records: inout [UInt8]) {
        // The blank, "=" and the newline.
        let rest = key.utf8.count + value.count + 3
        var length = rest + String(rest).utf8.count
        if String(length).utf8.count > String(rest).utf8.count { length += 1 }
        records += Array("\(length) \(key)=".utf8)
        records += value
        records.append(UInt8(ascii: "\n"))
    }

    /// Seconds with a fraction, as short as it is exact; before 1970 with a sign, rounded down to a second.
    private static func text(of time: Timestamp) -> [UInt8] {
        guard time.nanoseconds > 0, time.seconds >= 0 else { return Array(String(time.seconds).utf8) }
        let digits = String(time.nanoseconds)
        var fraction = String(repeating: "0", count: 9 - digits.utf8.count) + digits
        while fraction.last == "0" { fraction.removeLast() }
        return Array("\(time.seconds).\(fraction)".utf8)
    }

    private static func isUTF8(_ bytes: [UInt8]) -> Bool {
        String(validating: bytes, as: UTF8.self) != nil
    }
}
