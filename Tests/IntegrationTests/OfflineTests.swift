import Foundation
import TestSupport
import Testing

/// `specman import` and `specman export`: releases in and out without a registry.
@Suite struct OfflineTests {
    /// Nobody is there to be asked.
    private static let away = ["SPECMAN_SOURCE_REPOSITORY": "127.0.0.1:1/nothing", "SPECMAN_SOURCE_PLAIN_HTTP": "true"]

    private func archive(_ specman: Specman, _ files: [String: String], _ name: String = "manifests.tgz") throws
        -> String
    {
        let path = specman.directory.appending(name)
        try Tree.pack(try specman.tree("tree-\(UUID().uuidString)", files), to: path)
        return path
    }

    @Test func importsAndExportsTheSameBytes() throws {
        let specman = try Specman(Self.away)
        let archive = try archive(specman, ["a": "1", "d/b": "2"])
        let line = try specman.run("import", archive, "--tag", "4.5.15")
        #expect(line.hasPrefix("published 4.5.15 sha256:"), "\(line)")
        #expect(line.contains("imported from manifests.tgz"), "\(line)")
        #expect(try specman.run("cat", "d/b") == "2")
        let out = specman.directory.appending("out.tgz")
        #expect(try specman.run("export", "4.5.15", out).contains("the archive that was pushed"))
        #expect(FileManager.default.contentsEqual(atPath: archive, andPath: out))
        // The same again is the same.
        #expect(try Specman.digest(in: line) == Specman.digest(in: specman.run("import", archive, "--tag", "4.5.15")))
        #expect(try specman.json("releases", "-o", "json").count == 1)
        let staging = specman.directory.appending("volume/staging")
        #expect(try FileManager.default.contentsOfDirectory(atPath: staging).isEmpty)
        #expect(specman.isFree(of: ".new"))
    }

    @Test func theDigestIsThatOfAPushWithTheSameDate() throws {
        let specman = try Specman()
        let archive = try archive(specman, ["a": "1"])
        let date = ["SOURCE_DATE_EPOCH": "1700000000"]
        let imported = try specman.run("import", archive, "--tag", "1.0.0", environment: date)
        let pushed = try specman.run("push", archive, specman.reference("1.0.0"), environment: date)
        #expect(try Specman.digest(in: imported) == Specman.digest(in: pushed))
        try specman.run("resume")
        #expect(try specman.run("sync").hasPrefix("unchanged 1.0.0 "))
    }

    @Test func withADaemon() throws {
        let specman = try Specman()
        try specman.run("push", try specman.tree("tree", ["a": "1"]), specman.reference("1.0.0"))
        let daemon = try specman.serve()
        try daemon.wait(forLine: "Serving 1.0.0")
        let archive = try archive(specman, ["a": "imported"])
        #expect(try specman.run("import", archive, "--tag", "offline").hasPrefix("published offline sha256:"))
        try daemon.wait(forLine: "msg=\"Importing offline\"")
        #expect(try specman.run("cat", "a") == "imported")
        // The registry's is not taken until it is followed again.
        #expect(try specman.run("sync").hasPrefix("held offline "))
        #expect(try specman.run("resume").hasPrefix("resumed offline "))
        try daemon.wait(for: "the registry's release") { lines in
            lines.filter { $0.contains("msg=\"Serving 1.0.0\"") }.count > 1 ? true : nil
        }
        let staging = specman.directory.appending("volume/staging")
        #expect(try FileManager.default.contentsOfDirectory(atPath: staging).isEmpty)
        #expect(daemon.stop() == 0)
    }

