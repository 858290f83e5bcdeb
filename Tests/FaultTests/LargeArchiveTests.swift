import Foundation
import TestSupport
import Testing

/// Archives at the limits: taken whole, or refused by the limit that they pass, with the daemon's memory bounded.
///
/// Each has a short form, with limits to match, that runs always; `Tests/run.sh --long` runs them as large as the
/// standard limits allow.
@Suite(.serialized) struct LargeArchiveTests {
    /// What the issue asks for, in bytes.
    private static let ceiling = 128 << 20

    /// Writes a tar, gzipped, with nothing but what is said: Python's own module takes minutes for a million entries.
    private static let writer = """
        import gzip, os, sys
        def octal(value, digits): return b"%0*o\\0" % (digits, value)
        def header(name, size=0, kind=b"0"):
            block = bytearray(512)
            block[0:len(name)] = name
            block[100:156] = (octal(0o644, 7) + octal(0, 7) + octal(0, 7) + octal(size, 11)
                + octal(1700000000, 11) + b" " * 8)
            block[156:157] = kind
            block[257:265] = b"ustar\\00000"
            block[148:156] = octal(sum(block), 6) + b" "
            return bytes(block)
        def long(name):
            return header(b"././@LongLink", len(name) + 1, b"L") + name + bytes(512 - len(name) % 512)
        def entry(name, content=b"", kind=b"0"):
            out.write((long(name) if len(name) > 100 else b"") + header(name[:100], len(content), kind))
            out.write(content + bytes(-len(content) % 512))
        out = gzip.open(sys.argv[1], "wb", 1)

        """

    /// What became of an archive.
    private struct Result {
        let line: String
        let memory: Int
        let seconds: Double
    }

    /// Has a daemon take an archive that `script` writes, and looks at it when that is over.
    private func take(
        _ script: String,
        storage: [String] = [],
        check: (RunningSite) throws -> Void = { _ in }
    ) throws -> Result {
        let directory = try TemporaryDirectory()
        let layout = directory.appending("layout")
        let archive = directory.appending("manifests.tgz")
        try Layout.make(at: layout)
        try Command.run("python3", ["-c", Self.writer + script + "\nout.write(bytes(1024))\nout.close()\n", archive])
        try Layout.moveArtifact(archive, tag: "1.0.0", into: layout)
        let site = try RunningSite(
            source: ["repository: oci-layout:\(layout)", "timeout: 2h"],
            storage: storage,
            // A debug build takes an hour for what the long form has it do.
            program: DaemonProcess.optimized ?? DaemonProcess.executable,
            in: directory
        )
        let start = Date()
        let line = try site.daemon.wait(for: "end of the sync", patience: 3600) { lines in
            lines.first { $0.contains("msg=\"Serving 1.0.0\"") || $0.contains("level=error") }
        }
        let seconds = Date().timeIntervalSince(start)
        try check(site)
        let status = try String(contentsOfFile: "/proc/\(site.daemon.identifier)/status", encoding: .utf8)
        let peak = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        let memory = try #require(Int(peak.filter(\.isNumber))) << 10
        #expect(memory < Self.ceiling)
        #expect(site.daemon.stop() == 0)
        return Result(line: line, memory: memory, seconds: seconds)
    }

    private func report(_ what: String, _ result: Result) {
        print("\(what): \(result.memory >> 20) MiB at most, \(Int(result.seconds.rounded())) s: \(result.line)")
    }

    private func many(_ count: Int, content: String) -> String {
        """
        for number in range(\(count)):
            if number % 1000 == 0: entry(b"d%d" % (number // 1000), kind=b"5")
            entry(b"d%d/%d" % (number // 1000, number), \(content))
        """
    }

    @Test func manyFiles() throws {
        let count = LongTests.areWanted ? 100_000 : 3000
        let result = try take(many(count, content: "b\"%d\\n\" % number * 20")) { (site: RunningSite) throws in
            #expect(try site.get("/-/status").text.contains("\"files\":\(count)"))
            #expect(try site.get("/d2/2999").text == String(repeating: "2999\n", count: 20))
        }
        #expect(result.line.contains("Serving"), "\(result.line)")
        report("\(count) files", result)
    }

