import Content
import Testing

@testable import Store

/// A release as the checks look through it, and what they find, kept.
@Suite struct StoredTreeTests {
    private func files(_ tree: StoredTree, limit: Int = 2) throws -> [StoredTree.File] {
        var all: [StoredTree.File] = []
        while true {
            let some = try tree.files(
                after: all.last?.path,
                namedLike: [".yaml", ".yml"],
                linksNamed: ["versions.yaml"],
                limit: limit
            )
            if some.isEmpty { return all }
            all += some
        }
    }

    @Test func filesByTheirNamesBatchByBatch() throws {
        let test = try TestVolume()
        let volume = try test.open()
        try volume.publish("1", 1, [.file("a.yaml", "same"), .file("b.yaml", "old"), .file("c.yml", "moved")])
        let staging = try volume.stage(tag: #require(Tag("2")), digest: digest(2))
        try staging.add([
            .file("a.yaml", "same"), .file("b.yaml", "new"), .file("d/c.yml", "moved"), .file("d/e.json", "no"),
            .file("yaml", "no"), .file(".yaml", "bare"), .directory("dir.yaml"), .link("d/link.yaml", "../a.yaml"),
            .link("d/versions.yaml", "e.json"), .link("x/versions.yaml", "nowhere"), .link("y/versions.yaml", "../d"),
            .link("z/versions.yaml", "../b.yaml"), .link("za/versions.yaml", "nowhere"),
            .link("zb/versions.yaml", "nowhere"), .link("zc/versions.yaml", "../d/versions.yaml"),
        ])
        let tree = try staging.sealedTree()
        let found = try files(tree)
        #expect(
            found.map { "\($0.path) \($0.real) \($0.size) \($0.isUnchanged)" } == [
                ".yaml .yaml 4 false", "a.yaml a.yaml 4 true", "b.yaml b.yaml 3 false", "d/c.yml d/c.yml 5 false",
                "d/versions.yaml d/e.json 2 false", "z/versions.yaml b.yaml 3 false",
                "zc/versions.yaml d/e.json 2 false",
            ]
        )
        #expect(try files(tree, limit: 100) == found)
        #expect(try tree.bytes(at: found[5].real, size: found[5].size) == Array("new".utf8))
        #expect(
            try tree.exists(path("d/link.yaml")) && tree.exists(path("y/versions.yaml/c.yml")) && tree.exists(.root)
        )
        #expect(try !tree.exists(path("x/versions.yaml")) && !tree.exists(path("nothing")))
        let release = try volume.publish(staging, archives: [])
        #expect(try files(release.tree(comparedWith: nil)).map(\.path) == found.map(\.path))
        #expect(try files(release.tree(comparedWith: nil)).allSatisfy { !$0.isUnchanged })
    }

    private func report(_ reason: String) throws -> CheckReport {
        CheckReport(
            checks: [.yaml, .references],
            findings: [Finding(.yaml, try path("a\nb"), reason), Finding(.references, try path("c"), "gone")],
            omitted: 3
        )
    }

    @Test func findingsAreKeptOverARestartAndGoWithTheirRelease() throws {
        let test = try TestVolume()
        do {
            let volume = try test.open(retain: 1)
            let staging = try volume.stage(tag: #require(Tag("1")), digest: digest(1))
            try staging.add([.file("f", "x")])
            let release = try volume.publish(staging, archives: [], report: report("first"))
            #expect(try release.report() == report("first"))
        }
        let volume = try test.open(retain: 1)
        let first = try #require(volume.active)
        #expect(try first.report() == report("first"))
        try first.keep(report("second"))
        #expect(try first.report() == report("second"))
        let second = try volume.publish("2", 2, [.file("f", "y")])
        #expect(try second.report() == nil)
        #expect(try first.report() == nil)
    }

    @Test func whatWasSealedIsPublishedWithoutAnythingMore() throws {
        let test = try TestVolume()
        let volume = try test.open()
        let staging = try volume.stage(tag: #require(Tag("1")), digest: digest(1))
        try staging.add([.file("f", "x"), .link("l", "l")])
        #expect(throws: StoreError.refused(entry: "l", reason: .linkLoops)) { try staging.sealedTree() }
        #expect(throws: StoreError.refused(entry: "l", reason: .linkLoops)) {
            try volume.publish(staging, archives: [])
        }
    }
}
