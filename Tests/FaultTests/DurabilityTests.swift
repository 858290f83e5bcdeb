import Foundation
import TestSupport
import Testing

/// The order in which a publication becomes durable: a power loss in between leaves the old release or the new one.
@Suite struct DurabilityTests {
    /// The calls of `specman sync` that make something durable or give it its name, in their order.
    private func trace(_ directory: TemporaryDirectory) throws -> [String] {
        let layout = directory.appending("layout")
        let file = try configuration(layout, in: directory)
        for release in 1...2 {
            let tree = directory.appending("tree-\(release)")
            try Tree.write(["a.yaml": "release: \(release)\n", "d/b.yaml": "same: 1\n"], to: tree)
            let reference = "oci-layout:\(layout):\(release).0.0"
            try Command.run(DaemonProcess.executable.path, ["push", tree, reference])
            if release == 1 { try Command.run(DaemonProcess.executable.path, ["sync", "--config", file]) }
        }
        return try sync(
            file,
            tracing: "syncfs,fsync,fdatasync,rename,renameat,renameat2,symlinkat,openat,openat2,write,pwrite64",
            directory
        )
    }

    private func configuration(_ layout: String, in directory: TemporaryDirectory) throws -> String {
        let file = directory.appending("specman.yaml")
        try RunningSite.configuration(
            source: ["repository: oci-layout:\(layout)"],
            storage: ["directory: \(directory.appending("volume"))", "maxRatio: 5000"],
            listener: []
        )
        .write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }

    private func sync(_ file: String, tracing calls: String, _ directory: TemporaryDirectory) throws -> [String] {
        let trace = directory.appending("trace")
        // -y: a descriptor is shown with its path.
        try Command.run(
            "strace",
            ["-f", "-y", "-e", "trace=\(calls)", "-o", trace, DaemonProcess.executable.path, "sync", "--config", file]
        )
        return try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n").map(String.init)
            .filter { !$0.contains(" = -1 ") }
    }

    @Test func everythingIsDurableBeforeItIsPublished() throws {
        let directory = try TemporaryDirectory()
        let lines = try trace(directory)
        func index(_ what: String, after start: Int = -1, _ matches: (String) -> Bool) throws -> Int {
            try #require(lines.indices.first { $0 > start && matches(lines[$0]) }, "\(what) in \(lines)")
        }
        let lastContent = try #require(
            lines.lastIndex { $0.contains("openat2") && $0.contains("O_CREAT") && $0.contains("/staging/") }
        )
        // The disk has begun before: what counts is the one that follows everything.
        let contents = try #require(lines.lastIndex { $0.contains("syncfs(") })
        #expect(lastContent < contents)
        // What was received of the archive is in its file by then: nothing else makes it durable.
        let archive = try #require(lines.lastIndex { $0.contains("write(") && $0.contains(".partial>") })
        #expect(archive < contents)
        let sidecar = try index("the sidecar's sync", after: contents) {
            $0.contains("fsync(") && $0.contains(".json.new")
        }
        let name = try index("the directory's name", after: sidecar) {
            $0.contains("renameat") && $0.contains("/staging>") && $0.contains("/releases>")
        }
        let directorySync = try index("its sync", after: name) { $0.contains("fsync(") && $0.contains("/releases>") }
        let archives = try index("the archives' sync", after: directorySync) {
            $0.contains("fsync(") && $0.contains("/archives>")
        }
        let commit = try index("the commit", after: archives) {
            $0.contains("pwrite64(") && $0.contains("index.sqlite-wal>")
        }
        let commitSync = try index("the commit's sync", after: commit) {
            $0.contains("sync(") && $0.contains("index.sqlite-wal>")
        }
        let current = try index("current", after: commitSync) {
            $0.contains("renameat") && $0.contains("\"current.new\"")
        }
        #expect(current > commitSync)
        // Rows that were written before the publication are synced with it, not one by one.
        let early = lines[..<contents].filter { $0.contains("fdatasync(") && $0.contains("index.sqlite-wal>") }
        #expect(early.count <= 1, "\(early)")
    }

    /// Each 128 MiB the disk begins with what is there, beside the two times at the end.
    @Test(arguments: [(1, 2...2), (300, 3...4)])
    func theDiskBeginsBeforeTheEnd(mebibytes: Int, calls: ClosedRange<Int>) throws {
        let directory = try TemporaryDirectory()
        let layout = directory.appending("layout")
        let tree = directory.appending("tree")
        try Tree.write(["a.bin": ""], to: tree)
        try #require(FileHandle(forWritingAtPath: tree + "/a.bin")).truncate(atOffset: UInt64(mebibytes) << 20)
        try Command.run(DaemonProcess.executable.path, ["push", tree, "oci-layout:\(layout):1.0.0"])
        let lines = try sync(try configuration(layout, in: directory), tracing: "syncfs", directory)
        #expect(calls.contains(lines.count { $0.contains("syncfs(") }), "\(lines)")
    }
}
