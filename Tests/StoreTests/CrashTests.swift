import Content
import Foundation
import GRDB
import Platform
import Testing

@testable import Store

/// The states of the table in ``Volume``'s comment, made by hand, and what a start makes of them.
@Suite struct CrashTests {
    /// A volume that has served one release, with nobody on it.
    private func volumeWithOneRelease() throws -> (test: TestVolume, id: String) {
        let test = try TestVolume()
        let volume = try test.open()
        let id = try volume.publish("1", 1, [.file("f", "1")]).id
        return (test, id)
    }

    private func expectOnlyTheFirst(_ test: TestVolume, _ id: String) throws {
        let volume = try test.open()
        // At once: whoever looks right after the start finds nothing there.
        #expect(try test.names(in: "staging").isEmpty)
        volume.settle()
        #expect(volume.takeProblems().isEmpty)
        #expect(volume.releases().map(\.id) == [id])
        #expect(try volume.active?.content("f") == "1")
        #expect(try test.names(in: "staging").isEmpty)
        #expect(try test.names(in: "releases") == [id, id + ".json"])
        #expect(try test.current() == "releases/\(id)")
        let numbers = try volume.index.read("test") { database in try Index.numbers(database) }
        #expect(numbers.count == 1)
        // And the next release finds a clean table.
        #expect(try volume.publish("2", 2, [.file("f", "2")]).content("f") == "2")
    }

