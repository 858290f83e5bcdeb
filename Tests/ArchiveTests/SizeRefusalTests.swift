import Archive
import Content
import Testing

/// Sizes that readers take differently, and numbers that are none.
@Suite struct SizeRefusalTests {
    private let seconds = Int64(0o14_723_220_000)

    /// CVE-2025-62518, CVE-2026-33055: one reader sees a header where another sees content.
    @Test(arguments: [
        (0, "512"), (512, "0"), (512, "511"), (0, "8589934591"), (0o777_7777_7777, "5"),
        // Above what a header can hold, but this one says something else.
        (512, "8589934592"), (1, "9223372036854775807"),
    ])
    func aPAXSizeThatDiffersFromTheHeaders(_ header: Int, _ pax: String) throws {
        let tar = TarBuilder.tar {
            $0.pax([("size", pax)])
            $0.header(Array("f".utf8), size: header)
            $0.file("hidden", String(repeating: "x", count: 512))
        }
        let outcome = try readEveryWay(tar: tar)
        #expect(outcome.error == .ambiguousSize(EntryName("f".utf8)))
        #expect(outcome.events.isEmpty)
    }

    @Test func aPAXSizeThatSaysTheSame() throws {
        let tar = TarBuilder.tar {
            $0.pax([("size", "7")])
            $0.file("f")
        }
        #expect(try readEveryWay(tar: tar).events == [.file("f", seconds, Array("content".utf8))])
    }

