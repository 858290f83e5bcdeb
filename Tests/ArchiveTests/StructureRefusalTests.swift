import Archive
import Content
import Testing

/// Tars that are broken, cut short, or go on after their end; and entries that are no files.
@Suite struct StructureRefusalTests {
    @Test func aBadChecksum() throws {
        for index in [0, 99, 124, 150, 156, 257, 511] {
            let tar = TarBuilder.tar {
                $0.file("before")
                $0.header(Array("f".utf8)) { block in block[index] ^= 0x01 }
                $0.file("after")
            }
            let outcome = read(tar: tar)
            #expect(outcome.error == .badHeader(.checksum, offset: 1024), "byte \(index)")
            #expect(outcome.paths == ["before"])
        }
    }

    @Test func anUnknownFormat() throws {
        let tar = TarBuilder.tar { $0.header(Array("f".utf8), magic: .other(Array("USTAR\u{0}00".utf8))) }
        #expect(try readEveryWay(tar: tar).error == .badHeader(.magic, offset: 0))
        let prefix = TarBuilder.tar { $0.header(Array("f".utf8), prefix: Array("p".utf8), magic: .v7) }
        #expect(try readEveryWay(tar: prefix).error == .badHeader(.strayPrefix, offset: 0))
    }

    @Test func twoLongNamesInARow() throws {
        for type: Character in ["L", "K"] {
            let tar = TarBuilder.tar {
                $0.long(type, "one")
                $0.long(type, "two")
                $0.file("f")
            }
            let outcome = try readEveryWay(tar: tar)
            #expect(outcome.error == .badHeader(.repeatedExtension, offset: 1024))
            #expect(outcome.events.isEmpty)
        }
    }

    @Test func longNamesAndRecordsForOneEntry() throws {
        let mixtures: [(inout TarBuilder) -> Void] = [
            {
                $0.pax([("path", "a")])
                $0.pax([("path", "b")])
            },
            {
                $0.pax([("path", "a")])
                $0.long("L", "b")
            },
            {
                $0.pax([("path", "a")])
                $0.long("K", "b")
            },
            {
                $0.long("L", "b")
                $0.pax([("path", "a")])
            },
            {
                $0.long("K", "b")
                $0.pax([("mtime", "1")])
            },
            {
                $0.pax([("path", "a")])
                $0.pax([("comment", "c")], type: "g")
            },
        ]
        for mixture in mixtures {
            let tar = TarBuilder.tar {
                mixture(&$0)
                $0.file("f")
            }
            #expect(read(tar: tar).error == .badHeader(.repeatedExtension, offset: 1024))
        }
    }

    @Test func aLongNameWithoutAnEntry() throws {
        for type: Character in ["L", "K"] {
            let gnu = TarBuilder.tar { $0.long(type, "name") }
            #expect(try readEveryWay(tar: gnu).error == .badHeader(.danglingExtension, offset: 1024))
        }
        let pax = TarBuilder.tar { $0.pax([("path", "name")]) }
        #expect(try readEveryWay(tar: pax).error == .badHeader(.danglingExtension, offset: 1024))
    }

    @Test(arguments: ["3", "4", "6", "D", "M", "N", "V", "A", "X", "s", "z", "8", " ", "\u{7F}"] as [Character])
    func devicesFifosSocketsAndTheUnknown(_ type: Character) throws {
        let tar = TarBuilder.tar {
            $0.header(Array("x".utf8), type: type)
            $0.file("after")
        }
        let outcome = try readEveryWay(tar: tar)
        #expect(outcome.error == .unsupportedType(EntryName("x".utf8), type: type.asciiValue ?? 0))
        #expect(outcome.events.isEmpty)
    }

    @Test func everyTruncationIsNoticed() throws {
        let tar = TarBuilder.tar {
            $0.file("a", "some content")
            $0.long("L", "long")
            $0.file("b", "")
            $0.pax([("path", "c")])
            $0.directory("d")
        }
        for count in 0..<tar.count {
            #expect(read(tar: Array(tar.prefix(count))).error == .truncated(offset: Int64(count)), "after \(count)")
        }
        #expect(read(tar: tar).error == nil)
    }

    @Test func aLoneBlockOfZeros() throws {
        var builder = TarBuilder()
        builder.file("a")
        builder.zeros(blocks: 1)
        builder.file("b")
        builder.zeros(blocks: 2)
        let outcome = try readEveryWay(tar: builder.bytes)
        #expect(outcome.error == .badHeader(.loneZeroBlock, offset: 1536))
        #expect(outcome.paths == ["a"])
    }

    @Test func dataAfterTheEnd() throws {
        let tar = TarBuilder.tar { $0.file("a") }
        #expect(try readEveryWay(tar: tar + tar).error == .trailingData(offset: Int64(tar.count)))
        #expect(try readEveryWay(tar: tar + [0, 0, 7]).error == .trailingData(offset: Int64(tar.count) + 2))
        let padded = tar + [UInt8](repeating: 0, count: 8191) + [1]
        #expect(read(tar: padded).error == .trailingData(offset: Int64(tar.count) + 8191))
    }

    @Test func aReaderThatRefusedStaysRefused() throws {
        let tar = TarBuilder.tar { $0.file("a") }
        var reader = EntryReader(format: .tar, title: nil, size: 0)
        var sink = RecordingSink()
        #expect(throws: ArchiveError.trailingData(offset: Int64(tar.count))) {
            try reader.consume((tar + [1]).span.bytes, into: &sink)
        }
        #expect(throws: ArchiveError.finished) { try reader.finish(into: &sink) }
        #expect(throws: ArchiveError.finished) { try reader.consume([0].span.bytes, into: &sink) }
    }

    @Test func whatTheSinkThrowsEndsTheReader() throws {
        var reader = EntryReader(format: .tar, title: nil, size: 0)
        var sink = FullSink()
        let tar = TarBuilder.tar { $0.file("a") }
        #expect(throws: FullSink.Full.self) { try reader.consume(tar.span.bytes, into: &sink) }
        #expect(throws: ArchiveError.finished) { try reader.finish(into: &sink) }
    }
}

/// A sink that takes no bytes.
private struct FullSink: EntrySink {
    struct Full: Error {}
    mutating func directory(_ path: ReleasePath, modified: Timestamp) {}
    mutating func beginFile(_ path: ReleasePath, size: Int64, modified: Timestamp) {}
    mutating func write(_ bytes: RawSpan) throws { throw Full() }
    mutating func endFile() {}
    mutating func symbolicLink(_ path: ReleasePath, target: [UInt8], modified: Timestamp) {}
    mutating func hardLink(_ path: ReleasePath, to target: ReleasePath) {}
}
