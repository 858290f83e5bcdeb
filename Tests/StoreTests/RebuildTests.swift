import Content
import Foundation
import GRDB
import Testing

@testable import Store

@Suite struct RebuildTests {
    /// How an index is lost.
    enum Loss: CaseIterable {
        case deleted
        case emptied
        case garbage
        case schemaGone
        case typeChanged
        case marked
    }

    private func lose(_ test: TestVolume, _ loss: Loss) throws {
        let index = test.path + "/index.sqlite"
        func removeLog() throws {
            for suffix in ["-wal", "-shm"] where test.exists("index.sqlite" + suffix) {
                try FileManager.default.removeItem(atPath: index + suffix)
            }
        }
        switch loss {
        case .deleted:
            try FileManager.default.removeItem(atPath: index)
            try removeLog()
        case .emptied:
            try Data().write(to: URL(fileURLWithPath: index))
            try removeLog()
        case .garbage:
            try Data(repeating: 0x2a, count: 100_000).write(to: URL(fileURLWithPath: index))
            try removeLog()
        case .schemaGone:
            let opened = try Index(path: index, readOnly: false)
            try opened.write("test") { database in try database.execute(sql: "DROP TABLE releases") }
        case .typeChanged:
            let opened = try Index(path: index, readOnly: false)
            try opened.write("test") { database in
                try database.execute(sql: "UPDATE releases SET published_seconds = 'abc'")
            }
        case .marked:
            try Data().write(to: URL(fileURLWithPath: test.path + "/" + VolumeLayout.rebuildMark))
        }
    }

    @Test(arguments: Loss.allCases)
    func theIndexComesBack(loss: Loss) throws {
        let test = try TestVolume()
        let archive = try digest(9)
        var before: [String: Int64] = [:]
        let odd: [UInt8] = [0x66, 0xff]
        do {
            let volume = try test.open()
            try volume.publish("1", 1, [.file("a/f", "one"), .file("same", "s"), .link("l", "a"), .file("gone", "g")])
            test.advance(by: 10)
            let staging = try volume.stage(tag: #require(Tag("2")), digest: digest(2))
            try staging.add([.file("a/f", "two"), .file("same", "s"), .link("l", "a"), .directory("empty")])
            try staging.beginFile(ReleasePath(odd), size: 0, modified: Timestamp(seconds: 1))
            try staging.endFile()
            let download = try volume.download(for: Descriptor(mediaType: "", digest: archive, size: 3))
            try download.append([1, 2, 3])
            let second = try volume.publish(staging, archives: [download])
            before = [
                "a/f": try #require(try second.modified("a/f")), "same": try #require(try second.modified("same")),
            ]
            try volume.activate(try #require(volume.release(named: "1")))
            try volume.activate(second)
        }
        try lose(test, loss)
        test.advance(by: 100)
        do {
            let volume = try test.open()
            #expect(volume.releases().map { "\($0.tag)" } == ["2", "1"])
            let release = try #require(volume.active)
            #expect(release.tag == Tag("2"))
            #expect(release.digest == (try digest(2)))
            #expect(release.archives == [archive])
            #expect(release.publishedAt.seconds == TestVolume.start + 10)
            #expect(release.files == 3)
            #expect(release.bytes == 4)
            #expect(try release.content("l/f") == "two")
            #expect(try release.lookup(path("empty"))?.kind == .directory)
            #expect(try release.lookup(ReleasePath(odd))?.size == 0)
            #expect(try volume.release(named: "1")?.content("l/f") == "one")
            // Never older than what was served before.
            for (name, modified) in before { #expect(try #require(try release.modified(name)) >= modified) }
            #expect(try test.names(in: "archives") == [archive.hex])
            #expect(!test.exists(VolumeLayout.rebuildMark))
            let third = try volume.publish("3", 3, [.file("same", "s")])
            #expect(try test.inode("releases/\(third.id)/same") == test.inode("releases/\(release.id)/same"))
        }
        #expect(try test.open().active?.tag == Tag("3"))
    }

    @Test func theOneThatCurrentPointsAtIsServed() throws {
        let test = try TestVolume()
        do {
            let volume = try test.open()
            let first = try volume.publish("1", 1, [.file("f", "1")])
            try volume.publish("2", 2, [.file("f", "2")])
            try volume.activate(first)
        }
        try lose(test, .deleted)
        #expect(try test.open().active?.content("f") == "1")
    }

    @Test func withoutCurrentTheNewestIs() throws {
        let test = try TestVolume()
        do {
            let volume = try test.open()
            try volume.publish("2", 2, [.file("f", "2")])
            try volume.publish("1", 1, [.file("f", "1")])
        }
        try lose(test, .deleted)
        try FileManager.default.removeItem(atPath: test.path + "/current")
        #expect(try test.open().active?.content("f") == "1")
    }

    @Test func anInterruptedRebuildBeginsAnew() throws {
        let test = try TestVolume()
        do {
            let volume = try test.open()
            try volume.publish("1", 1, [.file("f", "1")])
            try volume.publish("2", 2, [.file("f", "2")])
        }
        try lose(test, .deleted)
        do {
            // Rows of another numbering, and no release yet.
            let index = try Index(path: test.path + "/index.sqlite", readOnly: false)
            let row = IndexRow(path: try path("ghost"), kind: .file, digest: try digest(5), modified: nil)
            try index.writeLazily("test") { database in try Index.insert([row], into: 1, database) }
        }
        let volume = try test.open()
        #expect(volume.releases().count == 2)
        #expect(try volume.release(named: "1")?.lookup(path("ghost")) == nil)
        #expect(try volume.release(named: "1")?.content("f") == "1")
    }

    @Test func damageThatIsMetLaterIsMendedAtTheNextStart() throws {
        let test = try TestVolume()
        do {
            let volume = try test.open()
            let release = try volume.publish("1", 1, [.file("f", "1")])
            try volume.index.write("test") { database in try database.execute(sql: "UPDATE files SET kind = 9") }
            #expect(throws: StoreError.self) { try release.lookup(path("f")) }
            #expect(test.exists(VolumeLayout.rebuildMark))
        }
        #expect(try test.open().active?.content("f") == "1")
    }
}
