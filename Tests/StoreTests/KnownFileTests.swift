import Content
import Foundation
import GRDB
import Platform
import Testing

@testable import Store

/// Files that come without their bytes, as the release that is served has them.
@Suite struct KnownFileTests {
    private static let time = Timestamp(seconds: 1_000_000_000)

    private func stage(_ volume: Volume, _ tag: String, _ number: UInt8) throws -> Staging {
        try volume.stage(tag: try #require(Tag(tag)), digest: digest(number))
    }

    @Test func aKnownFileIsLinkedAndKeepsWhatIsKnownOfIt() throws {
        let test = try TestVolume()
        let volume = try test.open()
        let large = [UInt8](repeating: 7, count: 3 << 20)
        try volume.publish("1.0", 1, [.file("d/a", "hello"), .bytes("large", large), .file("b", "old")])
        let before = try test.inode("current/d/a")
        test.advance(by: 100)
        let staging = try stage(volume, "2.0", 2)
        try staging.knownFile(path("d/a"), size: 5, modified: Self.time)
        try staging.knownFile(path("large"), size: 3 << 20, modified: Self.time)
        try staging.add([.file("b", "new")])
        let release = try volume.publish(staging, archives: [])
        #expect(release.files == 3)
        #expect(release.bytes == 5 + 3 << 20 + 3)
        #expect(try release.content("d/a") == "hello")
        #expect(try release.data("large") == large)
        #expect(try release.content("b") == "new")
        #expect(try release.modified("d/a") == Self.time.seconds)
        #expect(try test.inode("current/d/a") == before)
        let first = try #require(volume.releases().last)
        #expect(try release.lookup(path("d/a"))?.digest == first.lookup(path("d/a"))?.digest)
    }

    /// The later of two entries with one name counts, whichever of them is known.
    @Test(arguments: [3, 2 << 20]) func aNameThatIsGivenTwice(_ size: Int) throws {
        let test = try TestVolume()
        let volume = try test.open()
        let (old, new) = ([UInt8](repeating: 1, count: size), [UInt8](repeating: 2, count: size))
        try volume.publish("1.0", 1, [.bytes("a", old), .bytes("b", old)])
        let staging = try stage(volume, "2.0", 2)
        try staging.add([.bytes("a", new)])
        try staging.knownFile(path("a"), size: Int64(size), modified: Self.time)
        try staging.knownFile(path("b"), size: Int64(size), modified: Self.time)
        try staging.add([.bytes("b", new)])
        let release = try volume.publish(staging, archives: [])
        #expect(try release.data("a") == old)
        #expect(try release.data("b") == new)
        #expect(try volume.releases().last?.data("b") == old)
    }

    private enum Loss: CaseIterable {
        case removed, shorter, replaced, unknown, directory, otherSize
    }

    /// What isn't there as the index has it is never taken for it; nothing is published.
    @Test(arguments: Loss.allCases) private func whatIsNotThereIsNotLinked(_ loss: Loss) throws {
        let test = try TestVolume()
        let volume = try test.open()
        try volume.publish("1.0", 1, [.file("d/a", "hello")])
        let file = test.path + "/current/d/a"
        switch loss {
        case .removed: try FileManager.default.removeItem(atPath: file)
        case .shorter: try overwrite(file, "hell")
        case .replaced: try replaceByLink(file, to: "/etc/passwd")
        case .unknown, .directory, .otherSize: break
        }
        let name = loss == .unknown ? "d/b" : loss == .directory ? "d" : "d/a"
        let staging = try stage(volume, "2.0", 2)
        let expected = StoreError.knownFileMissing(name)
        #expect(throws: expected) {
            try staging.knownFile(path(name), size: loss == .otherSize ? 4 : 5, modified: Self.time)
            _ = try volume.publish(staging, archives: [])
        }
        #expect(volume.active?.tag == Tag("1.0"))
        #expect(try test.names(in: "releases").filter { !$0.hasSuffix(".json") }.count == 1)
        #expect("\(expected)".contains(name) && !"\(expected)".contains("\n"))
    }

