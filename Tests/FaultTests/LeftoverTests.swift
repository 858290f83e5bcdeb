import Foundation
import TestSupport
import Testing

/// `specman sync` that fails or ends: nothing is left behind on the volume that nobody needs.
@Suite struct LeftoverTests {
    private let directory: TemporaryDirectory
    private let layout: String
    private let volume: String

    init() throws {
        directory = try TemporaryDirectory()
        layout = directory.appending("layout")
        volume = directory.appending("volume")
    }

    private func push(_ path: String, _ tag: String) throws {
        try Command.run(DaemonProcess.executable.path, ["push", path, "oci-layout:\(layout):\(tag)"])
    }

    private func sync(_ storage: [String] = []) throws {
        let file = directory.appending("specman.yaml")
        let storage = ["directory: \(volume)"] + storage
        try RunningSite.configuration(source: ["repository: oci-layout:\(layout)"], storage: storage, listener: [])
            .write(toFile: file, atomically: true, encoding: .utf8)
        try Command.run(DaemonProcess.executable.path, ["sync", "--config", file])
    }

    private func names(_ path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: volume + "/" + path).sorted()
    }

    /// Files enough that removing them takes longer than ending the process.
    private func tree(_ content: String) throws -> String {
        let tree = directory.appending("tree-" + content)
        let files = (0..<500).map { ("d/\($0)", "\(content) \($0)") }
        try Tree.write(Dictionary(files) { one, _ in one }, to: tree)
        return tree
    }

    @Test func theReleaseThatRetentionDropsIsGone() throws {
        for number in 1...3 {
            try push(tree("\(number)"), "\(number).0.0")
            try sync(["retain: 1"])
            let releases = try names("releases")
            #expect(releases.count == 2)
            #expect(releases.allSatisfy { $0.hasPrefix("\(number).0.0") })
            #expect(try names("archives").count == 1)
        }
    }

    @Test func whatWasStagedOfARefusedArtifactIsGone() throws {
        let tree = try tree("1")
        // Only the whole tree shows that it leads outside.
        try FileManager.default.createSymbolicLink(atPath: tree + "/z", withDestinationPath: "d/../../z")
        let archive = directory.appending("manifests.tgz")
        try Tree.pack(tree, to: archive)
        try push(archive, "1.0.0")
        let failure = #expect(throws: Command.Failure.self) { try sync() }
        #expect(failure?.description.contains("outside the release") ?? false)
        #expect(try names("staging").isEmpty)
        #expect(try names("archives").isEmpty)
        #expect(try names("releases").isEmpty)
    }

    @Test func whatWasReceivedIsGoneWhereThereIsNoRoomToUnpackIt() throws {
        // The header says 3 GiB; what it says is judged before its content comes.
        let archive = try Command.run(
            "sh",
            ["-c", "truncate -s 3G big && tar -cf - big | head -c 1048576"],
            directory: directory.path
        )
        try push(tree("1"), "0.1.0")
        try Layout.putArtifact(archive.out, tag: "1.0.0", in: layout)
        let system = try FileManager.default.attributesOfFileSystem(forPath: directory.path)
        let free = try #require((system[.systemFreeSize] as? NSNumber)?.int64Value)
        let reserve = max(0, free - (1 << 30))
        let failure = #expect(throws: Command.Failure.self) { try sync(["reserve: \(reserve)B"]) }
        #expect(failure?.description.contains("storage.reserve") ?? false)
        #expect(try names("staging").isEmpty)
        #expect(try names("archives").isEmpty)
    }
}
