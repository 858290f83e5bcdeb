import Foundation
import TestSupport
import Testing

/// The daemon's memory while it takes large archives: bounded by the hand-over, whatever their size.
@Suite(.serialized) struct MemoryTests {
    /// The largest resident set that a process has had (`proc(5)`, `VmHWM`), in bytes.
    private func peak(of process: Int32) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(Int(line.filter(\.isNumber))) << 10
    }

    /// What the issue asks for, in bytes.
    private static let ceiling = 96 << 20

    private func sync(_ make: (_ tree: String) throws -> Void, check: (RunningSite) throws -> Void) throws {
        let directory = try TemporaryDirectory()
        let tree = directory.appending("tree")
        try FileManager.default.createDirectory(atPath: tree, withIntermediateDirectories: true)
        try make(tree)
        let layout = directory.appending("layout")
        let archive = directory.appending("manifests.tgz")
        try Command.run("sh", ["-c", "tar -cf - . | gzip -1 > \(archive)"], directory: tree)
        try Command.run(DaemonProcess.executable.path, ["push", archive, "oci-layout:\(layout):1.0.0"])
        let site = try RunningSite(source: ["repository: oci-layout:\(layout)"], in: directory)
        try site.daemon.wait(forLine: "msg=\"Serving 1.0.0\"", patience: 600)
        let memory = try peak(of: site.daemon.identifier)
        print("peak memory: \(memory >> 20) MiB")
        #expect(memory < Self.ceiling)
        try check(site)
        #expect(site.daemon.stop() == 0)
    }

    @Test func fiftyThousandFiles() throws {
        try sync { tree in
            // Every file another one: nothing can be linked.
            let script = """
                import os
                for number in range(50000):
                    folder = f"d{number // 500}"
                    if number % 500 == 0: os.mkdir(folder)
                    with open(f"{folder}/{number}.yaml", "wb") as file: file.write(b"%d\\n" % number * 300)
                """
            try Command.run("python3", ["-c", script], directory: tree)
        } check: { site in
            let last = try site.get("/d99/49999.yaml").text
            #expect(last.hasPrefix("49999\n"))
            let status = try site.get("/-/status").text
            #expect(status.contains("\"files\":50000"))
        }
    }

    @Test func oneFileOfAGibibyte() throws {
        try sync { tree in
            try Command.run(
                "sh",
                [
                    "-c",
                    "for i in 1 2 3 4 5 6 7 8; do head -c 1048576 /dev/urandom; done > block; "
                        + "for i in $(seq 128); do cat block; done > large.bin; rm block",
                ],
                directory: tree
            )
        } check: { site in
            let range = try site.get("/large.bin", ["-r", "1073741820-1073741823"]).out
            #expect(range.count == 4)
            #expect(try site.status("/large.bin", ["-I"]) == 200)
            // Sending it takes no more memory than taking it.
            let sum = try Command.run(
                "sh",
                ["-c", "curl -sS --cacert \(site.certificateFile) \(site.url)/large.bin | sha256sum"]
            ).text.prefix(64)
            let own = try Command.run("sha256sum", [site.volume + "/current/large.bin"]).text.prefix(64)
            #expect(sum == own)
            let after = try peak(of: site.daemon.identifier)
            #expect(after < Self.ceiling)
        }
    }
}
