import Content
import Foundation
import Testing

@testable import Store

/// What an administrator chose stays, whatever comes, until they let go of it.
@Suite struct HoldTests {
    private static let request = HoldRequest(by: "alice", reason: "2 is broken")

    /// Two releases, the first of which is held.
    private func held(retain: Int = 3) throws -> TestVolume {
        let test = try TestVolume()
        let volume = try test.open(retain: retain)
        let first = try volume.publish("1", 1, [.file("f", "1")])
        try volume.publish("2", 2, [.file("f", "2")])
        test.advance(by: 60)
        #expect(try volume.hold(first, Self.request).content("f") == "1")
        return test
    }

    private func expectHeld(_ volume: Volume) throws {
        let hold = try #require(volume.hold)
        #expect(hold.by == "alice")
        #expect(hold.reason == "2 is broken")
        #expect(hold.since.seconds == TestVolume.start + 60)
        #expect(hold.digest == (try digest(1)))
        #expect(try volume.active?.content("f") == "1")
    }

    @Test func survivesARestart() throws {
        let test = try held()
        try expectHeld(test.open())
        #expect(try Volume.openReadOnly(directory: test.path).hold?.by == "alice")
        #expect(try test.current().hasPrefix("releases/1-"))
    }

    /// A pipe would be waited for: the daemon would never start, and say nothing.
    @Test(arguments: ["hold.json", "hold.next.json"]) func aPipeInItsPlaceIsSaid(name: String) throws {
        let test = try TestVolume()
        _ = try test.open()
        try #require(mkfifo(test.path + "/" + name, 0o600) == 0)
        let error = #expect(throws: StoreError.self) { _ = try test.open() }
        #expect("\(String(describing: error))".contains(name), "\(String(describing: error))")
    }

    @Test func nothingFromTheRegistryIsPublished() throws {
        let volume = try held().open()
        #expect(throws: StoreError.self) { try volume.publish("3", 3, [.file("f", "3")]) }
        let second = try #require(volume.release(named: "2"))
        #expect(throws: StoreError.self) { try volume.activate(second) }
        volume.settle()
        try expectHeld(volume)
        #expect(volume.releases().count == 2)
        #expect(try volume.index.read("test") { database in try Index.numbers(database) }.count == 2)
    }

