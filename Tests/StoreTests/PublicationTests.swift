import Content
import Foundation
import Platform
import Testing

@testable import Store

@Suite struct PublicationTests {
    @Test func whatIsPublishedIsServed() throws {
        let test = try TestVolume()
        let volume = try test.open()
        #expect(volume.active == nil)
        let before = volume.generation
        let large = [UInt8](unsafeUninitializedCapacity: 700_001) { buffer, count in
            for index in buffer.indices { buffer[index] = UInt8(truncatingIfNeeded: index &* 31) }
            count = buffer.count
        }
        try volume.publish(
            "1.0",
            1,
            [.directory("a"), .file("a/b.txt", "hello"), .file("c/d/e", ""), .bytes("big", large)]
        )
        let release = try #require(volume.active)
        #expect(volume.generation > before)
        #expect(release.tag == Tag("1.0"))
        #expect(release.files == 3)
        #expect(release.bytes == 5 + 700_001)
        #expect(release.publishedAt.seconds == TestVolume.start)
        #expect(try release.content("a/b.txt") == "hello")
        #expect(try release.content("c/d/e") == "")
        #expect(try release.data("big") == large)
        #expect(try release.lookup(path("c/d"))?.kind == .directory)
        #expect(try release.lookup(.root)?.kind == .directory)
        #expect(try release.lookup(path("a/b.txt/x")) == nil)
        #expect(try release.lookup(path("nothing")) == nil)
        #expect(try test.current() == "releases/\(release.id)")
        #expect(try test.names(in: "staging").isEmpty)
        let record = try #require(try release.lookup(path("a/b.txt")))
        #expect(record.digest?.hex == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
        #expect(record.size == 5)
        #expect(record.modified.seconds == 1_000_000_000)
    }
}
