import Foundation
import TestSupport
import Testing

/// `specman push`: what it packs, and what it refuses.
@Suite struct PushTests {
    private let epoch = ["SOURCE_DATE_EPOCH": "1700000000"]

    /// Two copies of a tree that differ in all that must not count: the order of their making, modes, times, umask.
    @Test func sameTreeSameDigest() throws {
        let specman = try Specman()
        let one = try specman.tree("one", ["a": "1", "b/c": "2", "b/d": "3"])
        let two = specman.directory.appending("two")
        try Command.run(
            "sh",
            [
                "-c",
                "umask 077; mkdir -p $0/b; printf 3 >$0/b/d; printf 2 >$0/b/c; printf 1 >$0/a; chmod 700 $0/a; "
                    + "touch -d 2001-02-03 $0/a $0/b",
                two,
            ]
        )
        for path in [one, two] {
            try Command.run("sh", ["-c", "ln -s b/c $0/link; mkdir $0/empty", path])
        }
        let first = try Specman.digest(in: try specman.run("push", one, specman.reference("1"), environment: epoch))
        let second = try Specman.digest(in: try specman.run("push", two, specman.reference("2"), environment: epoch))
        #expect(first == second)
        try "4".write(toFile: two + "/a", atomically: false, encoding: .utf8)
        let third = try Specman.digest(in: try specman.run("push", two, specman.reference("3"), environment: epoch))
        #expect(third != first)
    }

    @Test func takesArchivesAndEmptyDirectories() throws {
        let specman = try Specman()
        let tree = try specman.tree("tree", ["a": "1", "b/c": "2"])
        let empty = try specman.tree("empty", [:])
        for (form, arguments) in [("tgz", ["-czf"]), ("tar", ["-cf"])] {
            let archive = specman.directory.appending("manifests." + form)
            try Command.run("tar", arguments + [archive, "-C", tree, "."])
            try specman.run("push", archive, specman.reference(form))
        }
        try specman.run("push", empty, specman.reference("empty"))
        for (tag, files) in [("tgz", 2), ("tar", 2), ("empty", 0)] {
            try specman.run(
                "sync",
                environment: ["SPECMAN_SOURCE_TAGS_POLICY": "pinned", "SPECMAN_SOURCE_TAGS_PIN": tag]
            )
            let active = try #require(try specman.json("releases", "-o", "json").first)
            #expect(active["tag"] as? String == tag)
            #expect(active["files"] as? Int == files)
        }
    }

    @Test func refusesWhatCannotBePacked() throws {
        let specman = try Specman()
        let tree = try specman.tree("tree", ["a": "1"])
        let pipe = specman.directory.appending("pipe")
        try Command.run("mkfifo", [pipe])
        for path in [specman.directory.appending("absent"), pipe, "/dev/null"] {
            let output = try specman.output("push", path, specman.reference("1"))
            #expect(output.status == 1)
            #expect(output.err.contains(path), "\(output.err)")
        }
        try Command.run("ln", ["-s", "/etc/passwd", tree + "/out"])
        let output = try specman.output("push", tree, specman.reference("1"))
        #expect(output.status == 1)
        #expect(output.err.contains("out: the link leads outside"), "\(output.err)")
    }

    @Test(arguments: ["registry.example.com/a", "a/B:1", "a b:1", "oci-layout:/nowhere"])
    func badReferenceIsWrongUsage(reference: String) throws {
        let specman = try Specman()
        let output = try specman.output("push", try specman.tree("tree", ["a": "1"]), reference)
        #expect(output.status == 64)
        #expect(output.err.contains(reference), "\(output.err)")
        #expect(output.err.split(separator: "\n").count == 1)
    }

    @Test func badCreationDateIsWrongUsage() throws {
        let specman = try Specman()
        let output = try specman.output(
            "push",
            try specman.tree("tree", ["a": "1"]),
            specman.reference("1"),
            environment: ["SOURCE_DATE_EPOCH": "yesterday"]
        )
        #expect(output.status == 64)
        #expect(output.err.contains("SOURCE_DATE_EPOCH"), "\(output.err)")
    }
}
