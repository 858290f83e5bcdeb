import Content
import Testing

@testable import Store

@Suite struct LookupTests {
    @Test func linksAreFollowedInTheIndex() throws {
        let test = try TestVolume()
        let volume = try test.open()
        let release = try volume.publish(
            "1",
            1,
            [
                .file("4.0/versions.yaml", "four"),
                .link("latest", "4.0"),
                .link("newest", "./latest/"),
                .link("a/b/up", "../../newest/versions.yaml"),
                .link("a/self", "."),
                .link("root", "a/../."),
                .link("dangling", "nowhere/at/all"),
            ]
        )
        #expect(try release.content("latest/versions.yaml") == "four")
        #expect(try release.content("newest/versions.yaml") == "four")
        #expect(try release.content("a/b/up") == "four")
        #expect(try release.content("a/self/self/b/up") == "four")
        #expect(try release.content("root/latest/versions.yaml") == "four")
        #expect(try release.lookup(path("root"))?.path == .root)
        #expect(try release.lookup(path("newest"))?.path == path("4.0"))
        #expect(try release.lookup(path("newest"))?.kind == .directory)
        #expect(try release.lookup(path("dangling")) == nil)
        #expect(try release.lookup(path("a/b/up/x")) == nil)
        #expect(try release.lookup(path("latest/nothing")) == nil)
    }