    @Test func whileStaging() throws {
        let (test, id) = try volumeWithOneRelease()
        do {
            let volume = try test.open()
            let staging = try volume.stage(tag: #require(Tag("2")), digest: digest(2))
            try staging.add([.file("f", "2"), .file("g", String(repeating: "g", count: 300_000))])
            try staging.seal()
        }
        #expect(try test.names(in: "staging").count == 1)
        try expectOnlyTheFirst(test, id)
    }

    @Test func afterAPartOfADownload() throws {
        let (test, id) = try volumeWithOneRelease()
        let blob = Descriptor(mediaType: "", digest: try digest(7), size: 5)
        do {
            let download = try test.open().download(for: blob)
            try download.append(Array("byt".utf8))
        }
        #expect(try test.open().download(for: blob).length == 3)
        try expectOnlyTheFirst(test, id)
    }

    @Test func afterTheSidecar() throws {
        let (test, id) = try volumeWithOneRelease()
        do {
            let volume = try test.open()
            let staging = try volume.stage(tag: #require(Tag("2")), digest: digest(2))
            try staging.add([.file("f", "2")])
            try staging.seal()
            try Sidecar(volume.releases()[0].row).write(of: "2-020202020202", in: volume.layout)
            try Data("half".utf8).write(to: URL(fileURLWithPath: test.path + "/releases/3-0303.json.new"))
        }
        try expectOnlyTheFirst(test, id)
    }

    @Test func afterTheRename() throws {
        let (test, id) = try volumeWithOneRelease()
        try renameWithoutCommit(test)
        try expectOnlyTheFirst(test, id)
    }

    @Test func afterTheRenameOfTheFirstRelease() throws {
        let test = try TestVolume()
        try renameWithoutCommit(test)
        let volume = try test.open()
        #expect(try volume.active?.content("f") == "2")
        #expect(volume.active?.tag == Tag("2"))
    }

    /// What isn't in the index any more than it was is taken from the directories; `current` says which one was served.
    @Test func afterTheRenameWithTheIndexLost() throws {
        let (test, id) = try volumeWithOneRelease()
        try renameWithoutCommit(test)
        for name in try test.names() where name.hasPrefix("index.sqlite") {
            try FileManager.default.removeItem(atPath: test.path + "/" + name)
        }
        let volume = try test.open()
        #expect(volume.active?.id == id)
        #expect(try volume.release(named: "2")?.content("f") == "2")
    }

    /// Everything of a publication but the index's commit.
    private func renameWithoutCommit(_ test: TestVolume) throws {
        let volume = try test.open()
        let staging = try volume.stage(tag: #require(Tag("2")), digest: digest(2))
        try staging.add([.file("f", "2")])
        try staging.seal()
        let id = "2-020202020202"
        let row = ReleaseRow(
            number: staging.number,
            id: id,
            tag: staging.tag,
            digest: staging.digest,
            files: 1,
            bytes: 1,
            links: 0,
            publishedAt: Timestamp(seconds: TestVolume.start + 5),
            floor: 0,
            isActive: true,
            archives: []
        )
        try Sidecar(row).write(of: id, in: volume.layout)
        try volume.layout.staging.rename("\(staging.number)".bytes, to: volume.layout.releases, as: id.bytes)
    }

    /// The disk kept a commit whose fsync(2) failed: in memory it was taken back, and the directory was removed.
    @Test func afterACommitThatWasTakenBack() throws {
        let (test, id) = try volumeWithOneRelease()
        do {
            let volume = try test.open(retain: 1)
            let first = volume.releases()[0].row
            var second = first
            (second.number, second.id, second.digest) = (2, "2-020202020202", try digest(2))
            try volume.index.write("test") { [second] database in
                try Index.add(second, database)
                try Index.retire(first, database)
            }
        }
        try expectOnlyTheFirst(test, id)
    }

    /// The same where that commit left one that is retained and took another.
    @Test func aCommitThatWasTakenBackTakesNothingWithIt() throws {
        let (test, first) = try volumeWithOneRelease()
        let second: String
        do {
            let volume = try test.open(retain: 2)
            second = try volume.publish("2", 2, [.file("f", "2")]).id
            let oldest = try #require(volume.releases().last).row
            var third = oldest
            (third.number, third.id, third.digest, third.isActive) = (3, "3-030303030303", try digest(3), true)
            try volume.index.write("test") { [third] database in
                try Index.add(third, database)
                try Index.retire(oldest, database)
            }
        }
        let volume = try test.open(retain: 2)
        #expect(volume.releases().map(\.id) == [second, first])
        #expect(try volume.active?.content("f") == "2")
        #expect(try volume.release(named: "1")?.content("f") == "1")
    }

    /// The same with more than one retained, as somebody sees it who reads before the next start.
    @Test func aReaderBesideACommitThatWasTakenBack() throws {
        let (test, id) = try volumeWithOneRelease()
        let volume = try test.open()
        var second = volume.releases()[0].row
        (second.number, second.id, second.digest, second.isActive) = (2, "2-020202020202", try digest(2), true)
        try volume.index.write("test") { [second] database in try Index.add(second, database) }
        #expect(try Volume.openReadOnly(directory: test.path).active?.id == id)
    }

    /// What a publication that failed may have left is removed in the background, by its name: the next one gets another.
    @Test func whatIsStillToBeRemovedLendsNobodyItsName() throws {
        let (test, first) = try volumeWithOneRelease()
        let volume = try test.open()
        // The sidecar can't be written.
        let obstacle = test.path + "/releases/2-020202020202.json.new"
        try FileManager.default.createDirectory(atPath: obstacle, withIntermediateDirectories: false)
        volume.reclaimer.queue.suspend()
        #expect(throws: StoreError.self) { try volume.publish("2", 2, [.file("f", "2")]) }
        try FileManager.default.removeItem(atPath: obstacle)
        let second = try volume.publish("2", 2, [.file("f", "2")])
        volume.reclaimer.queue.resume()
        volume.settle()
        #expect(second.id == "2-020202020202-2")
        #expect(try second.content("f") == "2")
        #expect(try test.names(in: "releases") == [first, first + ".json", second.id, second.id + ".json"])
        #expect(volume.takeProblems().isEmpty)
        // And once it is done the name is free again.
        #expect(!volume.reclaimer.isToRemove("2-020202020202"))
    }

    @Test func afterTheArchivesRename() throws {
        let (test, id) = try volumeWithOneRelease()
        let blob = Descriptor(mediaType: "", digest: try digest(7), size: 5)
        try Data("bytes".utf8).write(to: URL(fileURLWithPath: test.path + "/archives/" + blob.digest.hex))
        do {
            let volume = try test.open()
            #expect(try test.names(in: "archives") == [blob.digest.hex + ".partial"])
            #expect(try volume.download(for: blob).length == 5)
        }
        try expectOnlyTheFirst(test, id)
    }

    @Test func afterTheCommit() throws {
        let (test, first) = try volumeWithOneRelease()
        let id: String
        do {
            let volume = try test.open()
            id = try volume.publish("2", 2, [.file("f", "2")]).id
            try volume.layout.pointCurrent(at: first)
            try volume.layout.root.makeSymbolicLink("current.new".bytes, to: "x".bytes)
        }
        let volume = try test.open()
        #expect(volume.active?.id == id)
        #expect(try test.current() == "releases/\(id)")
        #expect(!test.exists("current.new"))
    }

    /// Of the hold and the sidecar under the new tag, neither counts before the commit.
    @Test func duringAnActivation() throws {
        let (test, first) = try volumeWithOneRelease()
        do {
            let volume = try test.open()
            try volume.publish("2", 2, [.file("f", "2")])
            var row = try #require(volume.release(named: "1")).row
            row.tag = try #require(Tag("1-again"))
            try Sidecar(row).write(of: first, in: volume.layout)
            try Hold(digest: row.digest, tag: row.tag, by: "bob", reason: nil, since: Timestamp(seconds: 5))
                .write(to: test.path)
        }
        let volume = try test.open()
        #expect(volume.hold == nil)
        #expect(try volume.active?.content("f") == "2")
        #expect(volume.releases().map { "\($0.tag)" } == ["2", "1"])
        #expect(!test.exists("hold.next.json"))
    }

    /// Nothing needs them: the next publication removes what the start calls partial.
    @Test func beforeOldArchivesAreRemoved() throws {
        let (test, id) = try volumeWithOneRelease()
        let old = try digest(7).hex
        try Data("bytes".utf8).write(to: URL(fileURLWithPath: test.path + "/archives/" + old))
        try expectOnlyTheFirst(test, id)
        #expect(try test.names(in: "archives").isEmpty)
    }

    @Test func beforeWhatIsRetiredIsRemoved() throws {
        let (test, first) = try volumeWithOneRelease()
        do {
            let volume = try test.open()
            try volume.publish("2", 2, [.file("f", "2")])
            let row = try #require(volume.releases().last).row
            #expect(row.id == first)
            try volume.index.write("test") { database in try Index.retire(row, database) }
        }
        let volume = try test.open()
        volume.settle()
        #expect(volume.releases().map { "\($0.tag)" } == ["2"])
        #expect(!test.exists("releases/" + first))
        #expect(!test.exists("releases/" + first + ".json"))
    }

    @Test func aReleaseWhoseDirectoryIsGone() throws {
        let (test, first) = try volumeWithOneRelease()
        let second = try test.open().publish("2", 2, [.file("f", "2")]).id
        try FileManager.default.removeItem(atPath: test.path + "/releases/" + second)
        let volume = try test.open()
        #expect(volume.active?.id == first)
        #expect(try test.current() == "releases/\(first)")
    }

    @Test func nothingAtAllIsServedWithoutReleases() throws {
        let test = try TestVolume()
        let id = try test.open().publish("1", 1, [.file("f", "1")]).id
        try FileManager.default.removeItem(atPath: test.path + "/releases/" + id)
        let volume = try test.open()
        #expect(volume.active == nil)
        #expect(!test.exists("current"))
        #expect(try volume.publish("1", 1, [.file("f", "1")]).content("f") == "1")
    }

    /// Also after rows that were written without: with NORMAL a power loss takes back what was said to be published.
    @Test func everyCommitOfTheIndexIsSynced() throws {
        let test = try TestVolume()
        let volume = try test.open()
        let staging = try volume.stage(tag: try #require(Tag("1")), digest: digest(1))
        try staging.add([.file("f", "1")])
        try staging.seal()
        let (synchronous, journal) = try volume.index.write("test") { database in
            (
                try Int.fetchOne(database, sql: "PRAGMA synchronous"),
                try String.fetchOne(database, sql: "PRAGMA journal_mode")
            )
        }
        #expect(synchronous == 2, "FULL")
        #expect(journal == "wal")
        volume.discard(staging)
    }
}