    @Test(arguments: [false, true]) func limitsAreKept(daemon isThere: Bool) throws {
        let specman = try Specman(Self.away.merging(["SPECMAN_STORAGE_MAX_FILES": "2"]) { $1 })
        let good = try archive(specman, ["a": "1"])
        try specman.run("import", good, "--tag", "1.0.0")
        let daemon = isThere ? try specman.serve() : nil
        if let daemon { _ = try daemon.port() }
        let bad = try archive(specman, ["a": "1", "b": "2", "c": "3"], "bad.tgz")
        let output = try specman.output("import", bad, "--tag", "2.0.0")
        #expect(output.status == 1)
        #expect(output.err.contains("storage.maxFiles"), "\(output.err)")
        #expect(output.err.split(separator: "\n").count == 1, "\(output.err)")
        #expect(try specman.run("cat", "a") == "1")
        #expect(try specman.run("releases").contains("1.0.0 is held"))
        let full = try specman.output(
            "import",
            good,
            "--tag",
            "3.0.0",
            environment: ["SPECMAN_STORAGE_RESERVE": "1000000GiB"]
        )
        #expect(full.status == 1 || full.status == 78)
        #expect(full.err.contains("storage.reserve"), "\(full.err)")
        #expect(try specman.output("import", good, "--tag", "a/b").status == 64)
        if let daemon { #expect(daemon.stop() == 0) }
    }

    /// A mistaken name would take everything away that is served, but for itself.
    @Test func importsNothingThatIsNoArchive() throws {
        let specman = try Specman(Self.away)
        try specman.run("import", try archive(specman, ["a": "1"]), "--tag", "1.0.0")
        for (name, bytes) in [
            ("notes.txt", Data("notes".utf8)), ("empty", Data()), ("cut.tgz", Data([0x1F, 0x8B, 8])),
        ] {
            let file = specman.directory.appending(name)
            try bytes.write(to: URL(fileURLWithPath: file))
            let output = try specman.output("import", file, "--tag", "2.0.0")
            #expect(output.status == 1)
            #expect(output.err.contains("tar"), "\(output.err)")
            #expect(output.err.contains(file), "\(output.err)")
            #expect(output.err.split(separator: "\n").count == 1, "\(output.err)")
        }
        #expect(try specman.run("cat", "a") == "1")
        #expect(try specman.json("releases", "-o", "json").count == 1)
    }

    /// The rename would leave nothing of a device, for nobody on the machine.
    @Test func exportsOverFilesOnly() throws {
        let specman = try Specman(Self.away)
        try specman.run("import", try archive(specman, ["a": "1"]), "--tag", "1.0.0")
        let (pipe, link) = (specman.directory.appending("pipe"), specman.directory.appending("link"))
        try Command.run("mkfifo", [pipe])
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "pipe")
        for name in [pipe, link, specman.directory.appending("volume")] {
            let output = try specman.output("export", "1.0.0", name)
            #expect(output.status == 1)
            #expect(output.err.contains("something else than a file has that name"), "\(output.err)")
            #expect(output.err.split(separator: "\n").count == 1, "\(output.err)")
        }
        #expect(try Command.output("test", ["-p", link]).status == 0)
        #expect(specman.isFree(of: ".new"))
    }

    @Test func exportsWhatIsNotKeptPackedAnew() throws {
        let specman = try Specman(["SPECMAN_STORAGE_KEEP_ARCHIVES": "false"])
        let tree = try specman.tree("tree", ["a": "1", "d/b": "2"])
        try specman.run("push", tree, specman.reference("1.0.0"))
        try specman.run("sync")
        let out = specman.directory.appending("out.tgz")
        #expect(try specman.run("export", "1.0.0", out).contains("packed anew, as its archive is not kept"))
        let unpacked = specman.directory.appending("unpacked")
        try FileManager.default.createDirectory(atPath: unpacked, withIntermediateDirectories: true)
        try Command.run("tar", ["-xzf", out, "-C", unpacked])
        #expect(Tree.differences(try Tree.files(below: tree), tree, unpacked) == [])
        // What is damaged doesn't go out as if it were the release.
        let file = try #require(try specman.path(inVolume: "a"))
        try FileManager.default.removeItem(atPath: file)
        try Data("x".utf8).write(to: URL(fileURLWithPath: file))
        let output = try specman.output("export", "1.0.0", out)
        #expect(output.status == 1)
        #expect(output.err.contains("is damaged"), "\(output.err)")
        #expect(try Command.output("gzip", ["-t", out]).status == 0, "the file from before is still there")
        #expect(try specman.output("export", "9.9.9", out).err.contains("no release 9.9.9"))
    }
}

extension Specman {
    /// Where a file of the active release lies on the volume.
    func path(inVolume name: String) throws -> String? {
        let path = directory.appending("volume/current/" + name)
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }

    /// Whether nothing on the volume or beside it has such a suffix.
    func isFree(of suffix: String) -> Bool {
        let names = FileManager.default.enumerator(atPath: directory.path)?.compactMap { $0 as? String } ?? []
        return !names.contains { $0.hasSuffix(suffix) }
    }
}
