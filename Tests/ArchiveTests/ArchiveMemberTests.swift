import Archive
import Content
import TestSupport
import Testing
import Zlib

/// Where the members of a packed archive end, and what they say.
@Suite struct ArchiveMemberTests {
    private static let time = Timestamp(seconds: 1_700_000_000)

    /// The members of an archive, by the lengths that they say they have.
    private func members(of archive: [UInt8]) throws -> [[UInt8]] {
        var members: [[UInt8]] = []
        var rest = archive[...]
        while !rest.isEmpty {
            let length = try #require(said(by: Array(rest.prefix(MemberLength.headerSize))))
            members.append(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        return members
    }

    private func said(by header: [UInt8]) -> Int? { MemberLength.read(header.span.bytes) }

    /// A tree of `count` files with `size` bytes each; `change` has the content of some.
    private func packMany(
        _ count: Int,
        size: Int,
        without: Set<Int> = [],
        change: [Int: [UInt8]] = [:]
    ) throws -> [UInt8] {
        try pack { writer in
            for number in 1000..<1000 + count where !without.contains(number) {
                let content = change[number] ?? [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: size)
                try addFile(&writer, "\(number)", content)
            }
        }
    }

    @Test func membersAreNeitherShortNorLong() throws {
        let archive = try packMany(400, size: 10_000)
        let sizes = try members(of: archive).map { try inflate($0).bytes.count }
        #expect(sizes.count > 15, "\(sizes)")
        #expect(sizes.dropLast().allSatisfy { $0 >= 64 << 10 }, "\(sizes)")
        #expect(sizes.allSatisfy { $0 < 512 << 10 + 20_000 }, "\(sizes)")
        #expect(try inflate(archive).members == sizes.count)
        // Each member begins with an entry: it can be read by itself.
        for member in try members(of: archive).dropLast() {
            var reader = EntryReader(format: .tar, title: nil, size: 0)
            var sink = RecordingSink()
            reader.beginMember()
            try reader.consume(inflate(member).bytes.span.bytes, into: &sink)
            #expect(reader.endMember() != nil)
        }
    }

    /// What was changed, added, taken away or made longer has its own member written anew, and hardly any other.
    @Test func whatDoesNotChangeGivesTheSameMembers() throws {
        let before = Set(try members(of: packMany(400, size: 10_000)))
        let same = [UInt8](repeating: 7, count: 10_000)
        let longer = [UInt8](repeating: 7, count: 33_333)
        for (what, archive) in [
            ("changed", try packMany(400, size: 10_000, change: [1200: same])),
            ("longer", try packMany(400, size: 10_000, change: [1200: longer])),
            ("gone", try packMany(400, size: 10_000, without: [1200])),
            ("more", try packMany(401, size: 10_000)),
        ] {
            let after = try members(of: archive)
            let new = after.filter { !before.contains($0) }
            #expect((1...4).contains(new.count), "\(what): \(new.count) of \(after.count)")
        }
        #expect(Set(try members(of: packMany(400, size: 10_000))) == before)
    }

    /// A member of more than 4 MiB isn't held in memory, and says no length; those around it do.
    @Test func aLongMemberSaysNoLength() throws {
        let large = noise(MemberLength.most + 1)
        let archive = try pack { writer in
            try addFile(&writer, "a", noise(600_000))
            try addFile(&writer, "b", large)
            try addFile(&writer, "c", noise(600_000))
        }
        let outcome = decode(archive, known: [:])
        #expect(outcome.error == nil)
        #expect(outcome.asked.count == 2)
        #expect(read(tar: outcome.bytes).events.contains(.file("b", Self.time.seconds, large)))
    }

    /// Programs that know nothing of lengths take it as any gzip.
    @Test func othersReadIt() throws {
        let directory = try TemporaryDirectory()
        try write(packMany(100, size: 10_000), to: "archive.tgz", in: directory)
        try run("gzip -t archive.tgz && zcat archive.tgz > out.tar", in: directory)
        let tar = try contents(of: "out.tar", in: directory)
        #expect(try inflate(contents(of: "archive.tgz", in: directory)).bytes == tar)
        let count = try run("tar -tzf archive.tgz | wc -l | tr -d '\\n'", in: directory)
        #expect(String(decoding: count, as: UTF8.self) == "100")
    }

    /// Where nobody wants members, what there is goes out at once.
    @Test func oneMemberHoldsNothingBack() throws {
        let archive = Collected()
        var writer = try ArchiveWriter(inMembers: false) { piece in
            piece.withUnsafeBytes { archive.bytes.append(contentsOf: $0) }
        }
        for number in 0..<4 {
            try addFile(&writer, "\(number)", noise(600_000))
            #expect(archive.bytes.count > number * 600_000)
        }
        try writer.finish()
        let inflated = try inflate(archive.bytes)
        #expect(inflated.error == nil && inflated.members == 1)
        #expect(decode(archive.bytes, known: [:]).asked.isEmpty)
        #expect(read(tar: inflated.bytes).events.count == 4)
    }
}
