import Curl
import Daemon
import Foundation
import TestSupport
import Testing

/// From a layout to an answer, in one process.
@Suite struct ServiceTests {
    @Test func layersAreUnpackedInOrderWhateverTheyAre() throws {
        let fixture = try ServiceFixture([
            ("one.tgz", try ServiceFixture.archive(["a": "one", "b": "one"], compressed: true)),
            ("two.tar", try ServiceFixture.archive(["b": "two", "dir/c": "two"], compressed: false)),
            ("notes.txt", Array("no archive at all\n".utf8)),
            ("raw.gz", try Command.run("gzip", ["-c"], input: Array("a gzip of no tar".utf8)).out),
        ])
        #expect(try fixture.get("/a").text == "one")
        #expect(try fixture.get("/b").text == "two")
        #expect(try fixture.get("/dir/c").text == "two")
        #expect(try fixture.get("/notes.txt").text == "no archive at all\n")
        #expect(try fixture.get("/raw.gz").response["Content-Length"] != "16")
        let names = fixture.lines.all.filter { $0.contains("filename: ") }
        #expect(names.count == 4)
        #expect(names.first?.contains("filename: one.tgz, isDir: false") == true)
    }

    @Test func fieldsOfAFileAnswer() throws {
        let fixture = try ServiceFixture([("m.tgz", try ServiceFixture.archive(["v.yaml": "v: 1\n"], compressed: true))]
        )
        let (response, text) = try fixture.get("/v.yaml")
        #expect(text == "v: 1\n")
        let sum = try Command.run("sha256sum", [], input: Array(text.utf8)).text.prefix(64)
        #expect(response["ETag"] == "\"\(sum)\"")
        #expect(response["Accept-Ranges"] == "bytes")
        #expect(response["X-Content-Type-Options"] == "nosniff")
        #expect(response["Specman-Release"]?.hasPrefix("1.0.0@sha256:") == true)
        #expect(response["Repr-Digest"]?.hasPrefix("sha-256=:") == true)
        #expect(response["Last-Modified"]?.hasSuffix(" GMT") == true)
        #expect(response["Date"]?.hasSuffix(" GMT") == true)
        let again = try fixture.get("/v.yaml", [("If-None-Match", "\"\(sum)\"")])
        #expect(again.response.status == 304)
        #expect(again.text == "")
        let part = try fixture.get("/v.yaml", [("Range", "bytes=3-")])
        #expect(part.response.status == 206)
        #expect(part.response["Content-Range"] == "bytes 3-4/5")
        #expect(part.text == "1\n")
    }

