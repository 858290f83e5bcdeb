import Content
import Foundation
import Platform
import Testing

@testable import Store

/// Files that are opened without waiting for the disk.
struct OpenAtOnceTests {
    private func open(_ record: FileRecord, _ release: Release) -> StoredFile? {
        release.openAtOnce(record.path.bytes, size: record.size)
    }

    @Test func whatAWorkerHasOpenedBefore() throws {
        let test = try TestVolume()
        let volume = try test.open()
        let release = try volume.publish("1", 1, [.file("d/f", "content"), .link("link", "d")])
        let record = try #require(try release.lookup(path("link/f")))
        // Nobody knows yet whether the file system tells what it has at hand.
        #expect(open(record, release) == nil)
        let opened = try release.open(record)
        #expect(opened.tellsWhatIsCached)
        let file = try #require(open(record, release))
        #expect(try file.read(upTo: 100, at: 0) == Array("content".utf8))
    }

    /// The worker that is asked then says what is wrong.
    @Test func noneOfWhatIsNotAsItWas() throws {
        let test = try TestVolume()
        let volume = try test.open()
        let release = try volume.publish("1", 1, [.file("a", "1"), .file("b", "2"), .file("c", "3")])
        _ = try release.content("a")
        let directory = test.path + "/releases/" + release.id
        func record(_ name: String) throws -> FileRecord { try #require(try release.lookup(path(name))) }
        #expect(open(try record("a"), release) != nil)
        try FileManager.default.removeItem(atPath: directory + "/a")
        #expect(open(try record("a"), release) == nil)
        try FileManager.default.removeItem(atPath: directory + "/b")
        try FileManager.default.createSymbolicLink(atPath: directory + "/b", withDestinationPath: "c")
        #expect(open(try record("b"), release) == nil)
        try FileManager.default.removeItem(atPath: directory + "/c")
        try Data("longer".utf8).write(to: URL(fileURLWithPath: directory + "/c"))
        #expect(open(try record("c"), release) == nil)
    }
}