    @Test(arguments: [0, 0o777_7777_7777])
    func aPAXSizeThatNoHeaderHolds(_ header: Int) throws {
        let limits = ArchiveLimits(maxFileSize: 8 << 30)
        let tar = TarBuilder.tar {
            $0.pax([("size", "8589934593")])
            $0.header(Array("f".utf8), size: header)
        }
        // Taken as what it says, and refused by the limit, so that no test needs 8 GiB.
        #expect(
            read(tar: tar, limits: limits).error
                == .fileTooLarge(EntryName("f".utf8), size: 8_589_934_593, limit: 8 << 30)
        )
    }

    @Test(arguments: [
        ("0 a=b\n", RecordFault.length), ("1 a=b\n", .length), ("4 a=\n", .length), ("5 a=b\n", .length),
        ("7 a=b\n", .length), ("99 a=b\n", .length), ("18446744073709551616 a=b\n", .length), ("-6 a=b\n", .length),
        ("+6 a=b\n", .length), (" 6 a=b\n", .length), ("6\ta=b\n", .length), ("a=b\n", .length), ("6", .length),
        ("6 a=b ", .length), ("6 a=b\n\u{0}", .length), ("6 a=b\n6", .length), ("6 aab\n", .syntax),
        ("6 =ab\n", .syntax), ("7 size\n", .syntax), ("9 size=x\n", .number), ("11 size=-1\n", .number),
        ("11 size=0x\n", .number), ("28 size=9223372036854775808\n", .number), ("11 mtime=x\n", .number),
        ("11 mtime=.\n", .number), ("13 mtime=1e5\n", .number), ("10 mtime=-\n", .length), ("11 mtime=-\n", .number),
        ("9 path=\n", .length), ("8 path=\n", .ambiguousKey), ("13 linkpath=\n", .ambiguousKey),
        ("8 size=\n", .ambiguousKey), ("9 size=1\n9 size=1\n", .ambiguousKey), ("9 path=a\n9 path=b\n", .ambiguousKey),
    ])
    func brokenRecords(_ text: String, _ fault: RecordFault) throws {
        let tar = TarBuilder.tar {
            $0.pax(raw: Array(text.utf8))
            $0.file("f")
        }
        let outcome = read(tar: tar)
        #expect(outcome.error == .badRecord(fault, offset: 512))
        #expect(outcome.events.isEmpty)
    }

    /// CVE-2019-20907
    @Test func recordsOfAGigabyteOrOfNothing() throws {
        let huge = TarBuilder.tar { $0.header(Array("x".utf8), type: "x", size: 1 << 30) }
        #expect(try readEveryWay(tar: huge).error == .badHeader(.extensionTooLong, offset: 0))
        let global = TarBuilder.tar { $0.header(Array("x".utf8), type: "g", size: (1 << 20) + 1) }
        #expect(read(tar: global).error == .badHeader(.extensionTooLong, offset: 0))
        let none = TarBuilder.tar {
            $0.pax(raw: [])
            $0.file("f")
        }
        #expect(try readEveryWay(tar: none).paths == ["f"])
        let longName = TarBuilder.tar { $0.header(Array("x".utf8), type: "L", size: 1 << 30, magic: .gnu) }
        #expect(read(tar: longName).error == .badHeader(.extensionTooLong, offset: 0))
    }

    @Test(arguments: ["path", "linkpath", "size"])
    func globalRecordsThatNameOrMeasureEverything(_ key: String) throws {
        let tar = TarBuilder.tar {
            $0.pax([(key, "7")], type: "g")
            $0.file("f")
        }
        #expect(try readEveryWay(tar: tar).error == .badRecord(.globalKey, offset: 512))
    }

    /// CVE-2025-58183
    @Test func sparseFiles() throws {
        let old = TarBuilder.tar { $0.header(Array("f".utf8), type: "S", size: 0, magic: .gnu) }
        #expect(try readEveryWay(tar: old).error == .sparse(EntryName("f".utf8)))
        for key in [
            "GNU.sparse.major", "GNU.sparse.map", "GNU.sparse.name", "GNU.sparse.realsize", "SUN.holesdata",
            "SCHILY.realsize",
        ] {
            for type: Character in ["x", "g"] {
                let tar = TarBuilder.tar {
                    $0.pax([(key, "1")], type: type)
                    $0.file("f")
                }
                #expect(read(tar: tar).error == .badRecord(.sparse, offset: 512))
            }
        }
    }

    @Test(
        arguments: [
            [0xFF] + Array(repeating: 0xFF, count: 11),  // -1
            [0x80 | 0x40] + Array(repeating: 0, count: 11),
            Array("-0000000001\u{0}".utf8), Array("           \u{0}".utf8), Array(repeating: 0, count: 12),
            Array("0000000000x\u{0}".utf8), Array("00000000008\u{0}".utf8), Array("0000 000007\u{0}".utf8),
            Array("0x000000007\u{0}".utf8),
        ] as [[UInt8]]
    )
    func sizesThatAreNone(_ field: [UInt8]) throws {
        let tar = TarBuilder.tar {
            $0.file("before")
            $0.header(Array("f".utf8), sizeField: field)
        }
        let outcome = try readEveryWay(tar: tar)
        #expect(outcome.error == .badHeader(.size, offset: 1024))
        #expect(outcome.paths == ["before"])
    }

    @Test func sizesBeyond64Bits() throws {
        for field in [
            [0x80] + Array(repeating: 0xFF, count: 11), [0x80, 0, 0, 0, 0x7F] + Array(repeating: 0xFF, count: 7),
        ]
            as [[UInt8]]
        {
            let tar = TarBuilder.tar { $0.header(Array("f".utf8), sizeField: field) }
            let limits = ArchiveLimits(maxFileSize: .max, maxTotalSize: .max)
            guard case .truncated = read(tar: tar, limits: limits).error else {
                Issue.record("a size of 2^63 - 1 was not awaited")
                return
            }
            #expect(
                try readEveryWay(tar: tar).error
                    == .fileTooLarge(EntryName("f".utf8), size: .max, limit: 4 << 30)
            )
        }
    }

    @Test func timesThatAreNone() throws {
        let tar = TarBuilder.tar { $0.header(Array("f".utf8), modified: Array("1472322000x\u{0}".utf8)) }
        #expect(try readEveryWay(tar: tar).error == .badHeader(.modificationTime, offset: 0))
    }

    @Test func contentOfWhatHasNone() throws {
        for type: Character in ["5", "2", "1"] {
            let tar = TarBuilder.tar {
                $0.file("t")
                $0.header(Array("x".utf8), type: type, size: 512, link: Array("t".utf8))
                $0.file("hidden")
            }
            let outcome = try readEveryWay(tar: tar)
            #expect(outcome.error == .ambiguousSize(EntryName("x".utf8)))
            #expect(outcome.paths == ["t"])
        }
        let v7 = TarBuilder.tar { $0.header(Array("d/".utf8), type: "\0", size: 512, magic: .v7) }
        #expect(read(tar: v7).error == .ambiguousSize(EntryName("d/".utf8)))
    }
}