    @Test func withNothingServedNothingIsKnown() throws {
        let volume = try TestVolume().open()
        let staging = try stage(volume, "1.0", 1)
        staging.remember(try digest(9), [1])
        staging.vouchForMembers()
        #expect(try staging.member(digest(9)) == nil)
        #expect(throws: StoreError.knownFileMissing("a")) {
            try staging.knownFile(path("a"), size: 1, modified: Self.time)
            _ = try volume.publish(staging, archives: [])
        }
    }

    // MARK: Members

    @discardableResult
    private func publish(
        _ volume: Volume,
        _ tag: String,
        _ number: UInt8,
        members: [UInt8],
        isVouchedFor: Bool = true
    ) throws -> Release {
        let staging = try stage(volume, tag, number)
        try staging.add([.file("a", tag)])
        for member in members { staging.remember(try digest(member), [number, member]) }
        if isVouchedFor { staging.vouchForMembers() }
        return try volume.publish(staging, archives: [])
    }

    /// The members of `candidates` that a release in the making would recognize.
    private func known(_ volume: Volume, _ candidates: ClosedRange<UInt8> = 100...110) throws -> [UInt8: [UInt8]] {
        let staging = try stage(volume, "9.9", 99)
        defer { volume.discard(staging) }
        var known: [UInt8: [UInt8]] = [:]
        for candidate in candidates { known[candidate] = try staging.member(digest(candidate)) }
        return known
    }

    @Test func membersAreKnownOfTheReleaseThatIsServed() throws {
        let test = try TestVolume()
        do {
            let volume = try test.open()
            #expect(try known(volume).isEmpty)
            try publish(volume, "1.0", 1, members: [100, 101])
            #expect(try known(volume) == [100: [1, 100], 101: [1, 101]])
            try publish(volume, "2.0", 2, members: [101, 102])
            #expect(try known(volume) == [101: [2, 101], 102: [2, 102]])
            try volume.activate(#require(volume.releases().last))
            #expect(try known(volume) == [100: [1, 100], 101: [1, 101]])
        }
        #expect(try known(test.open()) == [100: [1, 100], 101: [1, 101]])
    }

    /// What nobody vouches for isn't believed: a file was given twice, or another program has made the release.
    @Test func membersThatNobodyVouchesForAreNotKnown() throws {
        let test = try TestVolume()
        do {
            let volume = try test.open()
            try publish(volume, "1.0", 1, members: [100], isVouchedFor: false)
            #expect(try known(volume).isEmpty)
            // As an earlier version leaves it, which gives a number out again whose members it doesn't know.
            let release = try publish(volume, "2.0", 2, members: [100])
            #expect(try known(volume).count == 1)
            try volume.index.write("test") { database in
                try database.execute(
                    sql: "UPDATE releases SET digest = ? WHERE number = ?",
                    arguments: [Data(repeating: 50, count: 32), release.number]
                )
            }
        }
        #expect(try known(test.open()).isEmpty)
    }

    /// Where files can't be linked, the next release would be begun in vain.
    @Test func withoutLinksNothingIsKnown() throws {
        let volume = try TestVolume().open()
        let staging = try stage(volume, "1.0", 1)
        try staging.add([.file("a", "1")])
        staging.remember(try digest(100), [1])
        staging.core.canLink = false
        staging.vouchForMembers()
        _ = try volume.publish(staging, archives: [])
        #expect(try known(volume).isEmpty)
    }

    @Test func membersGoWithTheirRelease() throws {
        let test = try TestVolume()
        let volume = try test.open(retain: 1)
        try publish(volume, "1.0", 1, members: [100, 101, 102])
        try publish(volume, "2.0", 2, members: [103])
        volume.reclaimer.settle()
        #expect(try count(volume) == 2)
        let staging = try stage(volume, "3.0", 3)
        // More than go at once, and more than wait in memory.
        for number in 0..<9000 {
            let bytes = (0..<32).map { UInt8(truncatingIfNeeded: number >> ($0 % 4 * 8)) }
            staging.remember(try #require(Digest(bytes: bytes)), [0])
        }
        try staging.core.index.write("test") { _ in }
        #expect(try count(volume) > 2)
        try staging.core.flush()
        #expect(try count(volume) == 9002)
        volume.discard(staging)
        volume.reclaimer.settle()
        #expect(try count(volume) == 2)
    }

    /// A crash leaves members of a release that never was, and no file's row: they go, and the number isn't used meanwhile.
    @Test func membersOfACrashGoAtTheNextStart() throws {
        let test = try TestVolume()
        do {
            let volume = try test.open()
            try publish(volume, "1.0", 1, members: [100])
            try volume.index.write("test") { database in
                try Index.insert([IndexMember(digest: digest(101), entries: [1])], into: 77, database)
            }
        }
        let volume = try test.open()
        volume.reclaimer.settle()
        #expect(try count(volume) == 2)
        #expect(try stage(volume, "2.0", 2).number == 78)
    }

    @Test func anIndexThatIsMadeAnewHasNone() throws {
        let test = try TestVolume()
        try publish(test.open(), "1.0", 1, members: [100])
        try WholeFile.write([], to: test.path + "/" + VolumeLayout.rebuildMark)
        let volume = try test.open()
        #expect(volume.active?.tag == Tag("1.0"))
        #expect(try known(volume).isEmpty)
        #expect(try count(volume) == 0)
    }

    private func count(_ volume: Volume) throws -> Int {
        try volume.index.read("test") { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM members") } ?? 0
    }
}
