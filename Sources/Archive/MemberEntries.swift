internal import Content
internal import Zlib

/// What stands in one gzip member of a tar, without the bytes of the files: enough to take the member as read when the
/// very same bytes come again.
///
/// Only directories and files: what a link means depends on what stands outside the member. Files have no digest here, as
/// the release that they were read into has it.
package struct MemberEntries: Hashable, Sendable {
    enum Kind: UInt8, Sendable {
        case directory = 0
        case file = 1
    }

    struct Entry: Hashable, Sendable {
        let path: ReleasePath
        let kind: Kind
        var size: Int64 = 0
        let modified: Timestamp
    }

    /// How long the member's part of the tar is, in bytes.
    package let contentSize: Int64
    let entries: [Entry]

    /// The most entries that are kept of one member: those of 4 MiB may be a million, and they are held in memory.
    static let mostEntries = 2048
    /// To be raised whenever an archive may be refused that was not before, or its entries mean something else: what was
    /// kept until then is not believed any more.
    private static let revision: UInt8 = 1

    init(contentSize: Int64, entries: [Entry]) {
        self.contentSize = contentSize
        self.entries = entries
    }

    // MARK: As bytes

    /// What ``init(encoded:)`` takes. Each path is only what differs from the one before it, and at the end stands the CRC-32
    /// of it all: where it is kept, nobody else may look whether it is still the same.
    package var encoded: [UInt8] {
        var bytes = [Self.revision]
        bytes.append(number: contentSize)
        var last: [UInt8] = []
        for entry in entries {
            let shared = zip(last, entry.path.bytes).prefix { $0 == $1 }.count
            bytes.append(entry.kind.rawValue)
            bytes.append(number: Int64(shared))
            bytes.append(number: Int64(entry.path.bytes.count - shared))
            bytes += entry.path.bytes[shared...]
            bytes.append(number: entry.size)
            bytes.append(number: entry.modified.seconds)
            bytes.append(number: Int64(entry.modified.nanoseconds))
            last = entry.path.bytes
        }
        return bytes + Self.sum(of: bytes[...])
    }

    private static func sum(of bytes: ArraySlice<UInt8>) -> [UInt8] {
        let sum = CRC32.sum(of: Array(bytes))
        return (0..<4).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) }
    }

    /// The ``contentSize`` of what ``encoded`` has given; `nil` for anything else, and for what another revision has.
    package static func contentSize(of bytes: [UInt8]) -> Int64? {
        var rest = body(of: bytes)
        return rest?.popNumber()
    }

    /// What stands between the revision and the sum; `nil` where one of them is wrong.
    private static func body(of bytes: [UInt8]) -> ArraySlice<UInt8>? {
        let body = bytes.dropLast(4)
        guard body.first == revision, sum(of: body).elementsEqual(bytes.suffix(4)) else { return nil }
        return body.dropFirst()
    }

    /// Takes what ``encoded`` has given; `nil` for anything else, and for what another revision has.
    package init?(encoded bytes: [UInt8]) {
        guard var rest = Self.body(of: bytes), let contentSize = rest.popNumber() else { return nil }
        var entries: [Entry] = []
        var last: [UInt8] = []
        while !rest.isEmpty {
            guard entries.count < Self.mostEntries, let kind = rest.popFirst().flatMap({ Kind(rawValue: $0) }),
                let shared = rest.popNumber(), shared <= last.count,
                let count = rest.popNumber(), count <= rest.count
            else { return nil }
            let name = last.prefix(Int(shared)) + rest.prefix(Int(count))
            rest = rest.dropFirst(Int(count))
            guard let size = rest.popNumber(), let seconds = rest.popNumber(), let nanoseconds = rest.popNumber(),
                let path = try? ReleasePath(Array(name)), !path.isRoot || kind == .directory
            else { return nil }
            let modified = Timestamp(seconds: seconds, nanoseconds: Int32(clamping: nanoseconds))
            entries.append(Entry(path: path, kind: kind, size: size, modified: modified))
            last = Array(name)
        }
        self.init(contentSize: contentSize, entries: entries)
    }
}

/// Gathers the entries of a member while they are read.
struct MemberRecorder: Sendable {
    private var entries: [MemberEntries.Entry]?
    private var start: Int64 = 0

    /// Begins a member whose first byte stands at `offset` of the tar.
    mutating func begin(at offset: Int64) {
        entries = []
        start = offset
    }

    mutating func add(_ entry: @autoclosure () -> MemberEntries.Entry) {
        guard let count = entries?.count else { return }
        if count < MemberEntries.mostEntries { entries?.append(entry()) } else { drop() }
    }

    /// What is being read can't be taken as read another time.
    mutating func drop() { entries = nil }

    /// Ends the member before `offset`; `nil` where it was dropped or never begun.
    mutating func end(at offset: Int64) -> MemberEntries? {
        defer { drop() }
        return entries.map { MemberEntries(contentSize: offset - start, entries: $0) }
    }
}

extension [UInt8] {
    /// Adds a number that is not negative in base 128, the least significant digits first, as LEB128 has it.
    fileprivate mutating func append(number: Int64) {
        var rest = UInt64(Swift.max(number, 0))
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }
}

extension ArraySlice<UInt8> {
    /// Takes a number as it was added; `nil` where there is none that an `Int64` holds.
    fileprivate mutating func popNumber() -> Int64? {
        var value: Int64 = 0
        for shift in stride(from: Int64(0), to: 63, by: 7) {
            guard let byte = popFirst() else { return nil }
            value |= Int64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
        }
        return nil
    }
}
