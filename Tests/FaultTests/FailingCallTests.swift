import Content
import Daemon
import Foundation
import TestSupport
import Testing

@testable import Store

/// Every call on the volume that can fail, failed once: nothing is lost, nothing is left over, and the next sync succeeds.
@Suite(.serialized) struct FailingCallTests {
    /// Files that stay, change, come and go; a large one, which is written otherwise; a link; directories.
    private static func tree(_ release: Int) -> [String: String] {
        var files = [
            "same.yaml": "same: 1\n", "changed.yaml": "release: \(release)\n", "d/e/f.yaml": "deep: \(release)\n",
            "large.bin": String(repeating: "large \(release)\n", count: 50_000),
            "d/\(release).yaml": "only: \(release)\n",
        ]
        for number in 0..<4 { files["many/\(number)"] = "\(number) of \(release)\n" }
        return files
    }

    private let directory: TemporaryDirectory
    private let calls: FailingCalls
    private let volume: String
    private let base: String
    private let file: String

    /// A volume that serves the first release, and a source that has the second one.
    init() throws {
        directory = try TemporaryDirectory()
        calls = try FailingCalls(in: directory)
        volume = directory.appending("volume")
        base = directory.appending("base")
        file = directory.appending("specman.yaml")
        let layout = directory.appending("layout")
        try RunningSite.configuration(
            source: ["repository: oci-layout:\(layout)"],
            storage: ["directory: \(volume)", "retain: 2", "reserve: 0B"],
            listener: []
        )
        .write(toFile: file, atomically: true, encoding: .utf8)
        for release in 1...3 {
            let tree = directory.appending("tree-\(release)")
            try Tree.write(Self.tree(release), to: tree)
            try FileManager.default.createSymbolicLink(atPath: tree + "/link", withDestinationPath: "d/e")
            let reference = "oci-layout:\(layout):\(release).0.0"
            try Command.run(DaemonProcess.executable.path, ["push", tree, reference])
            if release < 3 { _ = try SyncCommand.run(configuration()) }
        }
        try Command.run("cp", ["-a", volume, base])
    }

    private func configuration() throws -> Configuration {
        try Configuration(Settings(flags: [], file: file))
    }

    /// What is on the volume, the index left out.
    private func names() throws -> [String] {
        try Command.run("find", [".", "-not", "-name", "index.sqlite*", "-printf", "%P\\n"], directory: volume).text
            .split(separator: "\n").map(String.init).sorted()
    }

    private func content(of release: Release) throws -> [String: String] {
        var files: [String: String] = [:]
        var pending = [ReleasePath.root]
        while let path = pending.popLast() {
            for entry in try release.entries(of: path) where !entry.isLink {
                if entry.record.kind == .directory {
                    pending.append(entry.record.path)
                } else if let bytes = try release.content(of: entry.record, limit: 1 << 20) {
                    files["\(entry.record.path)"] = String(decoding: bytes, as: UTF8.self)
                }
            }
        }
        return files
    }

    /// The content of the release that a reader finds, who comes beside or after the failed sync.
    private func expectWhole(_ retained: RetainedReleases, _ releases: Set<String>, _ what: Comment) throws {
        let active = try #require(retained.active, what)
        #expect(releases.contains("\(active.tag)"), what)
        let number = try #require(Int("\(active.tag)".prefix(1)))
        #expect(try content(of: active) == Self.tree(number), what)
    }

    /// Puts the volume back to what it was at first. A reader of the last point may be closing the index still, and make
    /// a file in the directory that is being removed; a copy into what is left would lie below it.
    private func reset() throws {
        let patience = Date(timeIntervalSinceNow: 60)
        while FileManager.default.fileExists(atPath: volume) {
            do {
                try FileManager.default.removeItem(atPath: volume)
            } catch {
                guard Date() < patience else { throw error }
                usleep(10_000)
            }
        }
        try Command.run("cp", ["-a", base, volume])
    }

