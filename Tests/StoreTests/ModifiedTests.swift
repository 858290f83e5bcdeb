import Content
import Testing

@testable import Store

/// `Last-Modified` must never let a client keep what it has when the content is another.
@Suite struct ModifiedTests {
    @Test func theArchivesTimesAreServedAtFirst() throws {
        let test = try TestVolume()
        let volume = try test.open()
        let release = try volume.publish(
            "1",
            1,
            [
                .file("a", "x", modified: 1000), .file("none", "x", modified: 0), .file("before", "x", modified: -5),
                .file("future", "x", modified: TestVolume.start + 9999), .link("l", "a", modified: 2000),
            ]
        )
        #expect(try release.modified("a") == 1000)
        #expect(try release.modified("none") == TestVolume.start)
        #expect(try release.modified("before") == TestVolume.start)
        #expect(try release.modified("future") == TestVolume.start)
        #expect(try release.modified("l") == 2000)
        #expect(try release.modified("") == TestVolume.start)
    }

    @Test func whatChangedIsNewer() throws {
        let test = try TestVolume()
        let volume = try test.open()
        try volume.publish(
            "1",
            1,
            [
                .file("same", "x", modified: 1000), .file("touched", "x", modified: 1000),
                .file("older", "x", modified: 1000), .file("equal", "x", modified: 1000),
                .file("newer", "x", modified: 1000), .file("gone", "x", modified: 1000),
            ]
        )
        test.advance(by: 60)
        let second = try volume.publish(
            "2",
            2,
            [
                .file("same", "x", modified: 1000), .file("touched", "x", modified: 500),
                .file("older", "y", modified: 900), .file("equal", "y", modified: 1000),
                .file("newer", "y", modified: 1001), .file("new", "y", modified: 10),
            ]
        )
        let publication = TestVolume.start + 60
        #expect(try second.modified("same") == 1000)
        #expect(try second.modified("touched") == 1000)
        #expect(try second.modified("older") == publication)
        #expect(try second.modified("equal") == publication)
        #expect(try second.modified("newer") == 1001)
        #expect(try second.modified("new") == publication)
        let third = try volume.publish(
            "3",
            3,
            [.file("touched", "z", modified: 700), .file("gone", "z", modified: 900)]
        )
        #expect(try third.modified("touched") == publication + 1)
        #expect(try third.modified("gone") == publication + 1)
    }

    @Test func aLinkThatLeadsElsewhereIsNewer() throws {
        let test = try TestVolume()
        let volume = try test.open()
        func entries(_ target: String) -> [Entry] {
            [
                .file("v1/f", "one", modified: 2000), .file("v2/f", "two", modified: 1000),
                .link("latest", target, modified: 500), .link("f", "\(target)/f", modified: 500),
            ]
        }
        let first = try volume.publish("1", 1, entries("v1"))
        #expect(try first.modified("latest/f") == 2000)
        test.advance(by: 60)
        let second = try volume.publish("2", 2, entries("v2"))
        #expect(try second.content("latest/f") == "two")
        #expect(try second.modified("latest/f") == TestVolume.start + 60)
        #expect(try second.modified("f") == TestVolume.start + 60)
        #expect(try second.modified("v2/f") == 1000)
        let third = try volume.publish("3", 3, entries("v2"))
        #expect(try third.modified("latest/f") == TestVolume.start + 60)
    }

    /// Whatever is published and activated in whatever order, and whatever the clock does, other content is newer.
    @Test func otherContentIsAlwaysNewer() throws {
        let test = try TestVolume()
        let volume = try test.open(retain: 4)
        var served: [String: (content: String, latest: Int64)] = [:]
        func observe() throws {
            let release = try #require(volume.active)
            for name in ["a", "b", "l", "d/f"] {
                guard let content = try release.content(name), let modified = try release.modified(name) else {
                    continue
                }
                if let last = served[name] {
                    if last.content != content { #expect(modified > last.latest, "\(name) of \(release.tag)") }
                    served[name] = (content, max(last.latest, modified))
                } else {
                    served[name] = (content, modified)
                }
            }
        }
        // The same choices in every run, so that a failure comes again.
        var state: UInt64 = 42
        func next(_ bound: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % bound
        }
        for round in UInt8(1)...40 {
            if next(3) == 0, let old = volume.releases().last {
                try volume.activate(old)
            } else {
                var entries: [Entry] = []
                if next(4) > 0 { entries.append(.file("a", "\(next(3))", modified: Int64(next(5) + 1))) }
                entries.append(.file("b", "\(next(2))", modified: Int64(next(5))))
                entries.append(.link("l", next(2) == 0 ? "a" : "b", modified: Int64(next(5))))
                if next(2) == 0 {
                    entries.append(.file("d/f", "\(next(3))", modified: Int64(next(9))))
                } else {
                    entries += [.file("e/f", "e", modified: Int64(next(9))), .link("d", "e", modified: 1)]
                }
                try volume.publish("\(round)", round, entries)
            }
            try observe()
            test.advance(by: Int64(next(4)) - 2)
        }
    }
}
