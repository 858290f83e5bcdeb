import Content
import Testing

@testable import Store

@Suite struct RetentionTests {
    @Test func theNewestAreKept() throws {
        let test = try TestVolume()
        let volume = try test.open(retain: 2)
        for number in UInt8(1)...4 { try volume.publish("\(number)", number, [.file("f", "\(number)")]) }
        volume.settle()
        #expect(volume.releases().map { "\($0.tag)" } == ["4", "3"])
        let ids = volume.releases().map(\.id)
        #expect(try test.names(in: "releases") == (ids + ids.map { $0 + ".json" }).sorted())
        let numbers = try volume.index.read("test") { database in try Index.numbers(database) }
        #expect(Set(numbers) == Set(volume.releases().map(\.number)))
        #expect(volume.takeProblems().isEmpty)
    }

    @Test func theActiveOneIsAlwaysKept() throws {
        let test = try TestVolume()
        let volume = try test.open(retain: 2)
        let first = try volume.publish("1", 1, [.file("f", "1")])
        try volume.publish("2", 2, [.file("f", "2")])
        try volume.activate(first)
        #expect(volume.active?.tag == Tag("1"))
        // Retention follows the publication, which is served then.
        try volume.publish("3", 3, [.file("f", "3")])
        #expect(volume.releases().map { "\($0.tag)" } == ["3", "2"])
        #expect(throws: StoreError.noSuchRelease("\(first.digest)")) { try volume.activate(first) }
    }

    @Test func anActiveReleaseOutlivesALowerRetention() throws {
        let test = try TestVolume()
        do {
            let volume = try test.open(retain: 3)
            let first = try volume.publish("1", 1, [.file("f", "1")])
            try volume.publish("2", 2, [.file("f", "2")])
            try volume.publish("3", 3, [.file("f", "3")])
            try volume.activate(first)
        }
        let volume = try test.open(retain: 1)
        #expect(volume.releases().map { "\($0.tag)" } == ["1"])
        #expect(try volume.active?.content("f") == "1")
        volume.settle()
        #expect(try test.names(in: "releases").count == 2)
    }

    @Test func aReleaseThatIsBeingReadStays() throws {
        let test = try TestVolume()
        let volume = try test.open(retain: 1)
        var held: Release? = try volume.publish("1", 1, [.file("f", "1"), .link("l", "f")])
        try volume.publish("2", 2, [.file("f", "2")])
        try volume.publish("3", 3, [.file("f", "3")])
        volume.settle()
        #expect(volume.releases().count == 1)
        #expect(try held?.content("f") == "1")
        #expect(try held?.content("l") == "1")
        #expect(try test.names(in: "releases").count == 4)  // Two directories and their sidecars.
        held = nil
        volume.settle()
        #expect(try test.names(in: "releases").count == 2)
    }

    @Test func aManifestThatComesBackWhileItIsRead() throws {
        let test = try TestVolume()
        let volume = try test.open(retain: 1)
        let held = try volume.publish("1", 1, [.file("f", "1")])
        try volume.publish("2", 2, [.file("f", "2")])
        let again = try volume.publish("1", 1, [.file("f", "1")])
        #expect(again.id != held.id)
        #expect(try held.content("f") == "1")
        #expect(try again.content("f") == "1")
    }
}
