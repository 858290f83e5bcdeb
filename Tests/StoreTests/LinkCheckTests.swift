import Content
import Testing

@testable import Store

/// Links are looked at when all entries are there, some at a time: a release may have as many as it has files.
struct LinkCheckTests {
    @Test func allAreLookedAt() throws {
        let test = try TestVolume()
        let volume = try test.open()
        // More than are looked at together, in two directories, the last one bad.
        var entries: [Entry] = [.file("f", "1")]
        for number in 0..<1500 { entries.append(.link("a/\(number)", "../f")) }
        for number in 0..<600 { entries.append(.link("b/\(number)", "../f")) }
        let release = try volume.publish("1", 1, entries)
        #expect(release.files == 1)
        #expect(try release.content("b/599") == "1")
        for (target, reason) in [("../../x", StoreError.Refusal.linkLeavesRelease), ("z", .linkLoops)] {
            #expect(throws: StoreError.refused(entry: "b/z", reason: reason)) {
                try volume.publish("2", 2, entries + [.link("b/z", target)])
            }
        }
        #expect(volume.active?.tag == Tag("1"))
    }

    /// A few that lead through thousands of directories are taken, thousands of them would keep everybody waiting.
    @Test func togetherTheyMayNotLeadThroughTooMuch() throws {
        let test = try TestVolume()
        let volume = try test.open()
        let long = String(repeating: "d/../", count: 600) + "f"
        func entries(_ count: Int) -> [Entry] {
            [.directory("d"), .file("f", "1")] + (0..<count).map { .link("\($0)", long) }
        }
        #expect(try volume.publish("1", 1, entries(30)).links == 30)
        let error = #expect(throws: StoreError.self) { try volume.publish("2", 2, entries(100)) }
        guard case .refused(_, .linksTooInvolved) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(volume.active?.tag == Tag("1"))
    }

    /// As long as Linux lets them be.
    @Test func targetsMayBeLong() throws {
        let test = try TestVolume()
        let volume = try test.open()
        let staging = try volume.stage(tag: #require(Tag("1")), digest: digest(1))
        // Few components, of which each is long.
        let folder = String(repeating: "d", count: 250)
        let padding = String(repeating: "./", count: 15)
        let target = Array((String(repeating: "\(folder)/../", count: 16) + padding + "f").utf8)
        #expect(target.count == ReleasePath.longestTarget)
        try staging.add([.directory(folder), .file("f", "1")])
        // Enough of them to fill more than one batch of rows by their bytes.
        for number in 0..<1200 {
            try staging.symbolicLink(path("\(number)"), target: target, modified: Timestamp(seconds: 1))
        }
        #expect(throws: StoreError.refused(entry: "long", reason: .linkTargetTooLong)) {
            try staging.symbolicLink(path("long"), target: [0x2E, 0x2F] + target, modified: Timestamp(seconds: 1))
        }
        let release = try volume.publish(staging, archives: [])
        #expect(release.links == 1200)
        #expect(try release.content("1199") == "1")
    }
}
