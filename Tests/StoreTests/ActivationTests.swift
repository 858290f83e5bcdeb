import Content
import Testing

@testable import Store

@Suite struct ActivationTests {
    @Test func releasesAreFoundByTagAndDigest() throws {
        let test = try TestVolume()
        let volume = try test.open()
        let first = try volume.publish("1.0", 1, [.file("f", "1")])
        let second = try volume.publish("2.0", 2, [.file("f", "2")])
        #expect(volume.release(named: "1.0")?.id == first.id)
        #expect(volume.release(named: "\(second.digest)")?.id == second.id)
        #expect(volume.release(named: first.digest.hex)?.id == first.id)
        #expect(volume.release(first.digest)?.id == first.id)
        #expect(volume.release(named: "3.0") == nil)
        #expect(volume.release(named: try digest(9).hex) == nil)
    }

    @Test func aTagPushedAgainIsANewRelease() throws {
        let test = try TestVolume()
        let volume = try test.open()
        try volume.publish("1.0", 1, [.file("f", "1")])
        let second = try volume.publish("1.0", 2, [.file("f", "2")])
        #expect(volume.releases().count == 2)
        #expect(volume.release(named: "1.0")?.digest == second.digest)
        #expect(try volume.active?.content("f") == "2")
    }

    @Test func aManifestThatIsThereIsOnlyActivated() throws {
        let test = try TestVolume()
        do {
            let volume = try test.open()
            let first = try volume.publish("1.0", 1, [.file("f", "1")])
            try volume.publish("2.0", 2, [.file("f", "2")])
            let again = try volume.publish("stable", 1, [.file("f", "1")])
            #expect(again.id == first.id)
            #expect(again.tag == Tag("stable"))
            #expect(volume.releases().count == 2)
            #expect(try test.current() == "releases/\(first.id)")
            volume.settle()
            #expect(try test.names(in: "staging").isEmpty)
        }
        let volume = try test.open()
        #expect(volume.active?.tag == Tag("stable"))
        #expect(try volume.active?.content("f") == "1")
    }

    @Test func whatIsActiveSurvivesARestart() throws {
        let test = try TestVolume()
        do {
            let volume = try test.open()
            let first = try volume.publish("1", 1, [.file("f", "1")])
            try volume.publish("2", 2, [.file("f", "2"), .link("l", "f")])
            try volume.publish("3", 3, [.file("f", "3")])
            let generation = volume.generation
            try volume.hold(first, HoldRequest(by: "alice", reason: "3 is broken"))
            #expect(volume.generation > generation)
        }
        let volume = try test.open()
        #expect(volume.active?.tag == Tag("1"))
        #expect(volume.releases().map { "\($0.tag)" } == ["3", "2", "1"])
        #expect(try volume.release(named: "2")?.content("l") == "2")
        #expect(try test.current() == "releases/\(try #require(volume.active).id)")
    }

    @Test func anActivationDuringAStagingIsNotForgotten() throws {
        let test = try TestVolume()
        let volume = try test.open()
        let first = try volume.publish("1", 1, [.file("f", "1", modified: 5)])
        try volume.publish("2", 2, [.file("f", "2", modified: 6)])
        let staging = try volume.stage(tag: try #require(Tag("3")), digest: digest(3))
        try staging.add([.file("f", "3", modified: 7)])
        let served = try volume.activate(first).modified("f")
        let third = try volume.publish(staging, archives: [])
        #expect(try #require(try third.modified("f")) > #require(served))
    }

    @Test func commandsReadBesideTheDaemon() throws {
        let test = try TestVolume()
        let volume = try test.open()
        try volume.publish("1", 1, [.file("f", "1")])
        try volume.publish("2", 2, [.file("f", "2")])
        let seen = try Volume.openReadOnly(directory: test.path)
        #expect(seen.releases.map { "\($0.tag)" } == ["2", "1"])
        #expect(seen.active?.tag == Tag("2"))
        #expect(try seen.release(named: "1")?.content("f") == "1")
        #expect(throws: StoreError.self) { try Volume.openReadOnly(directory: test.path + "/nothing") }
    }

    @Test func commandsReadWithoutADaemon() throws {
        let test = try TestVolume()
        do { try test.open().publish("1", 1, [.file("f", "1")]) }
        let seen = try Volume.openReadOnly(directory: test.path)
        #expect(try seen.active?.content("f") == "1")
    }

    @Test func theDifferenceOfTwoReleases() throws {
        let test = try TestVolume()
        let volume = try test.open()
        let first = try volume.publish(
            "1",
            1,
            [.file("same", "s"), .file("old/f", "x"), .file("f", "1"), .link("l", "f"), .file("turns", "x")]
        )
        let second = try volume.publish(
            "2",
            2,
            [.file("same", "s"), .file("new/f", "xy"), .file("f", "2"), .link("l", "same"), .file("turns/f", "")]
        )
        let difference = try first.difference(to: second)
        #expect(difference.added.map { "\($0.path)" } == ["new/f", "turns/f"])
        #expect(difference.added.first?.size == 2)
        #expect(difference.removed.map { "\($0.path)" } == ["old/f", "turns"])
        #expect(difference.changed.map { "\($0.path)" } == ["f", "l"])
        #expect(difference.changed.first?.digest == (try second.lookup(path("f"))?.digest))
        #expect(difference.changed.last?.digest == nil)
    }
}
