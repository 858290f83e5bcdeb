import Foundation
import TestSupport
import Testing

/// What a release has in common with the one before is linked, not unpacked another time, whatever comes in between.
@Suite struct RecognitionTests {
    /// 100 files of 10 KiB, of which those in `changed` are of another `revision`.
    private func files(changed: [Int] = [], revision: Int = 0) -> [String: String] {
        var files: [String: String] = [:]
        for number in 0..<100 {
            let mark = changed.contains(number) ? "\(number) in revision \(revision)\n" : "\(number)\n"
            files["d\(number / 10)/f\(number)"] = mark + String(repeating: "line \(number)\n", count: 1000)
        }
        return files
    }

    private func debugging() throws -> Specman {
        try Specman(["SPECMAN_LOG_LEVEL": "debug", "SPECMAN_SOURCE_INTERVAL": "100ms"])
    }

    /// The members that the daemon says it has taken from the release before.
    private func known(_ daemon: DaemonProcess) -> [Int] {
        daemon.log.compactMap { line in
            line.firstMatch(of: /taken from the release that is served.*members=(\d+)/).flatMap { Int($0.1) }
        }
    }

    private func serves(_ files: [String: String], _ specman: Specman) throws -> Bool {
        let expected = try specman.tree("expected-\(UUID().uuidString)", files)
        let current = specman.directory.appending("volume/current/")
        return try Command.output("diff", ["-r", expected, current]).status == 0
    }

    @Test func whatIsUnchangedIsTakenFromTheReleaseBefore() throws {
        let specman = try debugging()
        try specman.run("push", try specman.tree("1", files()), specman.reference("1.0.0"))
        let daemon = try specman.serve()
        try daemon.wait(forLine: "msg=\"Serving 1.0.0\"")
        #expect(known(daemon).isEmpty)
        try specman.run("push", try specman.tree("2", files(changed: [42], revision: 2)), specman.reference("2.0.0"))
        try daemon.wait(forLine: "msg=\"Serving 2.0.0\"")
        #expect((known(daemon).last ?? 0) > 3, "\(daemon.log)")
        #expect(try serves(files(changed: [42], revision: 2), specman))
        // And those that were taken so are known for the next one.
        try specman.run("push", try specman.tree("3", files(changed: [7], revision: 3)), specman.reference("3.0.0"))
        try daemon.wait(forLine: "msg=\"Serving 3.0.0\"")
        #expect(known(daemon).count == 2 && (known(daemon).last ?? 0) > 3, "\(daemon.log)")
        #expect(try serves(files(changed: [7], revision: 3), specman))
        #expect(daemon.stop() == 0)
        let verified = try specman.output("verify")
        #expect(verified.status == 0, "\(verified.text)\(verified.err)")
    }

    /// What somebody has damaged on the volume comes from the archive.
    @Test(arguments: [true, false]) func whatIsMissingIsUnpacked(_ isRemoved: Bool) throws {
        let specman = try debugging()
        try specman.run("push", try specman.tree("1", files()), specman.reference("1.0.0"))
        let daemon = try specman.serve()
        try daemon.wait(forLine: "msg=\"Serving 1.0.0\"")
        let file = specman.directory.appending("volume/current/d3/f30")
        try FileManager.default.removeItem(atPath: file)
        if !isRemoved { try Data("short".utf8).write(to: URL(fileURLWithPath: file)) }
        try specman.run("push", try specman.tree("2", files(changed: [99], revision: 2)), specman.reference("2.0.0"))
        try daemon.wait(forLine: "msg=\"Serving 2.0.0\"")
        let lines = daemon.log.filter { $0.contains("unpacking all of the archive") }
        #expect(lines.count == 1 && lines[0].contains("d3/f30"), "\(lines)")
        #expect(!daemon.log.contains { $0.contains("level=error") })
        #expect(try serves(files(changed: [99], revision: 2), specman))
    }

