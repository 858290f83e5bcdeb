import Content
import Foundation
import Platform
import Testing

@testable import Store

@Suite struct HardLinkTests {
    private static let large = String(repeating: "z", count: 400_000)

    @Test func unchangedFilesAreLinked() throws {
        let test = try TestVolume()
        let volume = try test.open()
        let first = try volume.publish("1", 1, [.file("a", "one"), .file("b", "two"), .file("big", Self.large)])
        let second = try volume.publish(
            "2",
            2,
            [.file("a", "one"), .file("b", "2"), .file("moved/b", "two"), .file("big", Self.large)]
        )
        func inode(_ release: Release, _ name: String) throws -> UInt64 {
            try test.inode("releases/\(release.id)/\(name)")
        }
        #expect(try inode(first, "a") == inode(second, "a"))
        #expect(try inode(first, "b") == inode(second, "moved/b"))
        #expect(try inode(first, "b") != inode(second, "b"))
        #expect(try inode(first, "big") == inode(second, "big"))
        #expect(try second.content("b") == "2")
        #expect(try second.content("moved/b") == "two")
        #expect(try second.content("big") == Self.large)
        let status = try FileDescriptor.open(test.path + "/releases/\(second.id)/a", .readOnly).status()
        #expect(status.permissions & 0o222 == 0)
        #expect(status.links == 2)
    }

    @Test func aFileOfAnOlderReleaseIsFound() throws {
        let test = try TestVolume()
        let volume = try test.open()
        let first = try volume.publish("1", 1, [.file("a", "one")])
        try volume.publish("2", 2, [.file("a", "two")])
        let third = try volume.publish("3", 3, [.file("a", "one")])
        #expect(try test.inode("releases/\(first.id)/a") == test.inode("releases/\(third.id)/a"))
    }

    @Test func aDamagedFileIsNotPassedOn() throws {
        let test = try TestVolume()
        let volume = try test.open()
        let first = try volume.publish("1", 1, [.file("a", "one"), .file("b", "two"), .file("c", "three")])
        let root = test.path + "/releases/\(first.id)"
        try overwrite(root + "/a", "damaged")
        try FileManager.default.removeItem(atPath: root + "/b")
        try replaceByLink(root + "/c", to: "a")
        let second = try volume.publish("2", 2, [.file("a", "one"), .file("b", "two"), .file("c", "three")])
        #expect(try second.content("a") == "one")
        #expect(try second.content("b") == "two")
        #expect(try second.content("c") == "three")
    }

    private static let otherFileSystem: Bool = {
        guard let memory = try? Directory("/dev/shm").status([])?.device, let disk = try? Directory("/tmp").status([])
        else { return false }
        return memory != disk.device
    }()

    /// `linkat` answers EXDEV between two file systems, as it answers EPERM or EOPNOTSUPP where there are no links.
    @Test(.enabled(if: otherFileSystem)) func whereLinksDontWorkItCopies() throws {
        let elsewhere = "/dev/shm/specman-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: elsewhere, withIntermediateDirectories: true)
        // What stays behind when a test is killed is in memory only.
        defer { try? FileManager.default.removeItem(atPath: elsewhere) }
        try Data("one".utf8).write(to: URL(fileURLWithPath: elsewhere + "/a"))
        let test = try TestVolume()
        let volume = try test.open()
        let first = try volume.publish("1", 1, [.file("a", "one")])
        let lease = ReleaseLease(
            number: first.number,
            id: first.id,
            directory: try Directory(elsewhere),
            reclaimer: nil
        )
        let moved = Release(first.row, lease: lease, index: volume.index)
        let core = try StagingCore(
            layout: volume.layout,
            index: volume.index,
            number: 99,
            root: volume.layout.staging,
            retained: RetainedReleases([moved], active: moved),
            reserve: 0
        )
        let staging = Staging(tag: try #require(Tag("2")), digest: try digest(2), core: core)
        try staging.add([.file("b", "one"), .file("a", "one"), .hardLink("h", "a")])
        try staging.seal()
        #expect(!core.canLink)
        for name in ["a", "b", "h"] {
            #expect(try String(contentsOfFile: test.path + "/staging/" + name, encoding: .utf8) == "one")
        }
    }
}
