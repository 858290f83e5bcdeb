import Content
import Curl
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Store

/// `kill -9` at random moments of repeated syncs, while somebody reads.
@Suite(.serialized) struct KillTests {
    private static let rounds = LongTests.areWanted ? 300 : 8
    /// Releases that take turns: more than are retained, so that most turns are a download.
    private static let releases = 4
    private static let files = 40

    private static func content(_ file: Int, of release: Int) -> String {
        // One in ten is large, some stay the same.
        let release = file % 4 == 0 ? 0 : release
        return String(repeating: "file \(file) of release \(release)\n", count: file % 10 == 1 ? 20_000 : 3)
    }

    /// Reads the whole tree again and again through the volume's socket, whoever answers there.
    private final class Reader: Sendable {
        struct Findings {
            var answers = 0
            var failures = 0
            var wrong: [String] = []
            var seen: Set<Int> = []
        }

        private let isStopping = Atomic(false)
        private let findings = Mutex(Findings())
        private let ended = DispatchSemaphore(value: 0)

        init(_ volume: String, _ releases: [String: Int]) {
            let thread = Thread { [self] in
                var options = TransferOptions()
                options.unixSocket = volume + "/specman.sock"
                let client = TransferClient(options)
                var file = 0
                while !isStopping.load(ordering: .relaxed) {
                    file = (file + 1) % KillTests.files
                    read(file, client, releases)
                }
                ended.signal()
            }
            thread.start()
        }

        private func read(_ file: Int, _ client: TransferClient, _ releases: [String: Int]) {
            guard let url = TransferURL("http://localhost/d/\(file)"),
                let (response, body) = try? client.collect(
                    TransferRequest(.get, url, timeout: .seconds(30)),
                    limit: 1 << 20
                )
            else {
                // Nobody there, or killed while answering.
                findings.withLock { $0.failures += 1 }
                Thread.sleep(forTimeInterval: 0.005)
                return
            }
            let name = response["Specman-Release"] ?? "none"
            let release = releases[name.split(separator: "@").last.map(String.init) ?? ""]
            let text = String(decoding: body, as: UTF8.self)
            findings.withLock { findings in
                findings.answers += 1
                if let release { findings.seen.insert(release) }
                if response.status != 200 || release.map({ KillTests.content(file, of: $0) }) != text {
                    findings.wrong.append("\(response.status) \(name) /d/\(file): \(text.prefix(60))")
                }
            }
        }

        func stop() -> Findings {
            isStopping.store(true, ordering: .relaxed)
            ended.wait()
            return findings.withLock { $0 }
        }
    }

    /// Gives the layout another newest release every few moments.
    private final class Turner: Sendable {
        private let isStopping = Atomic(false)
        private let ended = DispatchSemaphore(value: 0)

        init(_ layout: String) {
            let thread = Thread { [self] in
                var release = 0
                while !isStopping.load(ordering: .relaxed) {
                    release += 1
                    turn(layout, to: release % KillTests.releases)
                    Thread.sleep(forTimeInterval: .random(in: 0.05...0.3))
                }
                ended.signal()
            }
            thread.start()
        }

        private func turn(_ layout: String, to release: Int) {
            let new = layout + "/index.json.new"
            guard (try? FileManager.default.removeItem(atPath: new)) != nil || true,
                (try? FileManager.default.copyItem(atPath: layout + "/index-\(release)", toPath: new)) != nil
            else { return }
            rename(new, layout + "/index.json")
        }

        func stop() {
            isStopping.store(true, ordering: .relaxed)
            ended.wait()
        }
    }

    /// How many bytes the volume's files take, each counted once; the index apart.
    private static func usage(_ volume: String) throws -> (files: Int, index: Int) {
        let lines = try Command.run("find", [".", "-type", "f", "-printf", "%i %b %f\\n"], directory: volume).text
        var blocks: [String: Int] = [:]
        var index = 0
        for line in lines.split(separator: "\n") {
            let parts = line.split(separator: " ").map(String.init)
            let size = (Int(parts[1]) ?? 0) * 512
            if parts[2].hasPrefix("index.sqlite") { index += size } else { blocks[parts[0]] = size }
        }
        return (blocks.values.reduce(0, +), index)
    }

