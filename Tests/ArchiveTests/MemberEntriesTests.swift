import Archive
import Content
import Testing
import Zlib

/// What is remembered of a part of a tar, and taken as read another time.
@Suite struct MemberEntriesTests {
    private static let long = String(repeating: "n", count: 200)
    private static let entries = TarBuilder.part { tar in
        tar.directory("d/")
        tar.file("d/a", "content")
        tar.long("L", long)
        tar.file("x")
        tar.pax([("mtime", "1700000000.25")])
        tar.file("d/empty", "")
    }
    private static let end = [UInt8](repeating: 0, count: 1024)

    /// Reads `before`, then `part` as a member, then `after`; what is remembered of it, and what came of it all.
    private func remember(
        _ part: [UInt8],
        after before: [UInt8] = [],
        before after: [UInt8] = end,
        piece: Int = .max
    ) throws -> (member: MemberEntries?, sink: RecordingSink) {
        var reader = EntryReader(format: .tar, title: nil, size: 0)
        var sink = RecordingSink()
        try reader.consume(before.span.bytes, into: &sink)
        reader.beginMember()
        var offset = 0
        while offset < part.count {
            let end = offset + min(piece, part.count - offset)
            try reader.consume(part.span.bytes.extracting(offset..<end), into: &sink)
            offset = end
        }
        let member = reader.endMember()
        try reader.consume(after.span.bytes, into: &sink)
        try reader.finish(into: &sink)
        return (member, sink)
    }

    @Test(arguments: [1, 100, 512, Int.max]) func whatIsRememberedIsReplayedAlike(_ piece: Int) throws {
        let (member, sink) = try remember(Self.entries, piece: piece)
        let encoded = try #require(member).encoded
        #expect(MemberEntries.contentSize(of: encoded) == Int64(Self.entries.count))
        let again = try #require(MemberEntries(encoded: encoded))
        #expect(again == member)
        var reader = EntryReader(format: .tar, title: nil, size: 0)
        var replayed = RecordingSink()
        #expect(try reader.replay(again, into: &replayed))
        try reader.consume(Self.end.span.bytes, into: &replayed)
        try reader.finish(into: &replayed)
        #expect(replayed.times == sink.times)
        #expect(replayed.known == ["d/a": 7, Self.long: 7, "d/empty": 0])
        #expect(replayed.events.count == sink.events.count)
    }

    @Test func itIsShort() throws {
        let part = TarBuilder.part { tar in
            for number in 100..<200 { tar.file("directory/of/some/depth/file-\(number).yaml") }
        }
        let encoded = try #require(try remember(part).member).encoded
        #expect(encoded.count < 100 * 20, "\(encoded.count)")
    }

    /// Nothing but what was encoded is taken.
    @Test func damagedBytesAreRefused() throws {
        let encoded = try #require(try remember(Self.entries).member).encoded
        for count in encoded.indices { #expect(MemberEntries(encoded: Array(encoded[..<count])) == nil) }
        for index in encoded.indices {
            var damaged = encoded
            damaged[index] ^= 0x10
            #expect(MemberEntries(encoded: damaged) == nil)
            #expect(MemberEntries.contentSize(of: damaged) == nil)
        }
    }

    /// Whatever it is that has the right sum, nothing crashes.
    @Test func bytesThatMeanNothingAreRefused() throws {
        func summed(_ bytes: [UInt8]) -> [UInt8] {
            let sum = CRC32.sum(of: bytes)
            return bytes + (0..<4).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) }
        }
        let bytes = Array(try #require(try remember(Self.entries).member).encoded.dropLast(4))
        #expect(MemberEntries(encoded: summed(bytes)) != nil)
        for index in bytes.indices {
            for value in [UInt8(0), 0x2F, 0x7F, 0x80, 0xFF] {
                var changed = bytes
                changed[index] = value
                if let read = MemberEntries(encoded: summed(changed)) {
                    #expect(MemberEntries(encoded: read.encoded) == read)
                }
                if let read = MemberEntries(encoded: summed(Array(changed[...index]))) {
                    #expect(MemberEntries(encoded: read.encoded) == read)
                }
            }
        }
        // Another revision's; a number that no `Int64` holds; a path that shares more than there is; a file without a name.
        for bytes: [UInt8] in [
            [bytes[0] + 1] + bytes.dropFirst(), [1] + [UInt8](repeating: 0xFF, count: 9) + [1],
            [1, 0, 1, 5, 1, 0x61, 0, 0, 0], [1, 0, 1, 0, 0, 0, 0, 0], [],
        ] {
            #expect(MemberEntries(encoded: summed(bytes)) == nil)
        }
        // The last one that there is, where the tar can't be that long.
        let longest = [1] + [UInt8](repeating: 0xFF, count: 8) + [0x7F]
        let member = try #require(MemberEntries(encoded: summed(longest)))
        #expect(member.contentSize == .max)
        var reader = EntryReader(format: .tar, title: nil, size: 0)
        var sink = RecordingSink()
        try reader.consume(TarBuilder.part { $0.file("a") }.span.bytes, into: &sink)
        #expect(try !reader.replay(member, into: &sink))
    }