    /// The loops keep ready answers; a publication drops them all, and a pinned client sees none of it.
    @Test func aPublicationReplacesWhatTheLoopsKeep() throws {
        let fixture = try ServiceFixture([
            ("m.tgz", try ServiceFixture.archive(["v": "1", "w": "1"], compressed: true))
        ])
        let first = try #require(try fixture.get("/v").response["Specman-Release"])
        for _ in 0..<5 { #expect(try fixture.get("/v").text == "1") }
        let next = try ServiceFixture.archive(["v": "2"], compressed: true)
        try ServiceFixture.push([("m.tgz", next)], as: "2.0.0", to: fixture.layout)
        try fixture.lines.wait(for: "msg=\"Serving 2.0.0\"")
        for _ in 0..<5 { #expect(try fixture.get("/v").text == "2") }
        #expect(try fixture.get("/w").response.status == 404)
        let pinned = try fixture.get("/w", [("Specman-Release", first)])
        #expect(pinned.text == "1")
        #expect(pinned.response["Specman-Release"] == first)
        #expect(try fixture.get("/-/releases/1.0.0/v").text == "1")
        let diff = try fixture.get("/-/diff?from=1.0.0&to=2.0.0").text
        #expect(diff.contains("\"removed\":[{\"path\":\"w\""), "\(diff)")
    }

    /// Each form is kept by the loops apart from the other.
    @Test func bothFormsOfATextAreGivenToThoseWhoAskForThem() throws {
        let text = String(repeating: "filepath: /roar/nickfury\n", count: 300)
        let fixture = try ServiceFixture([("m.tgz", try ServiceFixture.archive(["v.yaml": text], compressed: true))])
        for _ in 0..<4 {
            let plain = try fixture.get("/v.yaml")
            #expect(plain.text == text)
            #expect(plain.response["Content-Encoding"] == nil)
            let gzip = try fixture.get("/v.yaml", [("Accept-Encoding", "gzip")])
            #expect(gzip.response["Content-Encoding"] == "gzip")
            #expect(gzip.response["ETag"]?.hasSuffix("-gzip\"") == true)
        }
        let url = "https://127.0.0.1:\(fixture.service.port)/v.yaml"
        let arguments = ["-sSf", "--compressed", "--cacert", fixture.volume + "/tls/tls.crt", url]
        #expect(try Command.run("curl", arguments).text == text)
    }

    @Test func whatIsBeyondRetentionIsGone() throws {
        let fixture = try ServiceFixture(
            [("m.tgz", try ServiceFixture.archive(["v": "1"], compressed: true))],
            storage: ["retain: 1", "keepArchives: false"]
        )
        let first = try #require(try fixture.get("/v").response["Specman-Release"])
        let next = try ServiceFixture.archive(["v": "2"], compressed: true)
        try ServiceFixture.push([("m.tgz", next)], as: "2.0.0", to: fixture.layout)
        try fixture.lines.wait(for: "msg=\"Serving 2.0.0\"")
        #expect(try fixture.get("/v", [("Specman-Release", first)]).response.status == 410)
        #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.volume + "/archives") == [])
    }

    @Test func theNetworkMayNotAdminister() throws {
        let fixture = try ServiceFixture([("m.tgz", try ServiceFixture.archive(["v": "1"], compressed: true))])
        #expect(try fixture.get("/-/sync", method: .post).response.status == 403)
        #expect(try fixture.get("/-/sync").response.status == 405)
        // Whoever may open the socket administers.
        let answer = try Command.run(
            "curl",
            ["-sS", "--unix-socket", "specman.sock", "-X", "POST", "http://localhost/-/sync"],
            directory: fixture.volume
        )
        #expect(answer.text.contains("\"result\":\"unchanged\""), "\(answer.text)")
    }

    @Test func aDaemonOnTheVolumeSyncsForTheCommand() throws {
        let fixture = try ServiceFixture([("m.tgz", try ServiceFixture.archive(["v": "1"], compressed: true))])
        let program = DaemonProcess.executable.path
        let configuration = ["--config", fixture.directory.appending("specman.yaml")]
        let next = try ServiceFixture.archive(["v": "2"], compressed: true)
        try ServiceFixture.push([("m.tgz", next)], as: "2.0.0", to: fixture.layout)
        let text = try Command.run(program, ["sync"] + configuration).text
        // The daemon's own poll may have been quicker; either way the new one is served when the command is back.
        #expect(text.contains(" 2.0.0 sha256:"), "\(text)")
        #expect(try fixture.get("/v").text == "2")

        let table = try Command.run(program, ["releases"] + configuration).text
        #expect(table.split(separator: "\n").count == 3, "\(table)")
        let json = try Command.run(program, ["releases", "--output", "json"] + configuration).out
        let releases = try #require(try JSONSerialization.jsonObject(with: Data(json)) as? [[String: Any]])
        #expect(releases.map { $0["tag"] as? String } == ["2.0.0", "1.0.0"])
        #expect(releases.map { $0["active"] as? Bool } == [true, false])
        #expect(Set(releases[0].keys) == ["tag", "digest", "files", "bytes", "publishedAt", "active"])
    }

    @Test func theVolumeCanBeReadBesideTheDaemon() throws {
        let fixture = try ServiceFixture([
            ("m.tgz", try ServiceFixture.archive(["a": "one", "b": "same", "d/c": "gone"], compressed: true))
        ])
        let next = try ServiceFixture.archive(["a": "two", "b": "same", "d/e": "new"], compressed: true)
        try ServiceFixture.push([("m.tgz", next)], as: "2.0.0", to: fixture.layout)
        try fixture.lines.wait(for: "msg=\"Serving 2.0.0\"")
        let configuration = ["--config", fixture.directory.appending("specman.yaml")]
        func run(_ arguments: String...) throws -> Command.Output {
            try Command.output(DaemonProcess.executable.path, arguments + configuration)
        }
        #expect(try run("cat", "/a").text == "two")
        #expect(try run("cat", "a", "--release", "1.0.0").text == "one")
        #expect(try run("diff", "1.0.0", "2.0.0").text == "+   d/e   3\n-   d/c   4\n~   a     3\n")
        #expect(try run("diff", "1.0.0", "2.0.0", "-o", "json").text.contains("\"added\":[{\"path\":\"d/e\""))
        let names = try run("ls", "/").text.split(separator: "\n").map { $0.prefix { $0 != " " } }
        #expect(names == ["PATH", "a", "b", "d/"])
        #expect(try run("ls", "d", "--release", "1.0.0", "--output", "json").text.contains("\"path\" : \"d/c\""))
        #expect(try run("status").text.contains("2.0.0 sha256:"))
        #expect(try run("status", "-o", "json").text.contains("\"release\":{\"tag\":\"2.0.0\""))
        for (arguments, complaint) in [
            (["cat", "/nothing"], "no such file"), (["cat", "/d"], "is a directory"), (["cat", "../x"], "no path"),
            (["ls", "--release", "9"], "no release 9"), (["diff", "1.0.0", "9"], "no release 9"),
        ] {
            let output = try Command.output(DaemonProcess.executable.path, arguments + configuration)
            #expect(output.status == 1)
            #expect(output.err.contains(complaint), "\(output.err)")
            #expect(output.err.split(separator: "\n").count == 1)
        }
    }
}