    @Test func killedAtRandomMoments() throws {
        let directory = try TemporaryDirectory()
        let layout = directory.appending("layout")
        var known: [String: Int] = [:]
        for release in 0..<Self.releases {
            let tree = directory.appending("tree-\(release)")
            let files = (0..<Self.files).map { ("d/\($0)", Self.content($0, of: release)) }
            try Tree.write(Dictionary(uniqueKeysWithValues: files), to: tree)
            let pushed = try Command.run(
                DaemonProcess.executable.path,
                ["push", tree, "oci-layout:\(layout):live"]
            )
            let digest = try #require(pushed.text.firstMatch(of: /sha256:[0-9a-f]{64}/))
            known[String(digest.0)] = release
            try FileManager.default.copyItem(atPath: layout + "/index.json", toPath: layout + "/index-\(release)")
        }
        let volume = directory.appending("volume")
        let configuration = RunningSite.configuration(
            source: ["repository: oci-layout:\(layout)", "interval: 100ms"],
            storage: ["directory: \(volume)", "retain: 2", "reserve: 0B"],
            listener: ["address: 127.0.0.1:0"]
        )
        // The first release is there before anybody is killed.
        let first = try DaemonProcess(configuration: configuration, in: directory)
        try first.wait(forLine: "msg=\"Serving live\"")
        #expect(first.stop() == 0)
        let reader = Reader(volume, known)
        let turner = Turner(layout)
        var measured: [(files: Int, index: Int)] = []
        for round in 1...Self.rounds {
            let daemon = try DaemonProcess(configuration: configuration, in: directory)
            // Some die while they start, some while they serve, some while they sync.
            switch round % 3 {
            case 0: break
            case 1: try daemon.wait(forLine: "Listening on https")
            default: try daemon.wait(forLine: "msg=\"Downloading live\"")
            }
            Thread.sleep(forTimeInterval: .random(in: 0...0.6))
            #expect(daemon.isRunning, "round \(round): a start failed: \(daemon.log)")
            daemon.kill(SIGKILL)
            #expect(daemon.waitForExit() == -SIGKILL)
            let errors = daemon.log.filter { $0.contains("level=error") || $0.contains("level=warning") }
            #expect(errors.isEmpty, "round \(round): \(errors)")
            if round % 4 == 0 {
                let store = try Volume(directory: volume, options: Volume.Options(retain: 2, reserve: 0))
                store.settle()
                #expect(store.takeProblems().isEmpty)
                // A slow machine may not have come to the second one yet.
                let count = store.releases().count
                #expect(count == 1 || count == 2)
                #expect(try FileManager.default.contentsOfDirectory(atPath: volume + "/releases").count == 2 * count)
                #expect(try FileManager.default.contentsOfDirectory(atPath: volume + "/staging").isEmpty)
                measured.append(try Self.usage(volume))
            }
        }
        turner.stop()
        let last = try DaemonProcess(configuration: configuration, in: directory)
        try last.wait(forLine: "Listening on https")
        Thread.sleep(forTimeInterval: 0.5)
        let findings = reader.stop()
        #expect(last.stop() == 0)
        print(
            "killed \(Self.rounds) times; \(findings.answers) answers of \(findings.seen.count) releases,"
                + " \(findings.failures) without a daemon; on the volume \(measured.first.map(\.files) ?? 0) bytes"
                + " at first, \(measured.last.map(\.files) ?? 0) at last, \(measured.map(\.files).max() ?? 0) at most;"
                + " its index \(measured.first.map(\.index) ?? 0), \(measured.last.map(\.index) ?? 0)"
        )
        #expect(findings.wrong.isEmpty, "\(findings.wrong.prefix(5))")
        #expect(findings.answers > Self.rounds)
        #expect(!findings.seen.isEmpty)
        // Two releases, their archives, and at most one archive received in part.
        let tree = (0..<Self.files).map { Self.content($0, of: 1).utf8.count + 4096 }.reduce(0, +)
        let most = try #require(measured.map(\.files).max())
        #expect(most < 4 * tree, "\(measured)")
        let index = try #require(measured.map(\.index).max())
        #expect(index < 4 << 20, "\(measured)")
    }
}
