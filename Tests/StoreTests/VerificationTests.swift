import Content
import Foundation
import OpenSSL
import Platform
import Testing

@testable import Store

/// What a re-hash of the volume finds, and how it is mended.
@Suite struct VerificationTests {
    private static let large = String(repeating: "large\n", count: 100_000)
    private static let entries: [Entry] = [
        .file("a", "same"), .file("d/b", "same length 1"), .file("d/e/large", large), .directory("empty"),
        .link("l", "d/b"),
    ]

    private func volume() throws -> (test: TestVolume, volume: Volume, release: String) {
        let test = try TestVolume()
        let volume = try test.open()
        return (test, volume, "releases/" + (try volume.publish("1", 1, Self.entries).id))
    }

    private func expectSound(_ volume: Volume) throws {
        let report = try #require(try volume.verify())
        #expect(report.damages == [])
        #expect(report.damaged == 0)
    }

    @Test func aSoundVolumeIsReadOnce() throws {
        let (test, volume, _) = try volume()
        try volume.publish("2", 2, Self.entries)
        for spares in [false, true] {
            let report = try #require(try volume.verify(sparingCache: spares))
            #expect(report.damaged == 0)
            // Files, links and directories of both; the bytes of linked files once.
            #expect(report.entries == 14)
            #expect(report.bytes == Int64("same".utf8.count + "same length 1".utf8.count + Self.large.utf8.count))
        }
        #expect(try Volume.verifyReadOnly(directory: test.path).entries == 14)
    }

    @Test func aFileThatCantBeReadIsNoOtherContent() throws {
        let test = try TestVolume()
        _ = try test.open()
        let path = test.path + "/f"
        try "content".write(toFile: path, atomically: false, encoding: .utf8)
        let file = SharedFile(try FileDescriptor.open(path, .writeOnly), size: 7)
        let error = try #require(throws: SystemError.self) { try Digest.of(file) }
        #expect(Verification.words(for: error).hasPrefix("it can't be read: "))
        let other = SharedFile(try FileDescriptor.open(path, .readOnly), size: 7)
        // printf content | sha256sum
        #expect(try Digest.of(other)?.hex == "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73")
    }

