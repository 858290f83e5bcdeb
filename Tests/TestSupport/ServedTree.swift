import Foundation

/// A daemon that serves a tree of a test's own, from a layout.
package struct ServedTree {
    package let site: RunningSite
    /// Where the tree is as plain files.
    package let tree: String
    package let directory: TemporaryDirectory
    private let layout: String

    /// Packs `files`, pushes them as 1.0.0, and waits until they are served.
    ///
    /// - Parameters:
    ///   - files: content by path.
    ///   - modified: of every file, as `tar --mtime` takes it.
    package init(
        _ files: [String: [UInt8]],
        modified: String = "2024-03-01 12:00:00 UTC",
        listener: [String] = []
    ) throws {
        directory = try TemporaryDirectory()
        tree = directory.appending("tree")
        layout = directory.appending("layout")
        try Self.publish(files, as: "1.0.0", modified: modified, tree: tree, layout: layout)
        site = try RunningSite(
            source: ["repository: oci-layout:\(layout)", "interval: 500ms"],
            listener: listener,
            in: directory
        )
        try site.daemon.wait(forLine: "msg=\"Serving 1.0.0\"")
    }

    /// Publishes another release.
    package func publish(_ files: [String: [UInt8]], as tag: String) throws {
        let tree = directory.appending("tree-" + tag)
        try Self.publish(files, as: tag, modified: "2024-03-02 12:00:00 UTC", tree: tree, layout: layout)
        try site.daemon.wait(forLine: "msg=\"Serving \(tag)\"")
    }

    private static func publish(
        _ files: [String: [UInt8]],
        as tag: String,
        modified: String,
        tree: String,
        layout: String
    ) throws {
        for (path, content) in files {
            let url = URL(fileURLWithPath: tree + "/" + path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(content).write(to: url)
        }
        let archive = tree + ".tgz"
        try Command.run("tar", ["-czf", archive, "--mtime", modified, "."], directory: tree)
        try Command.run(DaemonProcess.executable.path, ["push", archive, "oci-layout:\(layout):\(tag)"])
    }

    /// A connection of a client's own.
    package func connect() throws -> RawConnection { try RawConnection(port: site.port) }

    /// The daemon's resident memory, in bytes (`proc(5)`).
    package func residentBytes() throws -> Int { try statusValue("VmRSS:") << 10 }

    /// The most that it has ever been.
    package func peakResidentBytes() throws -> Int { try statusValue("VmHWM:") << 10 }

    /// How many descriptors the daemon has open.
    package func openDescriptors() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(site.daemon.identifier)/fd").count
    }

    private func statusValue(_ name: String) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(site.daemon.identifier)/status", encoding: .utf8)
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name) }),
            let value = Int(line.filter(\.isNumber))
        else { throw Command.Failure(description: "no \(name) in the process's status") }
        return value
    }
}