    @Test func whatIsPublishedByHandIsHeldInstead() throws {
        let test = try held()
        do {
            let volume = try test.open(retain: 1)
            let staging = try volume.stage(tag: try #require(Tag("3")), digest: digest(3))
            try staging.add([.file("f", "3")])
            let request = HoldRequest(by: "bob", reason: nil)
            _ = try volume.publish(staging, archives: [], holding: request)
        }
        let volume = try test.open(retain: 1)
        #expect(volume.hold?.by == "bob")
        #expect(try volume.active?.content("f") == "3")
    }

    @Test func resumingLetsGo() throws {
        let test = try held()
        do {
            let volume = try test.open()
            #expect(try volume.resume(by: "bob")?.by == "alice")
            #expect(try volume.resume(by: "bob") == nil)
            #expect(try volume.active?.content("f") == "1")
        }
        let volume = try test.open()
        #expect(volume.hold == nil)
        #expect(try volume.publish("3", 3, [.file("f", "3")]).content("f") == "3")
    }

    /// A hold of `hold`'s release by bob, made durable, with nobody on the volume.
    private func writePending(_ number: UInt8, _ test: TestVolume) throws {
        let tag = try #require(Tag("\(number)"))
        try Hold(digest: digest(number), tag: tag, by: "bob", reason: nil, since: Timestamp(seconds: 5))
            .write(to: test.path)
    }

    /// Between the hold's file and the index's commit: what was held is held.
    @Test(arguments: [2, 3] as [UInt8])
    func aCrashBeforeTheCommitLeavesTheHoldBefore(_ asked: UInt8) throws {
        let test = try held()
        try writePending(asked, test)
        #expect(try Volume.openReadOnly(directory: test.path).hold?.by == "alice")
        try expectHeld(test.open())
        #expect(!test.exists("hold.next.json"))
        try expectHeld(test.open())
    }

    /// The same where nothing was held: the registry is followed on.
    @Test func aCrashBeforeTheCommitOfAnImport() throws {
        let test = try TestVolume()
        try test.open().publish("1", 1, [.file("f", "1")])
        try writePending(3, test)
        let volume = try test.open()
        #expect(volume.hold == nil)
        #expect(!test.exists("hold.next.json"))
        #expect(try volume.publish("2", 2, [.file("f", "2")]).content("f") == "2")
    }

    /// Between the index's commit and the renaming of the hold's file: what was asked for is held.
    @Test func aCrashAfterTheCommitLeavesTheNewHold() throws {
        let test = try TestVolume()
        do {
            let volume = try test.open()
            let first = try volume.publish("1", 1, [.file("f", "1")])
            try volume.hold(first, Self.request)
            try volume.hold(volume.release(named: "1") ?? first, HoldRequest(by: "carol", reason: nil))
        }
        try writePending(1, test)
        #expect(try Volume.openReadOnly(directory: test.path).hold?.by == "bob")
        for _ in 0..<2 {
            #expect(try test.open().hold?.by == "bob")
            #expect(!test.exists("hold.next.json"))
        }
    }

    /// The directory of what is held was removed by hand: what is left is held, as nobody let go.
    @Test func whatIsHeldIsGone() throws {
        let test = try held()
        let id = try #require(try test.names(in: "releases").first { $0.hasPrefix("1-") && !$0.hasSuffix(".json") })
        try FileManager.default.removeItem(atPath: test.path + "/releases/" + id)
        let volume = try test.open()
        #expect(try volume.active?.content("f") == "2")
        #expect(volume.hold?.by == "alice")
    }

    /// The index was taken back, or made anew without `current`: the hold says what was served.
    @Test func whatIsHeldIsServedWhateverTheIndexSays() throws {
        let test = try held()
        do {
            let volume = try test.open()
            let second = try #require(volume.release(named: "2")).row
            try volume.index.write("test") { database in try Index.activate(second, database) }
        }
        let volume = try test.open()
        try expectHeld(volume)
        // Its files are older than what was served until now.
        #expect(try volume.active?.modified("f") ?? 0 > TestVolume.start)
    }

    @Test func survivesTheLossOfTheIndex() throws {
        let test = try held()
        for name in try test.names() where name.hasPrefix("index.sqlite") || name == "current" {
            try FileManager.default.removeItem(atPath: test.path + "/" + name)
        }
        try expectHeld(test.open())
    }

    @Test func aDamagedFileHoldsAllTheSame() throws {
        let test = try held()
        try Data("{".utf8).write(to: URL(fileURLWithPath: test.path + "/hold.json"))
        let volume = try test.open()
        #expect(volume.hold?.reason?.contains("damaged") ?? false)
        #expect(try volume.active?.content("f") == "1")
        #expect(throws: StoreError.self) { try volume.publish("3", 3, [.file("f", "3")]) }
        #expect(try volume.resume(by: "bob") != nil)
        #expect(!test.exists("hold.json"))
    }

    @Test func aHoldThatFailsIsNone() throws {
        let test = try TestVolume()
        let volume = try test.open(retain: 1)
        let first = try volume.publish("1", 1, [.file("f", "1")])
        try volume.publish("2", 2, [.file("f", "2")])
        #expect(throws: StoreError.noSuchRelease("\(first.digest)")) { try volume.hold(first, Self.request) }
        let staging = try volume.stage(tag: try #require(Tag("3")), digest: digest(3))
        try staging.add([.link("l", "../../x")])
        #expect(throws: StoreError.self) { try volume.publish(staging, archives: [], holding: Self.request) }
        #expect(volume.hold == nil)
        #expect(!test.exists("hold.json"))
    }
}