    @Test(arguments: [
        ("other content", "content"), ("longer", "bytes"), ("gone", "missing"), ("a directory", "no file"),
        ("a link", "link"), ("no parent", "missing"),
    ])
    func aDamagedFileIsFoundAndMended(kind: String, reason: String) throws {
        let (test, volume, release) = try volume()
        let file = test.path + "/" + release + "/d/b"
        switch kind {
        case "other content": try overwrite(file, "same length 2")
        case "longer": try overwrite(file, "same length 1 and more")
        case "gone": try FileManager.default.removeItem(atPath: file)
        case "a directory":
            try FileManager.default.removeItem(atPath: file)
            try FileManager.default.createDirectory(atPath: file + "/x", withIntermediateDirectories: true)
        case "a link": try replaceByLink(file, to: "../a")
        default: try FileManager.default.removeItem(atPath: test.path + "/" + release + "/d")
        }
        let report = try #require(try volume.verify())
        let damage = try #require(report.damages.first { $0.path == release + "/d/b" })
        #expect(damage.reason.contains(reason), "\(damage)")
        #expect(report.damaged == (kind == "no parent" ? 4 : 1), "\(report.damages)")

        let mending = try volume.beginMending()
        let active = try #require(volume.active)
        // Nothing is there to mend it with yet, and what is of no use is not kept.
        #expect(try !mending.mend(damage, in: active))
        let wanted = Set(report.damages.compactMap(\.digest))
        for content in ["something else", "same length 1", Self.large] {
            var file = try mending.begin(size: Int64(content.utf8.count))
            try file.write(Array(content.utf8).span.bytes)
            try mending.end(file, wanted: wanted)
        }
        for damage in report.damages { #expect(try mending.mend(damage, in: active), "\(damage)") }
        try expectSound(volume)
        #expect(try active.content("d/b") == "same length 1")
        #expect(try FileDescriptor.open(file, .readOnly).status().permissions == 0o444)
    }

    @Test func linksAndDirectoriesAreMended() throws {
        let (test, volume, release) = try volume()
        try replaceByLink(test.path + "/" + release + "/l", to: "/etc/passwd")
        try FileManager.default.removeItem(atPath: test.path + "/" + release + "/empty")
        let report = try #require(try volume.verify())
        #expect(Set(report.damages.map(\.path)) == [release + "/l", release + "/empty"])
        let mending = try volume.beginMending()
        for damage in report.damages { #expect(try mending.mend(damage, in: #require(volume.active))) }
        try expectSound(volume)
    }

    @Test func whatIsMendedIsInEveryReleaseAndNothingIsLeft() throws {
        let (test, volume, first) = try volume()
        let second = "releases/" + (try volume.publish("2", 2, Self.entries).id)
        // One file, two names.
        let path = test.path + "/" + first + "/a"
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.write(contentsOf: Data("SAME".utf8))
        try file.close()
        let generation = volume.generation
        do {
            let report = try #require(try volume.verify())
            #expect(Set(report.damages.map(\.path)) == [first + "/a", second + "/a"])
            let mending = try volume.beginMending()
            var content = try mending.begin(size: 4)
            try content.write(Array("same".utf8).span.bytes)
            try mending.end(content, wanted: Set(report.damages.compactMap(\.digest)))
            for damage in report.damages {
                let release = try #require(volume.releases().first { $0.id == damage.release })
                #expect(try mending.mend(damage, in: release))
            }
        }
        try expectSound(volume)
        #expect(try test.inode(first + "/a") == test.inode(second + "/a"))
        volume.settle()
        #expect(try test.names(in: "staging").isEmpty)
        #expect(volume.generation > generation, "answers that are kept for repetition are dropped")
    }

    @Test func aDamagedArchiveIsFound() throws {
        let test = try TestVolume()
        let volume = try test.open()
        let bytes = Array("archive".utf8)
        let descriptor = Descriptor(mediaType: "", digest: try ContentSum.digest(of: bytes), size: 7)
        let download = try volume.download(for: descriptor)
        try download.append(bytes)
        let staging = try volume.stage(tag: try #require(Tag("1")), digest: digest(1))
        try staging.add([.file("a", "a")])
        _ = try volume.publish(staging, archives: [download])
        try expectSound(volume)
        let path = "archives/" + descriptor.digest.hex
        try overwrite(test.path + "/" + path, "Archive")
        #expect(try volume.verify()?.damages.map(\.path) == [path])
        try volume.removeDamagedArchive(descriptor.digest)
        #expect(try volume.verify()?.damages.map(\.reason) == ["it is missing"])
        let again = try volume.download(for: descriptor)
        try again.append(bytes)
        try volume.keepArchive(again)
        try expectSound(volume)
    }

    @Test func whoPacesItMayEndIt() throws {
        let (_, volume, _) = try volume()
        var told = 0
        #expect(
            try volume.verify { bytes in
                told += bytes
                return false
            } == nil
        )
        #expect(told > 0)
    }

    @Test func manyMoreThanABatchOfRows() throws {
        let test = try TestVolume()
        let volume = try test.open()
        let release = try volume.publish("1", 1, (0..<2500).map { .file("d\($0 % 7)/\($0)", "\($0)") })
        #expect(try volume.verify()?.entries == 2507)
        try overwrite(test.path + "/releases/\(release.id)/d6/2498", "x")
        #expect(try volume.verify()?.damages.map { "\($0.place)" }.count == 1)
    }

    @Test func theTimeOfTheLastOneIsKept() throws {
        let (test, volume, _) = try volume()
        #expect(volume.lastVerification == nil)
        try volume.noteVerification(at: Timestamp(seconds: TestVolume.start))
        #expect(volume.lastVerification?.seconds == TestVolume.start)
        try overwrite(test.path + "/verified", "nonsense")
        #expect(volume.lastVerification == nil)
    }

    @Test func aDifferenceIsBounded() throws {
        let test = try TestVolume()
        let volume = try test.open()
        let one = try volume.publish("1", 1, (0..<30).map { .file("a/\($0)", "1") })
        let other = try volume.publish("2", 2, (10..<50).map { .file("a/\($0)", "2") })
        let whole = try one.difference(to: other)
        #expect(!whole.isTruncated)
        #expect(whole.counts == .init(added: 20, removed: 10, changed: 20))
        let bounded = try one.difference(to: other, limit: 5)
        #expect(bounded.isTruncated)
        #expect(bounded.counts == whole.counts)
        #expect([bounded.added, bounded.removed, bounded.changed].map(\.count) == [5, 5, 5])
    }
}