    @Test(arguments: [
        ("link", "/etc/passwd", StoreError.Refusal.linkLeavesRelease),
        ("link", "..", .linkLeavesRelease),
        ("a/link", "../../x", .linkLeavesRelease),
        ("a/link", "missing/../../../x", .linkLeavesRelease),
        ("link", "a/via/../..", .linkLeavesRelease),
        ("link", "link", .linkLoops),
        ("a/link", "./link/x", .linkLoops),
    ])
    func aLinkThatLeadsNowhereGoodRefusesTheArtifact(name: String, target: String, reason: StoreError.Refusal) throws {
        let test = try TestVolume()
        let volume = try test.open()
        #expect(throws: StoreError.refused(entry: name, reason: reason)) {
            try volume.publish("1", 1, [.file("a/f", "x"), .link("a/via", "."), .link(name, target)])
        }
        volume.settle()
        #expect(volume.active == nil)
        #expect(try test.names(in: "staging").isEmpty)
        #expect(try test.names(in: "releases").isEmpty)
    }

    @Test func twoLinksThatLeadToOneAnotherAreRefused() throws {
        let test = try TestVolume()
        let volume = try test.open()
        #expect(throws: StoreError.refused(entry: "a", reason: .linkLoops)) {
            try volume.publish("1", 1, [.link("a", "b"), .link("b", "a")])
        }
    }

    @Test func aFileHasNoComponents() throws {
        let test = try TestVolume()
        let volume = try test.open()
        let release = try volume.publish("1", 1, [.file("f", "x"), .file("g", "y"), .link("l", "f/../g")])
        #expect(try release.lookup(path("l")) == nil)
    }

    @Test func chainsHaveAnEnd() throws {
        let test = try TestVolume()
        let volume = try test.open()
        var chain: [Entry] = [.file("0", "end")]
        for index in 1...LinkResolver.mostLinks { chain.append(.link("\(index)", "\(index - 1)")) }
        let release = try volume.publish("1", 1, chain)
        #expect(try release.content("\(LinkResolver.mostLinks)") == "end")
        chain.append(.link("beyond", "\(LinkResolver.mostLinks)"))
        #expect(throws: StoreError.refused(entry: "beyond", reason: .linkLoops)) {
            try volume.publish("2", 2, chain)
        }
    }

    /// Forty targets of a thousand components each would be looked up for every request.
    @Test func longTargetsHaveAnEndTogether() throws {
        let test = try TestVolume()
        let volume = try test.open()
        var chain: [Entry] = [.file("0", "end")]
        let detour = String(repeating: "./", count: 1000)
        for index in 1...4 { chain.append(.link("\(index)", detour + "\(index - 1)")) }
        #expect(try volume.publish("1", 1, chain).content("4") == "end")
        chain.append(.link("5", detour + "4"))
        #expect(throws: StoreError.refused(entry: "5", reason: .linkLoops)) { try volume.publish("2", 2, chain) }
    }

    @Test func listingsAreInTheOrderOfBytes() throws {
        let test = try TestVolume()
        let volume = try test.open()
        let staging = try volume.stage(tag: #require(Tag("1")), digest: digest(1))
        let odd: [UInt8] = [0xff, 0xfe]
        try staging.add([
            .file("d/b", "bb"), .file("d/a/inner", ""), .file("d/B", ""), .link("d/l", "b"), .link("d/gone", "x"),
            .link("d/dir", "a"), .file("db", ""),
        ])
        try staging.beginFile(path("d").appending(odd), size: 0, modified: Timestamp(seconds: 5))
        try staging.endFile()
        let release = try volume.publish(staging, archives: [])
        let entries = try release.entries(of: path("d"))
        #expect(entries.map(\.name) == ["B", "a", "b", "dir", "l"].map { Array($0.utf8) } + [odd])
        #expect(entries.map(\.isLink) == [false, false, false, true, true, false])
        #expect(entries.map(\.record.kind) == [.file, .directory, .file, .directory, .file, .file])
        #expect(entries[4].record.path == (try path("d/b")))
        #expect(try release.entries(of: .root).map(\.name) == [Array("d".utf8), Array("db".utf8)])
        #expect(try release.lookup(path("d").appending(odd))?.size == 0)
        #expect(try release.entries(of: path("nothing")).isEmpty)
    }

    @Test func aFileThatWasChangedBehindOurBackIsNotServed() throws {
        let test = try TestVolume()
        let volume = try test.open()
        let release = try volume.publish("1", 1, [.file("f", "hello"), .file("g", "hi")])
        let record = try #require(try release.lookup(path("f")))
        let other = try #require(try release.lookup(path("g")))
        let root = test.path + "/releases/" + release.id
        try overwrite(root + "/f", "hell")
        try replaceByLink(root + "/g", to: "f")
        #expect(throws: StoreError.self) { try release.open(record) }
        #expect(throws: StoreError.self) { try release.open(other) }
    }

    /// The connections of the look-ups, which only read, can't fold the log into the database: were they the last ones, it
    /// would stay.
    @Test func whoeverHasLookedUpLeavesNoLogBehind() throws {
        let test = try TestVolume()
        try {
            let volume = try test.open()
            let release = try volume.publish("1", 1, [.file("f", "x")])
            #expect(try release.content("f") == "x")
            volume.settle()
        }()
        #expect(try test.names().filter { $0.hasPrefix("index") } == ["index.sqlite"])
    }

    @Test func readersMeetNoWriter() async throws {
        let test = try TestVolume()
        let volume = try test.open(retain: 2)
        try volume.publish("0", 0, (0..<50).map { .file("d\($0 % 5)/f\($0)", "0") })
        await withTaskGroup(of: Int.self) { group in
            // More than there are connections for look-ups.
            for _ in 0..<12 {
                group.addTask {
                    var failures = 0
                    for index in 0..<600 {
                        guard let release = volume.active else { return 600 }
                        let name = "d\(index % 5)/f\(index % 50)"
                        // Every file of a release holds the release's tag: an answer can't mix two.
                        if (try? release.content(name)) != "\(release.tag)" { failures += 1 }
                    }
                    return failures
                }
            }
            for number in UInt8(1)...6 {
                // A failure shows in the count below.
                _ = try? volume.publish("\(number)", number, (0..<50).map { .file("d\($0 % 5)/f\($0)", "\(number)") })
            }
            for await failures in group { #expect(failures == 0) }
        }
        #expect(volume.active?.tag == Tag("6"))
    }
}
