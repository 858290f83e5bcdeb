import Foundation
import TestSupport
import Testing

/// Directories as a whole: large listings and archives, as curl and GNU tar take them.
@Suite struct DirectoryTests {
    /// Pushes a tree and serves it.
    private static func site(_ tree: String, in directory: TemporaryDirectory) throws -> RunningSite {
        let layout = "oci-layout:\(directory.appending("layout"))"
        try Command.run(DaemonProcess.executable.path, ["push", tree, layout + ":1.0.0"])
        let site = try RunningSite(source: ["repository: \(layout)", "interval: 1h"], in: directory)
        try site.daemon.wait(forLine: "Serving 1.0.0")
        return site
    }

    /// In KiB.
    private static func peak(_ daemon: DaemonProcess) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(daemon.identifier)/status", encoding: .utf8)
        let match = try #require(status.firstMatch(of: /VmHWM:\s+(\d+)/))
        return try #require(Int(match.1))
    }

    @Test func aHundredThousandEntriesAreSentAsTheyAreRead() throws {
        let directory = try TemporaryDirectory()
        let tree = directory.appending("tree")
        let count = 100_000
        try Command.run(
            "sh",
            ["-c", "mkdir -p \(tree)/many && cd \(tree)/many && seq -f 'entry-%06g.yaml' 1 \(count) | xargs touch"]
        )
        let site = try Self.site(tree, in: directory)
        let before = try Self.peak(site.daemon)

        let text = try site.get("/many/", ["-H", "Accept: text/plain"]).text
        let names = text.split(separator: "\n")
        #expect(names.count == count)
        #expect(names.first == "entry-000001.yaml" && names.last == "entry-100000.yaml")
        let json = try site.get("/many/", ["-H", "Accept: application/json"])
        let list = try #require(try JSONSerialization.jsonObject(with: Data(json.out)) as? [[String: Any]])
        #expect(list.count == count)
        #expect(list.allSatisfy { $0["digest"] != nil && $0["name"] != nil })
        let page = try site.get("/many/").text
        #expect(page.contains(">entry-100000.yaml<") && page.hasSuffix("</html>\n"))
        #expect(page.contains("0 directories, 100000 files"))

        // HTTP/1.0 knows no chunks: the end of the connection is the end of the body.
        let old = try site.get("/many/", ["-0", "-H", "Accept: text/plain", "-D", directory.appending("head")])
        #expect(old.text == text)
        let head = try String(contentsOfFile: directory.appending("head"), encoding: .utf8)
        #expect(!head.contains("chunked") && head.contains("Connection: close"))
        let asked = try site.get("/many/", ["-I"]).text
        #expect(asked.contains("HTTP/1.1 200") && asked.contains("Transfer-Encoding: chunked"))

        // All three forms hold tens of MiB; what is in memory at a time is a part of the directory.
        let growth = try Self.peak(site.daemon) - before
        #expect(growth < 24 << 10, "\(growth) KiB")
        #expect(site.daemon.stop() == 0)
    }

    @Test func anArchiveIsTheTreeAndAlwaysTheSameBytes() throws {
        let directory = try TemporaryDirectory()
        let tree = directory.appending("tree")
        try Tree.write(
            [
                "roar/nickfury/versions.yaml": "versions: []\n", "roar/nickfury.txt": "beside\n", "empty": "",
                "docs and notes/a & b.txt": "odd\n", "roar/nickfury/4.0/version.yaml": "4.0\n",
                "large": String(repeating: "0123456789abcdef", count: 40_000),
            ],
            to: tree
        )
        try Command.run("ln", ["-s", "roar/nickfury/versions.yaml", "\(tree)/latest.yaml"])
        try Command.run("sh", ["-c", "mkdir \(tree)/many && cd \(tree)/many && seq 1 500 | xargs touch"])
        let site = try Self.site(tree, in: directory)

        let whole = try site.get("/?archive=tgz", ["-D", directory.appending("head")]).out
        let out = directory.appending("out")
        try Command.run("mkdir", [out])
        try Command.run("tar", ["-xzf", "-", "-C", out], input: whole)
        #expect(try Command.output("diff", ["-r", "--no-dereference", tree, out]).text == "")
        #expect(try site.get("/?archive=tgz").out == whole)
        let head = try String(contentsOfFile: directory.appending("head"), encoding: .utf8)
        #expect(head.contains("Content-Type: application/gzip\r\n"))
        #expect(head.contains("Content-Disposition: attachment; filename=\"release-1.0.0.tar.gz\"\r\n"))
        let tag = try #require(head.firstMatch(of: /ETag: (\S+)\r\n/)).1
        #expect(try site.status("/?archive=tgz", ["-H", "If-None-Match: \(tag)"]) == 304)

        // A part of it, over HTTP/1.0, and in a release named by its tag.
        let part = try site.get("/-/releases/1.0.0/roar/?archive=tgz", ["-0"]).out
        let names = try Command.run("tar", ["-tzf", "-"], input: part).text.split(separator: "\n")
        #expect(
            names == [
                "./", "nickfury/", "nickfury/4.0/", "nickfury/4.0/version.yaml", "nickfury/versions.yaml",
                "nickfury.txt",
            ]
        )
        #expect(try site.get("/roar/?archive=tgz", ["-I"]).text.contains("HTTP/1.1 200"))
        #expect(try site.status("/roar/?archive=zip") == 400)
        #expect(try site.status("/nothing/?archive=tgz") == 404)
        #expect(site.daemon.stop() == 0)
    }
}
