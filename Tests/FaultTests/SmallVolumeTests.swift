import Foundation
import TestSupport
import Testing

/// A file system of 64 MiB in a file or in memory, mounted for one test.
private final class SmallVolume: Sendable {
    enum Kind: String, CaseIterable, CustomTestStringConvertible {
        case ext4
        case tmpfs

        var testDescription: String { rawValue }
    }

    let path: String

    /// Whether this process may mount a file system of the kind; containers usually may not.
    static func isPossible(_ kind: Kind) -> Bool {
        guard geteuid() == 0, let directory = try? TemporaryDirectory() else { return false }
        return (try? SmallVolume(kind, in: directory)) != nil
    }

    init(_ kind: Kind, inodes: Int = 4096, in directory: TemporaryDirectory) throws {
        path = directory.appending("mounted")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        switch kind {
        case .tmpfs:
            try Command.run("mount", ["-t", "tmpfs", "-o", "size=64m,nr_inodes=\(inodes)", "specman-test", path])
        case .ext4:
            let image = directory.appending("image")
            try Command.run("truncate", ["-s", "64M", image])
            try Command.run("/usr/sbin/mkfs.ext4", ["-q", "-N", "\(inodes)", "-m", "0", image])
            try Command.run("mount", ["-o", "loop", image, path])
        }
    }

    deinit {
        // A daemon that has just ended may hold it for a moment: it goes with its last user.
        _ = try? Command.run("umount", ["--lazy", path])
    }

    /// Free bytes, as the daemon counts them.
    func free() throws -> Int {
        let output = try Command.run("stat", ["-f", "-c", "%a %S", path]).text.split(whereSeparator: \.isWhitespace)
        return output.compactMap { Int($0) }.reduce(1, *)
    }

    func freeInodes() throws -> Int {
        try #require(
            Int(Command.run("stat", ["-f", "-c", "%d", path]).text.trimmingCharacters(in: .whitespacesAndNewlines))
        )
    }
}

/// A volume that fills up in the middle of a sync: one error line, everything freed, and it recovers when there is room.
@Suite(.serialized) struct SmallVolumeTests {
    private static let kinds = SmallVolume.Kind.allCases.filter(SmallVolume.isPossible)

    private static func noise(_ path: String, mebibytes: Int) throws {
        try Command.run("dd", ["if=/dev/urandom", "of=\(path)", "bs=1M", "count=\(mebibytes)", "status=none"])
    }

    private func push(_ tree: String, _ tag: String, to layout: String) throws {
        try Command.run(DaemonProcess.executable.path, ["push", tree, "oci-layout:\(layout):\(tag)"])
    }

    /// Serves a small release, has the next one meet a volume without room, and then one with room.
    private func fillUp(
        _ volume: SmallVolume,
        _ directory: TemporaryDirectory,
        make: (_ tree: String) throws -> Void,
        fill: () throws -> Void,
        free: () throws -> Void
    ) throws {
        let layout = directory.appending("layout")
        let small = directory.appending("small")
        try Tree.write(["a.yaml": "a: 1\n"], to: small)
        try push(small, "1.0.0", to: layout)
        let large = directory.appending("large")
        try Tree.write(["a.yaml": "a: 2\n"], to: large)
        try make(large)
        let source = ["repository: oci-layout:\(layout)", "interval: 1h"]
        let site = try RunningSite(
            source: source,
            storage: ["reserve: 0B"],
            volume: volume.path + "/specman",
            in: directory
        )
        try site.daemon.wait(forLine: "msg=\"Serving 1.0.0\"")
        try push(large, "2.0.0", to: layout)
        try fill()
        let (bytes, inodes) = (try volume.free(), try volume.freeInodes())
        func sync() throws -> String {
            let socket = site.volume + "/specman.sock"
            return try Command.run("curl", ["-sS", "--unix-socket", socket, "-X", "POST", "http://localhost/-/sync"])
                .text
        }
        for attempt in 1...3 {
            #expect(try sync().contains("\"result\":\"failed\""))
            let errors = site.daemon.log.filter { $0.contains("level=error") }
            // The same failure is told once; one that tells of another free space, again.
            #expect((1...attempt).contains(errors.count), "\(errors)")
            #expect(errors.last?.contains("enlarge") ?? false, "\(errors)")
            #expect(try site.get("/a.yaml").text == "a: 1\n")
        }
        #expect(!site.daemon.log.contains { $0.contains("level=warning") })
        // Freed in the background: the staging of the last attempt may still be going.
        for _ in 0..<600 {
            if try volume.free() >= bytes - (1 << 20), try volume.freeInodes() >= inodes - 4 { break }
            Thread.sleep(forTimeInterval: 0.1)
        }
        #expect(try volume.free() >= bytes - (1 << 20), "the log of the index may have grown, and nothing else")
        #expect(try volume.freeInodes() >= inodes - 4)
        #expect(try FileManager.default.contentsOfDirectory(atPath: site.volume + "/staging").isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: site.volume + "/archives").count == 1)
        try free()
        #expect(try sync().contains("\"result\":\"published\""))
        #expect(try site.get("/a.yaml").text == "a: 2\n")
        #expect(site.daemon.stop() == 0)
    }

    @Test(
        .enabled(
            if: !kinds.isEmpty,
            "mounting a file system isn't allowed here: run this test as root outside a container"
        ),
        arguments: kinds
    ) private func outOfBytes(_ kind: SmallVolume.Kind) throws {
        let directory = try TemporaryDirectory()
        let volume = try SmallVolume(kind, in: directory)
        let ballast = volume.path + "/ballast"
        try fillUp(volume, directory) { tree in
            try Self.noise(tree + "/large.bin", mebibytes: 12)
        } fill: {
            // The archive's 12 MiB fit, and 6 of what is in it.
            try Command.run("fallocate", ["-l", "\(try volume.free() - (18 << 20))", ballast])
        } free: {
            try FileManager.default.removeItem(atPath: ballast)
        }
    }

    @Test(
        .enabled(
            if: !kinds.isEmpty,
            "mounting a file system isn't allowed here: run this test as root outside a container"
        ),
        arguments: kinds
    ) private func outOfInodes(_ kind: SmallVolume.Kind) throws {
        let directory = try TemporaryDirectory()
        let volume = try SmallVolume(kind, inodes: 1024, in: directory)
        let ballast = volume.path + "/ballast"
        try fillUp(volume, directory) { tree in
            let files = (0..<600).map { ("many/\($0)", "file \($0)\n") }
            try Tree.write(Dictionary(uniqueKeysWithValues: files), to: tree)
        } fill: {
            // Half of the files fit: nothing says so before the file system does.
            let count = try volume.freeInodes() - 300
            try Command.run("sh", ["-c", "mkdir '\(ballast)' && cd '\(ballast)' && seq \(count) | xargs touch"])
        } free: {
            try FileManager.default.removeItem(atPath: ballast)
        }
    }
}
