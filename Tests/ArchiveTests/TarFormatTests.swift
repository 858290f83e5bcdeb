import Archive
import Content
import Testing

/// What is read from well-formed tars of each format, whole and cut at every byte.
@Suite struct TarFormatTests {
    private let seconds = Int64(0o14_723_220_000)
    private let content = Array("content".utf8)

    @Test func ustarEntriesOfEveryKind() throws {
        let tar = TarBuilder.tar {
            $0.directory("./")
            $0.directory("./a/")
            $0.file("./a/file", "hello")
            $0.file("./a/empty", "")
            $0.file("./a/contiguous", "c", type: "7")
            $0.symbolicLink("./a/link", to: "../b/\\x")
            $0.hardLink("./a/hard", to: "./a/file")
        }
        let outcome = try readEveryWay(tar: tar)
        #expect(outcome.error == nil)
        #expect(
            outcome.events == [
                .directory("", seconds), .directory("a", seconds), .file("a/file", seconds, Array("hello".utf8)),
                .file("a/empty", seconds, []), .file("a/contiguous", seconds, Array("c".utf8)),
                .symbolicLink("a/link", "../b/\\x"), .hardLink("a/hard", "a/file"),
            ]
        )
        #expect(outcome.files == 5)
        #expect(outcome.directories == 1)
    }

    @Test func v7HasNoTypeForDirectories() throws {
        let tar = TarBuilder.tar {
            $0.header(Array("d/".utf8), type: "\0", magic: .v7)
            $0.file("d/f", type: "\0", magic: .v7)
        }
        let outcome = try readEveryWay(tar: tar)
        #expect(
            outcome == Outcome(ofEvents: [.directory("d", seconds), .file("d/f", seconds, content)], like: outcome)
        )
    }

    @Test func aUstarPrefixIsPartOfTheName() throws {
        let tar = TarBuilder.tar {
            $0.header(Array("name".utf8), size: 0, prefix: Array("some/prefix".utf8))
            $0.header(
                Array(repeating: UInt8(ascii: "n"), count: 100),
                prefix: Array((String(repeating: "pp/", count: 51) + "pp").utf8)
            )
        }
        let outcome = try readEveryWay(tar: tar)
        #expect(outcome.error == nil)
        #expect(
            outcome.paths == [
                "some/prefix/name", String(repeating: "pp/", count: 52) + String(repeating: "n", count: 100),
            ]
        )
    }

    @Test func gnuHasOtherFieldsWhereThePrefixWouldBe() throws {
        let tar = TarBuilder.tar { $0.header(Array("name".utf8), prefix: Array("14723220000".utf8), magic: .gnu) }
        #expect(try readEveryWay(tar: tar).paths == ["name"])
    }

    @Test func gnuLongNamesAndLinks() throws {
        let name = String(repeating: "directory/", count: 20) + "name"
        let target = String(repeating: "t", count: 300)
        let tar = TarBuilder.tar {
            $0.long("K", target)
            $0.long("L", name)
            $0.header(Array(name.utf8), type: "2", link: Array(target.utf8), magic: .gnu)
            $0.file("next")
            $0.long("L", name + "2")
            $0.header(Array(name.utf8), magic: .gnu)
        }
        let outcome = try readEveryWay(tar: tar)
        #expect(
            outcome.events == [
                .symbolicLink(name, target), .file("next", seconds, content), .file(name + "2", seconds, []),
            ]
        )
    }

    @Test func paxNamesLinksAndTimes() throws {
        let name = String(repeating: "verzeichnis/", count: 30) + "größe=1\n"
        let tar = TarBuilder.tar {
            $0.pax([("path", name), ("mtime", "1700000000.123456789123"), ("SCHILY.xattr.user.x", "a\nb")])
            $0.file("truncated")
            $0.pax([("linkpath", "elsewhere"), ("atime", "1.5"), ("uid", "99999999999")])
            $0.symbolicLink("link", to: "cut")
            $0.file("plain")
        }
        let outcome = try readEveryWay(tar: tar)
        #expect(outcome.error == nil)
        #expect(
            outcome.events == [
                .file(name, 1_700_000_000, content), .symbolicLink("link", "elsewhere"),
                .file("plain", seconds, content),
            ]
        )
        #expect(outcome.times.first == Timestamp(seconds: 1_700_000_000, nanoseconds: 123_456_789))
    }

    @Test func aGlobalTimeCountsUntilItIsOverridden() throws {
        let tar = TarBuilder.tar {
            $0.pax([("comment", "0123456789abcdef"), ("mtime", "1000")], type: "g")
            $0.file("a")
            $0.pax([("mtime", "2000")])
            $0.file("b")
            $0.pax([("mtime", "")])
            $0.file("c")
            $0.pax([("comment", "no time")], type: "g")
            $0.file("d")
            $0.pax([("mtime", "")], type: "g")
            $0.file("e")
        }
        let outcome = try readEveryWay(tar: tar)
        #expect(outcome.error == nil)
        #expect(outcome.times.map(\.seconds) == [1000, 2000, seconds, 1000, seconds])
    }

    @Test func namesThatAreNoUTF8AreKeptByteForByte() throws {
        let tar = TarBuilder.tar { $0.header([0xFF, 0xFE, 0x5C, 0x0A, 0x41]) }
        var reader = EntryReader(format: .tar, title: nil, size: 0)
        var sink = PathSink()
        try reader.consume(tar.span.bytes, into: &sink)
        try reader.finish(into: &sink)
        #expect(sink.paths == [[0xFF, 0xFE, 0x5C, 0x0A, 0x41]])
    }

    @Test func aChecksumOfSignedBytesIsTakenToo() throws {
        let tar = TarBuilder.tar { $0.header(Array("größe".utf8), signedChecksum: true) }
        #expect(try readEveryWay(tar: tar).paths == ["größe"])
    }

    @Test func binarySizesAndTimes() throws {
        let tar = TarBuilder.tar {
            $0.header(
                Array("f".utf8),
                sizeField: [0x80] + Array(repeating: 0, count: 10) + [7],
                modified: [0x80] + Array(repeating: 0, count: 7) + [1, 0, 0, 0],
                magic: .gnu
            )
            $0.body(Array("content".utf8))
        }
        #expect(try readEveryWay(tar: tar).events == [.file("f", 1 << 24, content)])
    }

    @Test func blanksAroundNumbersAndBlankTimes() throws {
        let tar = TarBuilder.tar {
            $0.header(
                Array("f".utf8),
                sizeField: Array("         7 \0".utf8),
                modified: Array(repeating: 0x20, count: 12)
            )
            $0.body(content)
        }
        #expect(try readEveryWay(tar: tar).events == [.file("f", 0, content)])
    }

    @Test(
        arguments: [
            (Array("77777777777\u{0}".utf8), 0o777_7777_7777),
            ([0xFF] + Array(repeating: 0xFF, count: 11), 0),
            ([0x80] + Array(repeating: 0xFF, count: 11), 9_223_372_036),
            ([0x80, 0, 0, 0] + Array(repeating: 0xFF, count: 8), 9_223_372_036),
            ([0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0], 0),
        ] as [([UInt8], Int64)]
    )
    func timesAreClampedTo1970And2262(_ field: [UInt8], _ expected: Int64) throws {
        let tar = TarBuilder.tar { $0.header(Array("f".utf8), modified: field) }
        #expect(read(tar: tar).times == [Timestamp(seconds: expected)])
    }

    @Test(
        arguments: [
            ("-1", 0), ("-0.5", 0), ("99999999999", 9_223_372_036), ("9223372036.9", 9_223_372_036),
            ("999999999999999999999999999999999999999", 9_223_372_036), ("1.", 1), (".5", 0), ("0", 0),
        ] as [(String, Int64)]
    )
    func paxTimesAreClampedTo1970And2262(_ text: String, _ expected: Int64) throws {
        let tar = TarBuilder.tar {
            $0.pax([("mtime", text)])
            $0.file("f")
        }
        #expect(read(tar: tar).times.map(\.seconds) == [expected])
    }

    @Test func modesAndOwnersHaveNoWayIn() throws {
        // Every header of the builder has mode 4755 and owner 1000: the sink has no parameter that could carry them.
        // Broken ones don't matter, either.
        let tar = TarBuilder.tar {
            $0.header(Array("f".utf8)) { block in
                block.replaceSubrange(100..<124, with: Array(repeating: UInt8(ascii: "z"), count: 24))
                reseal(&block)
            }
        }
        #expect(read(tar: tar).paths == ["f"])
    }

    @Test func theLaterOfTwoFilesOfOneNameComesLater() throws {
        let tar = TarBuilder.tar {
            $0.file("f", "old")
            $0.file("./f", "new")
        }
        let outcome = try readEveryWay(tar: tar)
        #expect(outcome.events == [.file("f", seconds, Array("old".utf8)), .file("f", seconds, Array("new".utf8))])
    }

    @Test func directoriesMayComeLateAndTwice() throws {
        let tar = TarBuilder.tar {
            $0.file("a/b/c")
            $0.directory("a")
            $0.directory("a/b/")
            $0.directory("a")
        }
        let outcome = try readEveryWay(tar: tar)
        #expect(outcome.error == nil)
        #expect(outcome.paths == ["a/b/c", "a", "a/b", "a"])
    }

    @Test func moreZerosAfterTheEndAreFine() throws {
        for extra in [1, 511, 512, 1024, 9217] {
            let tar = TarBuilder.tar { $0.file("f") } + [UInt8](repeating: 0, count: extra)
            #expect(read(tar: tar).error == nil)
        }
    }

    @Test func anArchiveWithoutEntriesIsOne() throws {
        #expect(try readEveryWay(tar: TarBuilder.tar { _ in }) == Outcome())
    }
}

/// Keeps the bytes of paths, which `Event` shows as text.
private struct PathSink: EntrySink {
    var paths: [[UInt8]] = []
    mutating func directory(_ path: ReleasePath, modified: Timestamp) {}
    mutating func beginFile(_ path: ReleasePath, size: Int64, modified: Timestamp) { paths.append(path.bytes) }
    mutating func write(_ bytes: RawSpan) {}
    mutating func endFile() {}
    mutating func symbolicLink(_ path: ReleasePath, target: [UInt8], modified: Timestamp) {}
    mutating func hardLink(_ path: ReleasePath, to target: ReleasePath) {}
}

extension Outcome {
    /// No error and these events; times and counts as in `other`.
    init(ofEvents events: [Event], like other: Outcome) {
        self = other
        self.events = events
        error = nil
        open = nil
    }
}

/// Writes the checksum anew after a test has changed a block.
func reseal(_ block: inout [UInt8]) {
    block.replaceSubrange(148..<156, with: Array("        ".utf8))
    let sum = block.reduce(0) { $0 + Int($1) }
    block.replaceSubrange(148..<156, with: TarBuilder.octal(sum, digits: 6) + [0x20])
}