    /// What depends on where it stands is not remembered.
    @Test(arguments: [
        TarBuilder.part { $0.symbolicLink("l", to: "a") },
        TarBuilder.part { tar in
            tar.file("a")
            tar.hardLink("h", to: "a")
        },
        TarBuilder.part { $0.pax([("mtime", "5")], type: "g") },
        TarBuilder.part { tar in
            for number in 0..<5000 { tar.file("\(number)", "") }
        },
    ]) func whatIsNotRemembered(_ part: [UInt8]) throws {
        #expect(try remember(part).member == nil)
    }

    @Test func partsThatDoNotBeginOrEndBetweenEntriesAreNotRemembered() throws {
        let file = TarBuilder.part { $0.file("a", String(repeating: "x", count: 600)) }
        for cut in file.indices.dropFirst() {
            let (front, rest) = (Array(file[..<cut]), Array(file[cut...]))
            #expect(try remember(front, before: rest + Self.end).member == nil, "\(cut)")
            #expect(try remember(rest, after: front).member == nil, "\(cut)")
        }
        // Between a long name and its entry.
        let name = TarBuilder.part { $0.long("L", "long") }
        let entry = TarBuilder.part { $0.file("a") }
        #expect(try remember(name, before: entry + Self.end).member == nil)
        #expect(try remember(entry, after: name).member == nil)
        // The end marker, or a part of it.
        #expect(try remember(entry + Self.end, before: []).member == nil)
        #expect(try remember(entry + Self.end.dropLast(512), before: Array(Self.end.dropLast(512))).member == nil)
        // Behind what says something of all entries that follow.
        let global = TarBuilder.part { $0.pax([("mtime", "5")], type: "g") }
        #expect(try remember(entry, after: global).member == nil)
    }

    @Test func itIsReplayedOnlyWhereAnEntryMayBegin() throws {
        let member = try #require(try remember(Self.entries).member)
        let file = TarBuilder.part { $0.file("z", String(repeating: "x", count: 600)) }
        for before in [
            Array(file.prefix(100)), Array(file.prefix(512)), Array(file.prefix(1500)),
            TarBuilder.part { $0.long("L", "long") }, TarBuilder.part { $0.pax([("mtime", "5")]) },
            TarBuilder.part { $0.pax([("mtime", "5")], type: "g") }, Self.end, Array(Self.end.prefix(512)),
        ] {
            var reader = EntryReader(format: .tar, title: nil, size: 0)
            var sink = RecordingSink()
            try reader.consume(before.span.bytes, into: &sink)
            #expect(try !reader.replay(member, into: &sink))
            #expect(sink.known.isEmpty)
        }
    }

    /// Replayed entries meet the same limits and clashes as those that are read.
    @Test func whatIsReplayedIsChecked() throws {
        let member = try #require(try remember(Self.entries).member)
        func replay(after before: [UInt8], limits: ArchiveLimits = ArchiveLimits()) throws {
            var reader = EntryReader(format: .tar, title: nil, size: 0, limits: limits)
            var sink = RecordingSink()
            try reader.consume(before.span.bytes, into: &sink)
            _ = try reader.replay(member, into: &sink)
        }
        #expect(throws: ArchiveError.tooManyFiles(limit: 2)) {
            try replay(after: [], limits: ArchiveLimits(maxFiles: 2))
        }
        #expect(throws: ArchiveError.self) { try replay(after: [], limits: ArchiveLimits(maxFileSize: 6)) }
        #expect(throws: ArchiveError.totalTooLarge(limit: 13)) {
            try replay(after: [], limits: ArchiveLimits(maxTotalSize: 13))
        }
        #expect(throws: ArchiveError.self) { try replay(after: TarBuilder.part { $0.file("d") }) }
        #expect(throws: ArchiveError.self) { try replay(after: TarBuilder.part { $0.directory("d/a/") }) }
        try replay(after: TarBuilder.part { $0.directory("d/") })
    }

    @Test func aFileThatIsGivenAgainIsNoticed() throws {
        func register(_ parts: [UInt8], _ member: MemberEntries? = nil) throws -> EntryRegister {
            var reader = EntryReader(format: .tar, title: nil, size: 0)
            var sink = RecordingSink()
            try reader.consume(parts.span.bytes, into: &sink)
            if let member { _ = try reader.replay(member, into: &sink) }
            return reader.register
        }
        let once = TarBuilder.part { $0.file("d/a", "other") }
        #expect(try !register(once).hasReplacedFile)
        #expect(try register(once + once).hasReplacedFile)
        let member = try remember(Self.entries).member
        #expect(try register(once, member).hasReplacedFile)
        let directory = TarBuilder.part { $0.directory("d/") }
        #expect(try !register(directory + directory).hasReplacedFile)
    }
}