    /// The very bytes of a known member where none of its entries can begin: within a file of another archive.
    @Test func aKnownMemberInAnotherPlaceIsReadAsWhatItIsThere() throws {
        let specman = try debugging()
        let tree = try specman.tree("1", files())
        try specman.run("push", tree, specman.reference("1.0.0"))
        let daemon = try specman.serve()
        try daemon.wait(forLine: "msg=\"Serving 1.0.0\"")
        let script = """
            import gzip, io, struct, sys, tarfile
            data = open(sys.argv[1], 'rb').read()
            members = []
            while data:
                length = struct.unpack('<I', data[16:20])[0]
                members.append(data[:length])
                data = data[length:]
            known = members[1]
            content = gzip.decompress(known)
            tar = io.BytesIO()
            info = tarfile.TarInfo('holds-a-member')
            info.size = len(content)
            with tarfile.open(fileobj=tar, mode='w', format=tarfile.USTAR_FORMAT) as archive:
                archive.addfile(info, io.BytesIO(content))
            whole = tar.getvalue()
            with open(sys.argv[2], 'wb') as out:
                out.write(gzip.compress(whole[:512]) + known + gzip.compress(whole[512 + len(content):]))
            open(sys.argv[3], 'wb').write(content)
            """
        let (archive, content) = (specman.directory.appending("made.tgz"), specman.directory.appending("content"))
        let blob = specman.directory.appending("blob.tgz")
        try specman.run("export", "1.0.0", blob)
        try Command.run("python3", ["-c", script, blob, archive, content])
        try specman.run("push", archive, specman.reference("2.0.0"))
        try daemon.wait(forLine: "msg=\"Serving 2.0.0\"")
        #expect(daemon.log.filter { $0.contains("unpacking all of the archive") }.count == 1)
        let served = specman.directory.appending("volume/current/holds-a-member")
        #expect(FileManager.default.contentsEqual(atPath: served, andPath: content))
        let current = specman.directory.appending("volume/current")
        #expect(try FileManager.default.contentsOfDirectory(atPath: current) == ["holds-a-member"])
    }

    /// A file that is given twice is what the later part of the archive says; the earlier part means something else then.
    @Test func anArchiveThatReplacesAFileIsNotRemembered() throws {
        let specman = try debugging()
        let (first, second) = (specman.directory.appending("first.tgz"), specman.directory.appending("second.tgz"))
        try specman.run("push", try specman.tree("1", files()), specman.reference("0.1.0"))
        try specman.run("push", try specman.tree("2", ["d3/f30": "replaced"]), specman.reference("0.2.0"))
        for (tag, path) in [("0.1.0", first), ("0.2.0", second)] {
            let pinned = ["SPECMAN_SOURCE_TAGS_POLICY": "pinned", "SPECMAN_SOURCE_TAGS_PIN": tag]
            try specman.run("sync", environment: pinned)
            try specman.run("export", tag, path)
        }
        // Both archives as one: without the end of the first.
        let script = """
            import gzip, sys
            first = open(sys.argv[1], 'rb').read()
            end = first.rindex(b'\\x1f\\x8b\\x08\\x04')
            tail = gzip.decompress(first[end:])[:-1024]
            open(sys.argv[3], 'wb').write(first[:end] + gzip.compress(tail) + open(sys.argv[2], 'rb').read())
            """
        let both = specman.directory.appending("both.tgz")
        try Command.run("python3", ["-c", script, first, second, both])
        try specman.run("push", both, specman.reference("1.0.0"))
        let daemon = try specman.serve()
        try daemon.wait(forLine: "msg=\"Serving 1.0.0\"")
        #expect(try specman.run("cat", "d3/f30") == "replaced")
        // The members of the first are in this one, too, and say what it doesn't.
        let before = known(daemon).count
        try specman.run("push", first, specman.reference("2.0.0"))
        try daemon.wait(forLine: "msg=\"Serving 2.0.0\"")
        #expect(known(daemon).count == before)
        #expect(try serves(files(), specman))
    }
}