    @Test func emptyFiles() throws {
        let count = LongTests.areWanted ? 1_000_000 : 3000
        let storage = ["maxFiles: \(count)"]
        let result = try take(many(count, content: "b\"\""), storage: storage) { (site: RunningSite) throws in
            #expect(try site.get("/-/status").text.contains("\"files\":\(count)"))
            #expect(try site.get("/d\(count / 1000 - 1)/\(count - 1)").out.isEmpty)
        }
        #expect(result.line.contains("Serving"), "\(result.line)")
        report("\(count) empty files", result)

        let refused = try take(many(count + 1, content: "b\"\""), storage: storage) { (site: RunningSite) throws in
            // What was staged is removed in the background.
            var left = [""]
            for _ in 0..<6000 where !left.isEmpty {
                left = try FileManager.default.contentsOfDirectory(atPath: site.volume + "/staging")
                if !left.isEmpty { Thread.sleep(forTimeInterval: 0.1) }
            }
            #expect(left.isEmpty)
        }
        #expect(refused.line.contains("more than \(count) files or directories"), "\(refused.line)")
        report("\(count + 1) empty files", refused)
    }

    /// Members of the gzip that hold nothing, each another one, and each asked for and remembered.
    @Test func emptyMembers() throws {
        let count = LongTests.areWanted ? 1_000_000 : 20_000
        let script = """
            entry(b"a", b"content")
            out.write(bytes(1024))
            out.close()
            import struct
            out = open(sys.argv[1], "ab")
            # Stored blocks without a byte, so that it isn't too short to be asked for.
            rest = bytes([0, 0, 0, 255, 255]) * 110 + bytes([3, 0]) + bytes(8)
            for number in range(\(count)):
                out.write(b"\\x1f\\x8b\\x08\\x04" + struct.pack("<I", number + 1) + b"\\0\\xff\\x08\\0SM\\x04\\0")
                out.write(struct.pack("<I", 20 + len(rest)) + rest)
            out.close()
            class Nothing:
                def write(self, bytes): pass
                def close(self): pass
            out = Nothing()
            """
        let result = try take(script) { (site: RunningSite) throws in
            #expect(try site.get("/a").text == "content")
        }
        #expect(result.line.contains("Serving"), "\(result.line)")
        report("\(count) empty members", result)
    }

    @Test func oneLargeFile() throws {
        let size: Int64 = LongTests.areWanted ? 4 << 30 : 64 << 20
        let storage = ["maxFileSize: \(size >> 20)MiB"]
        // Compresses some sixty times: below the ratio that is refused.
        func file(_ size: Int64) -> String {
            """
            out.write(header(b"large", \(size)))
            left = \(size)
            while left > 0:
                part = b"".join(os.urandom(48) + bytes(4048) for _ in range(256))[:left]
                out.write(part)
                left -= len(part)
            out.write(bytes(-\(size) % 512))
            """
        }
        let result = try take(file(size), storage: storage) { (site: RunningSite) throws in
            #expect(try site.get("/large", ["-r", "\(size - 4)-"]).out == [0, 0, 0, 0])
            #expect(try site.get("/-/status").text.contains("\"bytes\":\(size)"))
        }
        #expect(result.line.contains("Serving"), "\(result.line)")
        report("one file of \(size >> 20) MiB", result)
        // Refused by its header: nothing of it has to be made.
        let refused = try take("out.write(header(b\"large\", \(size + 1)))", storage: storage)
        #expect(refused.line.contains("storage.maxFileSize"), "\(refused.line)")
        report("one file of a byte more", refused)
    }

    @Test func deepDirectoriesAndLongNames() throws {
        let result = try take(
            """
            entry(b"/".join(b"%d" % level for level in range(64)), b"deep")
            entry(b"n" * 255, b"long")
            entry(b"m" * 255 + b"/" + b"m" * 255 + b"/f", b"both")
            """
        ) { (site: RunningSite) throws in
            #expect(try site.get("/" + (0..<64).map { "\($0)" }.joined(separator: "/")).text == "deep")
            #expect(try site.get("/" + String(repeating: "n", count: 255)).text == "long")
            let name = String(repeating: "m", count: 255)
            #expect(try site.get("/\(name)/\(name)/f").text == "both")
        }
        #expect(result.line.contains("Serving"), "\(result.line)")
        report("64 levels and names of 255 bytes", result)
        let deeper = try take("entry(b\"/\".join(b\"%d\" % level for level in range(65)), b\"deep\")")
        #expect(deeper.line.contains("has more than 64 components"), "\(deeper.line)")
        let longer = try take("entry(b\"n\" * 256, b\"long\")")
        #expect(longer.line.contains("has a component of more than 255 bytes"), "\(longer.line)")
    }
}
