import Foundation
import TestSupport
import Testing

/// What a release has in common with the one before is linked, not unpacked another time, whatever comes in between.
@Suite struct RecognitionTests {
    /// 100 files of 10 KiB, of which those in `changed` are of another `revision`.
    private func files(changed: [Int] = [], revision: Int = 0) -> [String: String] {
        var files: [String: String] = [:]
        for number in 0..<100 {
            // Digits that hardly repeat: a member must not be so short that nobody asks for it.
            var state = UInt64(number + 1) &+ (changed.contains(number) ? UInt64(revision) &* 1_000_000 : 0)
            var text = ""
            while text.utf8.count < 10_000 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text += String(state, radix: 16) + "\n"
            }
            files["d\(number / 10)/f\(number)"] = text
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

    /// What is wrong with an archive is told of it as ever, whatever else in it is known, and it isn't tried again.
    @Test func anArchiveThatIsAtFaultIsRefusedOnce() throws {
        let specman = try debugging()
        try specman.run("push", try specman.tree("1", files()), specman.reference("1.0.0"))
        let daemon = try specman.serve()
        try daemon.wait(forLine: "msg=\"Serving 1.0.0\"")
        let script = """
            import gzip, io, sys, tarfile
            data = open(sys.argv[1], 'rb').read()
            end = data.rindex(b'\\x1f\\x8b\\x08\\x04')
            tar = io.BytesIO()
            with tarfile.open(fileobj=tar, mode='w', format=tarfile.USTAR_FORMAT) as archive:
                archive.addfile(tarfile.TarInfo('../climbs'))
            open(sys.argv[2], 'wb').write(data[:end] + gzip.compress(tar.getvalue()))
            """
        let (blob, archive) = (specman.directory.appending("blob.tgz"), specman.directory.appending("made.tgz"))
        try specman.run("export", "1.0.0", blob)
        try Command.run("python3", ["-c", script, blob, archive])
        // The command that pushes would refuse it.
        let push = try specman.output("push", archive, specman.reference("2.0.0"))
        #expect(push.status != 0 && push.err.contains("climbs"), "\(push.err)")
        try ServiceFixture.push(
            [("made.tgz", Array(try Data(contentsOf: URL(fileURLWithPath: archive))))],
            as: "2.0.0",
            to: specman.directory.appending("layout")
        )
        try daemon.wait(forLine: "level=error")
        for _ in 0..<3 { _ = try specman.output("sync") }
        #expect(daemon.log.filter { $0.contains("unpacking all of the archive") }.count == 1)
        let errors = daemon.log.filter { $0.contains("level=error") }
        #expect(errors.count == 1 && errors[0].contains("climbs"), "\(errors)")
        #expect(try serves(files(), specman))
        let staging = specman.directory.appending("volume/staging")
        #expect(daemon.stop() == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: staging).isEmpty)
    }
}
