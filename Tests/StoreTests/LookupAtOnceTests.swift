import Content
import Platform
import TestSupport
import Testing

@testable import Store

/// Look-ups that wait for nothing.
struct LookupAtOnceTests {
    @Test func findsWhatTheOtherFinds() throws {
        let test = try TestVolume()
        let volume = try test.open()
        let release = try volume.publish(
            "1",
            1,
            [.file("d/f", "content"), .link("link", "d"), .link("to-f", "d/f"), .link("nowhere", "x")]
        )
        // Nobody knows yet whether the file system tells what it has at hand.
        #expect(release.fileAtOnce(try path("d/f")) == nil)
        _ = try release.content("d/f")
        let record = try release.lookup(path("d/f"))
        #expect(record != nil)
        #expect(release.fileAtOnce(try path("d/f")) == record)
        for name in ["x", "d/f/f", "d", "link", "link/f", "to-f", "nowhere"] {
            #expect(release.fileAtOnce(try path(name)) == nil)
        }
    }

    /// What the page cache has nothing of any more is left to those who may wait, and the connection is as good as before.
    @Test(.enabled(if: ColdFile.isPossible, "only where files can be taken from the page cache"))
    func leavesToOthersWhatTheDiskIsNeededFor() throws {
        let test = try TestVolume()
        // So many that the index has pages which SQLite hasn't read with those of the first.
        let names = (1000..<4000).map { "f\($0)" }
        try test.open().publish("1", 1, names.map { .file($0, $0) })
        let volume = try test.open()
        let release = try #require(volume.active)
        _ = try release.content(names[0])
        var (left, found) = (0, 0)
        for index in stride(from: 500, to: names.count, by: 100) {
            let far = try path(names[index])
            for name in try test.names() where name == Index.fileName || name == Index.fileName + "-wal" {
                try ColdFile.make(test.path + "/" + name)
            }
            // The disk may be quicker than the question: then there is nothing to wait for.
            if release.fileAtOnce(far) == nil { left += 1 }
            let record = try release.lookup(far)
            #expect(record?.size == 5)
            // Where the index was written meanwhile, or memory was wanted, all of it has to be read anew.
            let again = release.fileAtOnce(far)
            #expect(again == nil || again == record)
            if again != nil { found += 1 }
        }
        #expect(left > 0)
        #expect(found > 20)
    }
}
