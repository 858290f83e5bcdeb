import Content
import Testing

@testable import Store

@Suite struct EntryConflictTests {
    @Test func theLaterOfTwoFilesWins() throws {
        let test = try TestVolume()
        let volume = try test.open()
        let large = String(repeating: "x", count: 300_000)
        let release = try volume.publish(
            "1",
            1,
            [
                .file("a", "first"), .file("b", large), .file("c", "small"), .file("a", "second"),
                .file("b", "now small"), .file("c", large), .directory("d"), .directory("d"), .file("d/e", "x"),
            ]
        )
        #expect(try release.content("a") == "second")
        #expect(try release.content("b") == "now small")
        #expect(try release.content("c") == large)
        #expect(release.files == 4)
        #expect(release.bytes == Int64(6 + 9 + 300_000 + 1))
    }

    @Test func replacingAFileLeavesTheReleaseBeforeAlone() throws {
        let test = try TestVolume()
        let volume = try test.open()
        let first = try volume.publish("1", 1, [.file("a", "old")])
        let second = try volume.publish("2", 2, [.file("a", "old"), .file("a", "new")])
        #expect(try first.content("a") == "old")
        #expect(try second.content("a") == "new")
    }

    @Test(arguments: [
        [Entry.file("a", "x"), .directory("a")],
        [.directory("a"), .file("a", "x")],
        [.file("a", "x"), .link("a", "b")],
        [.link("a", "b"), .file("a", "x")],
        [.link("a", "b"), .link("a", "b")],
        [.link("a", "d"), .directory("d"), .directory("a")],
        [.directory("a"), .link("a", "d")],
        [.directory("d"), .link("a", "d"), .file("a/f", "x")],
        [.directory("d/e"), .link("a", "d"), .file("a/e/f", "x")],
        [.directory("d"), .link("a", "d"), .link("a/f", "x")],
        [.file("a", "x"), .file("a/b", "x")],
        [.file("a/b", "x"), .file("a", "x")],
        [.hardLink("a", "b")],
        [.directory("b"), .hardLink("a", "b")],
        [.file("f", "x"), .link("b", "f"), .hardLink("a", "b")],
        [.file("f", "x"), .directory("a"), .hardLink("a", "f")],
        [.file("f", "x"), .link("a", "f"), .hardLink("a", "f")],
        [.file("", "x")],
        [.link(".", "x")],
        [.link("a", "")],
        [.link("a", "x\0y")],
    ])
    func entriesThatDisagreeAreRefused(entries: [Entry]) throws {
        let test = try TestVolume()
        let volume = try test.open()
        try volume.publish("0", 0, [.file("kept", "kept")])
        let error = #expect(throws: StoreError.self) { try volume.publish("1", 1, entries) }
        guard case .refused = error else {
            Issue.record("not refused but \(String(describing: error))")
            return
        }
        volume.settle()
        #expect(try volume.active?.content("kept") == "kept")
        #expect(try test.names(in: "staging").isEmpty)
    }

    @Test func hardLinksAreFiles() throws {
        let test = try TestVolume()
        let volume = try test.open()
        let large = String(repeating: "y", count: 300_000)
        let release = try volume.publish(
            "1",
            1,
            [
                .file("a", "x"), .hardLink("d/b", "a"), .file("l", large), .hardLink("m", "l"), .hardLink("n", "d/b"),
                .file("o", "other"), .hardLink("o", "a"), .hardLink("a", "a"),
            ]
        )
        #expect(try release.content("d/b") == "x")
        #expect(try release.content("m") == large)
        #expect(try release.content("n") == "x")
        #expect(try release.content("o") == "x")
        #expect(try release.content("a") == "x")
        #expect(release.files == 6)
    }

    @Test func aFileHasTheSizeThatWasSaid() throws {
        let test = try TestVolume()
        let volume = try test.open()
        for size in [2, 300_000] as [Int64] {
            let staging = try volume.stage(tag: #require(Tag("1")), digest: digest(1))
            try staging.beginFile(path("a"), size: size, modified: Timestamp(seconds: 1))
            try staging.write(([1] as [UInt8]).span.bytes)
            #expect(throws: StoreError.refused(entry: "a", reason: .sizeDiffers)) { try staging.endFile() }
            volume.discard(staging)
        }
        let staging = try volume.stage(tag: #require(Tag("1")), digest: digest(1))
        try staging.beginFile(path("a"), size: 2, modified: Timestamp(seconds: 1))
        #expect(throws: StoreError.refused(entry: "a", reason: .sizeDiffers)) {
            try staging.write(([1, 2, 3] as [UInt8]).span.bytes)
        }
        #expect(throws: StoreError.self) { try staging.endFile() }
        volume.discard(staging)
    }
}
