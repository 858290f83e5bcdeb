import Foundation
import TestSupport
import Testing

/// What is found in a release before it is published: told, or refused while what was served stays served.
@Suite struct CheckTests {
    private func push(
        _ files: [String: String],
        _ tag: String,
        to layout: String,
        in directory: TemporaryDirectory,
        environment: [String: String] = [:]
    ) throws {
        let tree = directory.appending("tree-" + tag)
        try Tree.write(files, to: tree)
        try Command.run(
            DaemonProcess.executable.path,
            ["push", tree, "oci-layout:\(layout):\(tag)"],
            environment: environment
        )
    }

    private func findings(of site: RunningSite) throws -> [String] {
        let status = try JSONSerialization.jsonObject(with: Data(try site.get("/-/status").out))
        return try #require((status as? [String: Any])?["findings"] as? [String])
    }

    private static let sound = [
        "roar/versions.yaml": "versions:\n- {filepath: /roar/4.5/version.yaml}\n", "roar/4.5/version.yaml": "a: 1\n",
    ]

    @Test func findingsAreToldAndSurviveRestartsAndTheIndex() throws {
        let directory = try TemporaryDirectory()
        let layout = directory.appending("layout")
        var files = Self.sound
        for number in 10..<22 { files["bad/\(number).yaml"] = "a: [\n" }
        files["roar/versions.yaml"]? += "- {patchVersionsFilepath: /roar/4.5/versions.yaml}\n"
        try push(files, "1.0.0", to: layout, in: directory)
        let source = ["repository: oci-layout:\(layout)", "interval: 200ms"]
        let site = try RunningSite(source: source, in: directory)
        try site.daemon.wait(forLine: "msg=\"Serving 1.0.0\"")
        let expected =
            (10..<22).map { "/bad/\($0).yaml: no YAML: line 2, column 1: did not find expected node content" }
            + ["/roar/versions.yaml: line 3 refers to /roar/4.5/versions.yaml, which the release has not"]
        // Findings that refuse nothing are looked for once the release is served.
        try site.daemon.wait(forLine: "3 more findings: specman status tells all of them")
        #expect(try findings(of: site) == expected)
        let warnings = site.daemon.log.filter { $0.contains("level=warning") && $0.contains("check=") }
        #expect(warnings.count == 10)
        #expect(warnings.first?.contains("/bad/10.yaml: no YAML") == true)
        let status = try Command.run(
            DaemonProcess.executable.path,
            ["status"],
            environment: ["SPECMAN_STORAGE_DIRECTORY": site.volume]
        ).text
        for line in expected { #expect(status.contains(line)) }
        #expect(site.daemon.stop() == 0)

        let again = try RunningSite(source: source, volume: site.volume, in: directory)
        #expect(try findings(of: again) == expected)
        #expect(again.daemon.stop() == 0)
        #expect(!again.daemon.log.contains { $0.contains("check=") }, "what is known was looked for again")

        for suffix in ["", "-wal", "-shm"] {
            try Command.run("rm", ["-f", site.volume + "/index.sqlite" + suffix])
        }
        let rebuilt = try RunningSite(source: source, volume: site.volume, in: directory)
        try rebuilt.daemon.wait(forLine: "3 more findings")
        #expect(try findings(of: rebuilt) == expected)
        #expect(rebuilt.daemon.stop() == 0)

        // A check that is switched off has found nothing.
        let off = try RunningSite(
            source: source + ["checks: {yaml: \"off\"}"],
            volume: site.volume,
            in: directory
        )
        #expect(try findings(of: off) == expected.suffix(1))
        #expect(off.daemon.stop() == 0)
    }

    @Test(
        arguments: [
            ("yaml: refuse", ["x.yaml": "a: [\n"], "/x.yaml: no YAML: line 2"),
            ("references: refuse", ["roar/versions.yaml": "filepath: /gone\n"], "line 1 refers to /gone"),
            ("requiredPaths: [/roar/4.5/extra.yaml]", [:], "/roar/4.5/extra.yaml: the release must have it"),
        ] as [(String, [String: String], String)]
    )
    func aRefusalKeepsWhatIsServed(check: String, change: [String: String], expected: String) throws {
        let directory = try TemporaryDirectory()
        let layout = directory.appending("layout")
        var good = Self.sound
        good["roar/4.5/extra.yaml"] = "b: 2\n"
        try push(good, "1.0.0", to: layout, in: directory)
        let site = try RunningSite(
            source: ["repository: oci-layout:\(layout)", "interval: 200ms", "checks: {\(check)}"],
            in: directory
        )
        try site.daemon.wait(forLine: "msg=\"Serving 1.0.0\"")
        try push(Self.sound.merging(change) { $1 }, "2.0.0", to: layout, in: directory)
        let line = try site.daemon.wait(forLine: "level=error")
        #expect(line.contains("checking the artifact before it is published: ") && line.contains(expected), "\(line)")
        let told = site.daemon.log.filter { $0.contains("level=info") && $0.contains("check=") }
        #expect(told.count == 1 && told.first?.contains(expected) == true, "\(told)")
        #expect(try site.get("/roar/4.5/extra.yaml").text == "b: 2\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: site.volume + "/staging") == [])
        #expect(try FileManager.default.contentsOfDirectory(atPath: site.volume + "/releases").count == 2)
        #expect(try findings(of: site) == [])
        #expect(site.daemon.messages.filter { $0 == "Downloading 2.0.0" }.count == 1, "it was downloaded again")
        good["roar/4.5/extra.yaml"] = "b: 3\n"
        try push(good, "3.0.0", to: layout, in: directory)
        try site.daemon.wait(forLine: "msg=\"Serving 3.0.0\"")
        #expect(site.daemon.stop() == 0)
    }

    @Test func aCommandSaysInOneLineThatItIsRefused() throws {
        let directory = try TemporaryDirectory()
        let tree = directory.appending("tree")
        try Tree.write(["1.yaml": "a: [\n", "2.yaml": "a: [\n"], to: tree)
        let result = try Command.output(
            DaemonProcess.executable.path,
            ["import", tree, "--tag", "1.0.0"],
            environment: [
                "SPECMAN_STORAGE_DIRECTORY": directory.appending("volume"), "SPECMAN_SOURCE_CHECKS_YAML": "refuse",
            ]
        )
        #expect(result.status == 1)
        let lines = result.err.split(separator: "\n")
        #expect(lines.count == 1, "\(lines)")
        #expect(lines.first?.contains("/1.yaml: no YAML: line 2, column 1") == true, "\(lines)")
        #expect(lines.first?.contains("(and 1 more)") == true, "\(lines)")
    }

    /// A release that was published when its findings refused nothing isn't served again once they do, but by hand.
    @Test(arguments: ["yaml: refuse", "references: refuse", "requiredPaths: [/roar/4.5/extra.yaml]"])
    func aRetainedReleaseIsRefusedAsWell(check: String) throws {
        let directory = try TemporaryDirectory()
        let layout = directory.appending("layout")
        let bad = Self.sound.merging(["x.yaml": "a: [\n", "roar/versions.yaml": "filepath: /gone\n"]) { $1 }
        // One artifact under two tags.
        for tag in ["1.0.0", "other"] {
            try push(bad, tag, to: layout, in: directory, environment: ["SOURCE_DATE_EPOCH": "1700000000"])
        }
        try push(Self.sound.merging(["roar/4.5/extra.yaml": "b: 2\n"]) { $1 }, "2.0.0", to: layout, in: directory)
        let volume = directory.appending("volume")
        for tag in ["1.0.0", "2.0.0"] {
            let before = try RunningSite(source: source(layout, pin: tag), volume: volume, in: directory)
            try before.daemon.wait(forLine: "msg=\"Serving \(tag)\"")
            #expect(before.daemon.stop() == 0)
        }
        let pinned = source(layout, pin: "other") + ["checks: {\(check)}"]
        let site = try RunningSite(source: pinned, volume: volume, in: directory)
        let line = try site.daemon.wait(forLine: "level=error")
        #expect(line.contains("checking the artifact before it is published: "), "\(line)")
        #expect(try site.get("/roar/4.5/extra.yaml").text == "b: 2\n")
        // What is served by hand is followed under its other name, too.
        let environment = ["SPECMAN_STORAGE_DIRECTORY": volume]
        try Command.run(DaemonProcess.executable.path, ["activate", "1.0.0"], environment: environment)
        try Command.run(DaemonProcess.executable.path, ["resume"], environment: environment)
        try site.daemon.wait(forLine: "msg=\"Serving other\"")
        #expect(try site.get("/x.yaml").text == "a: [\n")
        #expect(site.daemon.stop() == 0)
    }

    /// What the disk has done to a file isn't held against the artifact.
    @Test func aDamagedReleaseIsServedOnceItIsMended() throws {
        let directory = try TemporaryDirectory()
        let layout = directory.appending("layout")
        let volume = directory.appending("volume")
        for tag in ["1.0.0", "2.0.0"] {
            try push(["x.yaml": "a: \(tag)\n"], tag, to: layout, in: directory)
            let site = try RunningSite(source: source(layout, pin: tag), volume: volume, in: directory)
            try site.daemon.wait(forLine: "msg=\"Serving \(tag)\"")
            #expect(site.daemon.stop() == 0)
        }
        let name = try FileManager.default.contentsOfDirectory(atPath: volume + "/releases").first {
            $0.hasPrefix("1.0.0-") && !$0.hasSuffix(".json")
        }
        let retained = volume + "/releases/" + (try #require(name))
        try Command.run("sh", ["-c", "chmod u+w $0/x.yaml; printf 'a: [[[[[\\n' >$0/x.yaml", retained])
        let pinned = source(layout, pin: "1.0.0") + ["checks: {yaml: refuse, requiredPaths: [x.yaml]}"]
        let site = try RunningSite(source: pinned, volume: volume, in: directory)
        let line = try site.daemon.wait(forLine: "level=error")
        #expect(line.contains("x.yaml of release 1.0.0 is damaged: ") && line.contains("verify --repair"), "\(line)")
        try Command.run(
            DaemonProcess.executable.path,
            ["verify", "--repair"],
            environment: ["SPECMAN_STORAGE_DIRECTORY": volume]
        )
        try site.daemon.wait(forLine: "msg=\"Serving 1.0.0\"")
        #expect(site.daemon.stop() == 0)
    }

    private func source(_ layout: String, pin: String) -> [String] {
        ["repository: oci-layout:\(layout)", "interval: 200ms", "tags: {policy: pinned, pin: \(pin)}"]
    }
}
