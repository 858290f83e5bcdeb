import Foundation
import TestSupport
import Testing

/// `specman verify`, and the daemon's own verification: what is damaged is found, restored, and told of.
@Suite struct RepairTests {
    private static let files = ["a": "1", "d/b": "22", "d/large": String(repeating: "large\n", count: 100_000)]

    private func published(_ environment: [String: String] = [:]) throws -> Specman {
        let specman = try Specman(environment)
        let tree = try specman.tree("tree", Self.files)
        try FileManager.default.createSymbolicLink(atPath: tree + "/link", withDestinationPath: "d/b")
        try specman.run("push", tree, specman.reference("1.0.0"))
        try specman.run("sync")
        return specman
    }

    /// Breaks what can break: content, a whole file, a link.
    private func damage(_ specman: Specman) throws {
        let large = try #require(try specman.path(inVolume: "d/large"))
        try FileManager.default.removeItem(atPath: large)
        try Data(String(repeating: "Large\n", count: 100_000).utf8).write(to: URL(fileURLWithPath: large))
        try FileManager.default.removeItem(atPath: try #require(try specman.path(inVolume: "a")))
        try FileManager.default.removeItem(atPath: try #require(try specman.path(inVolume: "link")))
    }

    private func damageArchive(_ specman: Specman) throws {
        let archives = specman.directory.appending("volume/archives")
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: archives).first)
        try Data("no archive".utf8).write(to: URL(fileURLWithPath: archives + "/" + name))
    }

    private func expectSound(_ specman: Specman) throws {
        #expect(try specman.run("verify").hasSuffix("nothing is damaged\n"))
        for (name, content) in Self.files { #expect(try specman.run("cat", name) == content) }
        #expect(try specman.run("cat", "link") == "22")
        let volume = specman.directory.appending("volume/")
        #expect(try FileManager.default.contentsOfDirectory(atPath: volume + "staging").isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: volume + "archives").count == 1)
    }

    @Test(arguments: [false, true], [false, true])
    func byTheCommand(archiveIsDamaged: Bool, withDaemon: Bool) throws {
        let specman = try published()
        let daemon = withDaemon ? try specman.serve() : nil
        if let daemon { _ = try daemon.port() }
        try expectSound(specman)
        try damage(specman)
        if archiveIsDamaged { try damageArchive(specman) }
        let count = archiveIsDamaged ? 4 : 3
        let found = try specman.output("verify")
        #expect(found.status == 1)
        #expect(found.text.contains("\(count) damaged, 0 restored"), "\(found.text)")
        #expect(found.err.contains("run specman verify --repair"), "\(found.err)")
        let repaired = try specman.run("verify", "--repair")
        #expect(repaired.contains("\(count) damaged, \(count) restored"), "\(repaired)")
        #expect(repaired.contains("restored from \(archiveIsDamaged ? "registry" : "archive")"), "\(repaired)")
        try expectSound(specman)
        if let daemon { #expect(daemon.stop() == 0) }
    }

    @Test func asJSON() throws {
        let specman = try published()
        try damage(specman)
        let output = try specman.output("verify", "--output", "json")
        #expect(output.status == 1)
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(output.out)) as? [String: Any]
        )
        #expect(Set(document.keys) == ["entries", "bytes", "damaged", "restored", "error", "damages"])
        #expect(document["damaged"] as? Int == 3)
        let damages = try #require(document["damages"] as? [[String: Any]])
        #expect(damages.allSatisfy { Set($0.keys) == ["path", "tag", "reason", "restored"] })
    }

    @Test func whatNobodyHasStaysDamaged() throws {
        let specman = try published()
        try damage(specman)
        try damageArchive(specman)
        try FileManager.default.removeItem(atPath: specman.directory.appending("layout"))
        let output = try specman.output("verify", "--repair")
        #expect(output.status == 1)
        // The link needs nobody else.
        #expect(output.text.contains("4 damaged, 1 restored"), "\(output.text)")
        #expect(output.err.contains("oci-layout"), "the reason: \(output.err)")
        #expect(try specman.run("cat", "d/b") == "22", "the rest is served")
    }

    @Test func theDaemonDoesItByItself() throws {
        let specman = try published([
            "SPECMAN_STORAGE_VERIFY_INTERVAL": "1s", "SPECMAN_MANAGEMENT_ADDRESS": "127.0.0.1:0",
        ])
        let daemon = try specman.serve()
        try daemon.wait(forLine: "msg=\"Verified the volume\"")
        try damage(specman)
        try damageArchive(specman)
        for name in ["/a of release 1.0.0", "/d/large of release 1.0.0", "/link of release 1.0.0"] {
            try daemon.wait(for: name) { lines in
                lines.first { $0.contains("level=warning msg=\"restored releases/") && $0.contains(name) }
            }
        }
        try daemon.wait(forLine: "msg=\"restored archives/")
        try expectSound(specman)
        let status = try specman.run("status", "--output", "json")
        #expect(
            status.firstMatch(of: /"verification":{"last":"\d{4}-[^"]*","next":"[^"]*","damaged":0,"restored":\d+}/)
                != nil
        )
        let metrics = try Command.run("curl", ["-sS", "http://127.0.0.1:\(daemon.port(of: "http"))/metrics"]).text
        let restored = try #require(metrics.firstMatch(of: /specman_storage_restored_files_total (\d+)/))
        #expect(Int(restored.1) ?? 0 >= 4)
        #expect(metrics.contains("specman_storage_damaged_files 0\n"))
        #expect(metrics.contains("specman_storage_verified_timestamp_seconds 1"))
        #expect(daemon.stop() == 0)
        // And not at once after a start: it knows when it was last done.
        #expect(FileManager.default.fileExists(atPath: specman.directory.appending("volume/verified")))
    }
}
