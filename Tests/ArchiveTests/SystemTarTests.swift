import Archive
import Content
import TestSupport
import Testing

/// Archives that the system's own `tar` and `gzip` make, read by this room.
@Suite struct SystemTarTests {
    /// Makes a tree with files of odd sizes, links of both kinds, and names that ustar can't hold.
    private static func makeTree(in directory: TemporaryDirectory, longNames: Bool) throws {
        try run(
            """
            mkdir -p tree/d/sub && cd tree
            printf hello > a
            : > d/empty
            head -c 512 /dev/zero > d/block
            seq 100000 > d/numbers
            printf x > 'd/größe name'
            ln d/numbers d/sub/hard
            ln -s ../a d/sub/soft
            ln -s nowhere dangling
            mkfifo ../outside
            """,
            in: directory
        )
        if longNames {
            try run(
                """
                cd tree
                long=$(printf 'n%.0s' $(seq 120))
                deep=$(printf 'directory/%.0s' $(seq 20))
                mkdir -p "$deep" "$long"
                printf deep > "$deep/$long"
                printf long > "$long/$long"
                ln -s "$deep/$long" to-deep
                ln "$deep/$long" "$long/hard"
                """,
                in: directory
            )
        }
        try run("find tree -exec touch -h -d @1700000000 {} +", in: directory)
    }

    private func expected(longNames: Bool) -> [Event] {
        let time: Int64 = 1_700_000_000
        let numbers = Array((1...100_000).map { "\($0)\n" }.joined().utf8)
        var events: [Event] = [
            .directory("", time), .file("a", time, Array("hello".utf8)), .directory("d", time),
            .file("d/block", time, Array(repeating: 0, count: 512)), .file("d/empty", time, []),
            .file("d/größe name", time, Array("x".utf8)), .file("d/numbers", time, numbers),
            .directory("d/sub", time), .hardLink("d/sub/hard", "d/numbers"), .symbolicLink("d/sub/soft", "../a"),
            .symbolicLink("dangling", "nowhere"),
        ]
        guard longNames else { return events }
        let long = String(repeating: "n", count: 120)
        let deep = Array(repeating: "directory", count: 20)
        for depth in 1...20 { events.append(.directory(deep[..<depth].joined(separator: "/"), time)) }
        let path = deep.joined(separator: "/") + "/" + long
        events += [
            .file(path, time, Array("deep".utf8)), .directory(long, time), .hardLink(long + "/hard", path),
            .file(long + "/" + long, time, Array("long".utf8)),
            .symbolicLink("to-deep", deep.joined(separator: "/") + "//" + long),
        ]
        return events
    }

    @Test(arguments: ["v7", "oldgnu", "gnu", "ustar", "pax"])
    func everyFormatOfGNUTar(_ format: String) throws {
        let directory = try TemporaryDirectory()
        let longNames = ["oldgnu", "gnu", "pax"].contains(format)
        try Self.makeTree(in: directory, longNames: longNames)
        try run("tar --format=\(format) --sort=name -C tree -czf archive.tgz .", in: directory)
        let layer = try contents(of: "archive.tgz", in: directory)
        let decoded = decode(layer)
        #expect(decoded.error == nil)
        #expect(decoded.format == .tar)
        let outcome = read(tar: decoded.bytes)
        #expect(outcome.error == nil)
        #expect(outcome.events == expected(longNames: longNames))
        // In pieces of odd sizes, the same.
        for piece in [1009, 65_537] {
            let cuts = Array(stride(from: piece, to: decoded.bytes.count, by: piece))
            #expect(read(tar: decoded.bytes, cutAt: cuts) == outcome)
        }
    }

    @Test func plainAndCompressedInSeveralMembers() throws {
        let directory = try TemporaryDirectory()
        try Self.makeTree(in: directory, longNames: true)
        try run(
            """
            tar --sort=name -C tree -cf archive.tar .
            head -c 300 archive.tar | gzip > one.gz
            tail -c +301 archive.tar | head -c 50000 | gzip -1 > two.gz
            tail -c +50301 archive.tar | gzip -9 > three.gz
            cat one.gz two.gz three.gz > members.tgz
            cat members.tgz one.gz > too-many.tgz
            """,
            in: directory
        )
        let tar = try contents(of: "archive.tar", in: directory)
        #expect(decode(tar) == Decoded(format: .tar, bytes: tar))
        #expect(try decode(contents(of: "members.tgz", in: directory)) == Decoded(format: .tar, bytes: tar))
        #expect(read(tar: tar).events == expected(longNames: true))
        let more = try decode(contents(of: "too-many.tgz", in: directory))
        #expect(read(tar: more.bytes).error == .trailingData(offset: Int64(tar.count)))
    }

    /// The guide has operators pack a directory into an archive in that directory.
    @Test func anArchiveThatHoldsAPieceOfItself() throws {
        let directory = try TemporaryDirectory()
        // GNU tar ends with 1 as the file changed while it was read. With -f it would know its own archive, and skip it.
        try run(
            """
            head -c 3000000 /dev/urandom > big
            : > manifests.tgz
            tar --sort=name -cf - . | gzip -1 > manifests.tgz || true
            """,
            in: directory
        )
        let decoded = try decode(contents(of: "manifests.tgz", in: directory))
        let outcome = read(tar: decoded.bytes)
        #expect(decoded.error == nil)
        #expect(outcome.error == nil)
        #expect(outcome.paths.contains("big"))
        #expect(outcome.paths.contains("manifests.tgz"))
    }

    @Test func whatTarCanPackButNobodyCanServe() throws {
        let directory = try TemporaryDirectory()
        try run(
            """
            mkfifo fifo
            tar -cf fifo.tar fifo
            truncate -s 1M sparse
            tar --format=gnu -S -cf sparse-gnu.tar sparse
            tar --format=pax -S -cf sparse-pax.tar sparse
            printf x > file
            tar -P -cf absolute.tar "$PWD/file"
            mkdir sub
            (cd sub && tar -P -cf ../climbing.tar ../file)
            tar -V label -cf label.tar file
            ln -s /etc/passwd link
            tar -cf link.tar link
            """,
            in: directory
        )
        func error(_ name: String) throws -> ArchiveError? { try read(tar: contents(of: name, in: directory)).error }
        #expect(try error("fifo.tar") == .unsupportedType(EntryName("fifo".utf8), type: UInt8(ascii: "6")))
        #expect(try error("sparse-gnu.tar") == .sparse(EntryName("sparse".utf8)))
        #expect(try error("sparse-pax.tar") == .badRecord(.sparse, offset: 512))
        #expect(try error("absolute.tar") == .badName(EntryName(directory.appending("file").utf8), .path(.absolute)))
        #expect(try error("climbing.tar") == .badName(EntryName("../file".utf8), .path(.climbs)))
        // A volume label has no size at all.
        #expect(try error("label.tar") == .badHeader(.size, offset: 0))
        #expect(
            try error("link.tar")
                == .badTarget(EntryName("link".utf8), target: EntryName("/etc/passwd".utf8), .outside)
        )
    }

    @Test func anAppendedFileReplacesTheEarlierOne() throws {
        let directory = try TemporaryDirectory()
        try run(
            """
            printf old > file && tar -cf archive.tar file
            printf new > file && tar -rf archive.tar file
            """,
            in: directory
        )
        let outcome = try read(tar: contents(of: "archive.tar", in: directory))
        #expect(outcome.error == nil)
        #expect(outcome.paths == ["file", "file"])
    }
}
