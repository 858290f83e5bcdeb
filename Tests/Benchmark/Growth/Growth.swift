import Foundation
import TestSupport

/// How the daemon's figures grow with what is on the volume.
struct Growth {
    struct Row: Encodable {
        /// Files of the release, and releases on the volume.
        let files: Int
        let releases: Int
        /// Of the last sync onto the volume: seconds, and microseconds a file.
        let sync: Double
        let syncOfOneFile: Double
        /// MiB: of that sync, and of the daemon after the load.
        let peak: Double
        let memory: Double
        /// From the start of the process to its first answer, in milliseconds.
        let start: Double
        /// Requests a second for files anywhere in the release, and microseconds of processor time of each.
        let rate: Double
        let processor: Double
    }

    /// What the start may take with 100,000 files on the volume, in milliseconds; 30 are aimed at.
    static let startGate = 100.0

    /// Bytes of each file: little, as it is the number of files that is looked at.
    private static let size = 256

    let specman: String
    let directory: String
    let certificate: CertificateAuthority.Pair
    let seconds: Int

    /// - Parameter releases: of which each but the first has 1 % of its files changed.
    func run(files: Int, releases: Int, tell: (String) -> Void) throws -> Row {
        let place = "\(directory)/growth-\(files)-\(releases)"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        var last: MeasuredCommand?
        for revision in 0..<releases {
            let archive = "\(place)/\(revision).tgz"
            try ReleaseArchive.write(archive, files: files, size: Self.size, revision: revision)
            try Command.run(specman, ["push", archive, "oci-layout:\(place)/layout:1.0.\(revision)"])
            last = try MeasuredCommand(
                "exec \(specman) sync",
                environment: environment(place, releases: releases, pin: "1.0.\(revision)")
            )
        }
        guard let last else { throw BenchmarkError("no release to measure") }
        let row = try serve(place, files: files, releases: releases, sync: last)
        tell(row.summary)
        return row
    }

    private func environment(_ place: String, releases: Int, pin: String) -> [String: String] {
        [
            "SPECMAN_SOURCE_REPOSITORY": "oci-layout:\(place)/layout", "SPECMAN_SOURCE_TAGS_POLICY": "pinned",
            "SPECMAN_SOURCE_TAGS_PIN": pin, "SPECMAN_SOURCE_INTERVAL": "1h",
            "SPECMAN_STORAGE_DIRECTORY": place + "/volume", "SPECMAN_STORAGE_RETAIN": "\(releases)",
            "SPECMAN_STORAGE_KEEP_ARCHIVES": "false", "SPECMAN_STORAGE_MAX_FILES": "2000000",
        ]
    }

    private func serve(_ place: String, files: Int, releases: Int, sync: MeasuredCommand) throws -> Row {
        let port = try ServerUnderTest.freePort()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: specman)
        process.arguments = ["serve"]
        process.environment = environment(place, releases: releases, pin: "1.0.\(releases - 1)").merging([
            "SPECMAN_LISTENER_ADDRESS": "127.0.0.1:\(port)", "SPECMAN_MANAGEMENT_ADDRESS": "none",
            "SPECMAN_LISTENER_CERTIFICATE_FILE": certificate.certificateFile,
            "SPECMAN_LISTENER_KEY_FILE": certificate.keyFile, "SWIFT_BACKTRACE": "enable=no",
        ]) { $1 }
        process.standardOutput = FileHandle.nullDevice
        let context = try TLSClient.Context()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { buffer.deallocate() }
        let begin = ContinuousClock.now
        try process.run()
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        while true {
            if let client = try? TLSClient(port: port, context: context) {
                _ = try client.get(ReleaseArchive.path(of: files / 2), into: buffer)
                break
            }
            guard process.isRunning else { throw BenchmarkError("specman serve ended before it answered") }
            usleep(500)
        }
        let start = ContinuousClock.now.seconds(since: begin) * 1000
        let script = try RandomPaths.script(in: place, files: files, path: ReleaseArchive.pathInLua)
        let tree = ProcessTree(root: process.processIdentifier)
        let before = tree.processorSeconds
        let load = try Wrk.run("https://127.0.0.1:\(port)", connections: 64, seconds: seconds, script: script)
        let used = tree.processorSeconds - before
        return Row(
            files: files,
            releases: releases,
            sync: sync.wall,
            syncOfOneFile: sync.wall / Double(files) * 1e6,
            peak: sync.peak,
            memory: tree.memory / 1024,
            start: start,
            rate: load.rate,
            processor: used / load.requests * 1e6
        )
    }
}

extension Growth.Row {
    var summary: String {
        "\(files) files, \(releases) releases: sync \(sync.figure(2)) s (\(syncOfOneFile.figure(0)) µs a file, peak "
            + "\(peak.figure(0)) MiB), start \(start.figure(0)) ms, \(rate.figure(0)) requests/s, "
            + "\(processor.figure(1)) µs CPU, \(memory.figure(0)) MiB"
    }
}