    /// Runs `specman sync` with one failing call, and then looks at everything.
    ///
    /// - Returns: whether the process came to that call at all.
    private func point(_ number: Int, _ code: Int32, _ extent: FailingCalls.Extent, final: [String]) throws -> Bool {
        try reset()
        let environment = try calls.environment(failing: number, with: code, extent, below: volume)
        let sync = try Command.output(
            DaemonProcess.executable.path,
            ["sync", "--config", file],
            environment: environment
        )
        let report = try calls.read()
        let reason = String(cString: strerror(code))
        let what: Comment = "call \(number) (\(report.failed)): \(reason), \(extent): \(sync.status) \(sync.err)"
        #expect(sync.status == 0 || sync.status == 1, what)
        // Beside what a warning says of cleaning up, one line and no more.
        let lines = sync.err.split(separator: "\n").filter { !$0.contains("warning") }
        #expect(lines.count == (sync.status == 0 ? 0 : 1), what)
        if sync.status == 0 { #expect(sync.text.hasPrefix("published 3.0.0"), what) }
        // A reader beside it, and a start.
        try expectWhole(Volume.openReadOnly(directory: volume), ["2.0.0", "3.0.0"], what)
        do {
            let store = try Volume(directory: volume, options: Volume.Options(retain: 2, reserve: 0))
            store.settle()
            #expect(store.takeProblems().isEmpty, what)
            try expectWhole(
                RetainedReleases(store.releases(), active: store.active),
                sync.status == 0 ? ["3.0.0"] : ["2.0.0", "3.0.0"],
                what
            )
            let isNew = "\(try #require(store.active).tag)" == "3.0.0"
            #expect(store.releases().map { "\($0.tag)" } == (isNew ? ["3.0.0", "2.0.0"] : ["2.0.0", "1.0.0"]), what)
            let ids = store.releases().map(\.id)
            let directories = try FileManager.default.contentsOfDirectory(atPath: volume + "/releases")
            #expect(Set(directories) == Set(ids + ids.map { $0 + ".json" }), what)
            #expect(try FileManager.default.contentsOfDirectory(atPath: volume + "/staging").isEmpty, what)
            // What was received of the next one is kept for the next attempt; what couldn't be removed goes with it.
            let archives = try FileManager.default.contentsOfDirectory(atPath: volume + "/archives")
            #expect(archives.filter { !$0.hasSuffix(".partial") }.count == 2, what)
            #expect(archives.count <= 3, what)
            let rows = try store.index.read("test") { database in try Index.numbers(database) }
            #expect(rows.count == 2, what)
        }
        // And once more, without faults.
        let again = try SyncCommand.run(configuration())
        #expect(again.contains(" 3.0.0 "), what)
        try expectWhole(Volume.openReadOnly(directory: volume), ["3.0.0"], what)
        #expect(try names() == final, what)
        return report.calls >= number
    }

    private struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let code: Int32
        let extent: FailingCalls.Extent

        var testDescription: String { name }
    }

    private static let cases = [
        Case(name: "ENOSPC", code: ENOSPC, extent: .once), Case(name: "EIO", code: EIO, extent: .once),
        Case(name: "EINTR", code: EINTR, extent: .once), Case(name: "a full disk", code: ENOSPC, extent: .full),
        Case(name: "EDQUOT", code: EDQUOT, extent: .once), Case(name: "EROFS", code: EROFS, extent: .once),
    ]

    /// How many points a case has where long tests aren't wanted; spread over the whole sync.
    private static let sampled = 4

    @Test(arguments: cases) private func everyCallFailsOnce(_ fault: Case) throws {
        // Without a fault: what is on the volume in the end, and how many calls it takes.
        try Command.run(
            DaemonProcess.executable.path,
            ["sync", "--config", file],
            environment: calls.environment(failing: 0, with: 0, .once, below: volume)
        )
        let total = try calls.read().calls
        #expect(total > 100, "the library sees the calls")
        let final = try names()
        let stride = LongTests.areWanted ? 1 : max(1, total / Self.sampled)
        var points = 0
        // The threads make their calls in another order each time, and some more or less of them.
        var number = LongTests.areWanted ? 1 : 1 + stride / 2
        while try point(number, fault.code, fault.extent, final: final) {
            points += 1
            number += stride
        }
        print("\(fault.name): a sync makes \(total) calls on the volume; failed at \(points) of them")
        #expect(points >= min(Self.sampled, total) - 1)
    }
}
