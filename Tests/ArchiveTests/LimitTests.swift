import Archive
import Content
import Testing

/// The ceilings, each met exactly and passed by one; and that nothing is handed over before it was counted.
@Suite struct LimitTests {
    private func files(_ count: Int, size: Int = 1) -> [UInt8] {
        TarBuilder.tar { for index in 0..<count { $0.file("f\(index)", String(repeating: "x", count: size)) } }
    }

    @Test func files() throws {
        let limits = ArchiveLimits(maxFiles: 3)
        #expect(try readEveryWay(tar: files(3), limits: limits).error == nil)
        let outcome = try readEveryWay(tar: files(4), limits: limits)
        #expect(outcome.error == .tooManyFiles(limit: 3))
        #expect(outcome.paths == ["f0", "f1", "f2"])
        #expect(outcome.open == nil)
    }

    @Test func linksCountAsFiles() throws {
        let tar = TarBuilder.tar {
            $0.file("f")
            $0.symbolicLink("s", to: "f")
            $0.hardLink("h", to: "f")
        }
        #expect(read(tar: tar, limits: ArchiveLimits(maxFiles: 3)).error == nil)
        #expect(read(tar: tar, limits: ArchiveLimits(maxFiles: 2)).error == .tooManyFiles(limit: 2))
    }

    @Test func oneFileAgainAndAgainCountsEachTime() throws {
        let tar = TarBuilder.tar { for _ in 0..<4 { $0.file("f") } }
        #expect(read(tar: tar, limits: ArchiveLimits(maxFiles: 3)).error == .tooManyFiles(limit: 3))
    }

    @Test func directoriesCountEvenWhereTheyAreOnlyImplied() throws {
        let implied = TarBuilder.tar { $0.file("a/b/c/f") }
        #expect(read(tar: implied, limits: ArchiveLimits(maxFiles: 3)).directories == 3)
        #expect(read(tar: implied, limits: ArchiveLimits(maxFiles: 2)).error == .tooManyFiles(limit: 2))
        let explicit = TarBuilder.tar {
            $0.directory(".")
            $0.file("a/f")
            $0.directory("a")
            $0.directory("b")
        }
        let outcome = read(tar: explicit, limits: ArchiveLimits(maxFiles: 2))
        #expect(outcome.error == nil)
        #expect(outcome.directories == 2)
    }

    @Test func fileSizeIsJudgedByTheHeader() throws {
        let limits = ArchiveLimits(maxFileSize: 5)
        #expect(read(tar: files(1, size: 5), limits: limits).error == nil)
        let outcome = try readEveryWay(tar: files(1, size: 6), limits: limits)
        #expect(outcome.error == .fileTooLarge(EntryName("f0".utf8), size: 6, limit: 5))
        #expect(outcome.open == nil)
    }

    @Test func totalSize() throws {
        let limits = ArchiveLimits(maxTotalSize: 10)
        #expect(read(tar: files(2, size: 5), limits: limits).error == nil)
        let outcome = try readEveryWay(tar: files(3, size: 5), limits: limits)
        #expect(outcome.error == .totalTooLarge(limit: 10))
        #expect(outcome.paths == ["f0", "f1"])
        #expect(outcome.open == nil)
    }

    /// The disk and the index hold them, too.
    @Test func targetsOfLinksCountAsWell() throws {
        let tar = TarBuilder.tar {
            $0.file("a", "12345")
            $0.symbolicLink("b", to: "abc")
            $0.symbolicLink("c", to: "def")
        }
        #expect(read(tar: tar, limits: ArchiveLimits(maxTotalSize: 11)).error == nil)
        let outcome = try readEveryWay(tar: tar, limits: ArchiveLimits(maxTotalSize: 10))
        #expect(outcome.error == .totalTooLarge(limit: 10))
    }

    @Test func totalSizeCannotOverflow() throws {
        let tar = TarBuilder.tar {
            $0.file("a")
            $0.header(Array("b".utf8), sizeField: [0x80, 0, 0, 0, 0x7F] + Array(repeating: 0xFF, count: 7))
        }
        let limits = ArchiveLimits(maxFileSize: .max, maxTotalSize: .max)
        #expect(read(tar: tar, limits: limits).error == .totalTooLarge(limit: .max))
    }

    @Test func countsGoOnFromLayerToLayer() throws {
        let limits = ArchiveLimits(maxFiles: 3, maxTotalSize: 4)
        var first = EntryReader(format: .tar, title: nil, size: 0, limits: limits)
        var sink = RecordingSink()
        try first.consume(files(2).span.bytes, into: &sink)
        try first.finish(into: &sink)
        #expect(first.register.fileCount == 2)
        #expect(first.register.totalSize == 2)
        #expect(read(tar: files(2), limits: limits, after: first.register).error == .tooManyFiles(limit: 3))
        #expect(read(tar: files(1, size: 3), limits: limits, after: first.register).error == .totalTooLarge(limit: 4))
        #expect(read(tar: files(1, size: 2), limits: limits, after: first.register).error == nil)
    }

    // MARK: While inflating

    private static let mebibyte = [UInt8](repeating: 0, count: 1 << 20)

    /// A gzip of a tar header and then zeros, which compress about a thousand times.
    private static func bomb(mebibytes: Int) throws -> [UInt8] {
        var builder = TarBuilder()
        builder.header(Array("zeros".utf8), size: mebibytes << 20)
        for _ in 0..<mebibytes { builder.body(mebibyte) }
        builder.zeros(blocks: 2)
        return try gzip(builder.bytes)
    }

    private func produced(_ layer: [UInt8], limits: ArchiveLimits, size: Int64? = nil) -> (
        count: Int, error: ArchiveError?
    ) {
        var decoder = LayerDecoder(title: nil, size: size ?? Int64(layer.count), limits: limits)
        var count = 0
        do {
            try decoder.consume(layer.span.bytes) { count += $1.byteCount }
            try decoder.finish { count += $1.byteCount }
            return (count, nil)
        } catch {
            return (count, error as? ArchiveError)
        }
    }

    @Test func theRatioIsJudgedAbove64MiB() throws {
        let small = try Self.bomb(mebibytes: 63)
        #expect(produced(small, limits: ArchiveLimits()).error == nil)
        let large = try Self.bomb(mebibytes: 65)
        let refused = produced(large, limits: ArchiveLimits())
        #expect(refused.error == .ratioTooHigh(limit: 200))
        #expect(refused.count <= 64 << 20)
        #expect(produced(large, limits: ArchiveLimits(maxRatio: 2000)).error == nil)
        #expect(produced(large, limits: ArchiveLimits(maxRatio: .max)).error == nil)
        // An even size: the product overflows to a negative number.
        #expect(produced(large, limits: ArchiveLimits(maxRatio: .max), size: 1 << 16).error == nil)
        // Of a layer that is otherwise large enough, a part may compress well.
        #expect(produced(large, limits: ArchiveLimits(), size: 1 << 20).error == nil)
    }

    @Test func headersWithoutFilesAreBounded() throws {
        // Global headers are no entries: without a ceiling on the stream they could go on for ever.
        let tar = TarBuilder.tar { for _ in 0..<1100 { $0.pax([("comment", "c")], type: "g") } }
        let limits = ArchiveLimits(maxFiles: 1, maxTotalSize: 1)
        #expect(produced(try gzip(tar), limits: limits).error == .totalTooLarge(limit: 1))
        #expect(produced(tar, limits: limits).error == .totalTooLarge(limit: 1))
        #expect(produced(tar, limits: ArchiveLimits(maxFiles: 200, maxTotalSize: 1)).error == nil)
    }

    // MARK: Many

    @Test func aHundredThousandPathsDoNotCollide() throws {
        var reader = EntryReader(format: .tar, title: nil, size: 0)
        var sink = CountingSink()
        var builder = TarBuilder()
        builder.header(Array("name".utf8))
        let template = builder.bytes
        for index in 0..<100_000 {
            var block = template
            let name = Array("d\(index / 1000)/f\(index)".utf8)
            block.replaceSubrange(0..<name.count, with: name)
            reseal(&block)
            try reader.consume(block.span.bytes, into: &sink)
        }
        try reader.consume([UInt8](repeating: 0, count: 1024).span.bytes, into: &sink)
        try reader.finish(into: &sink)
        #expect(sink.files == 100_000)
        #expect(reader.register.fileCount == 100_000)
        #expect(reader.register.directoryCount == 100)
    }
}

private struct CountingSink: EntrySink {
    var files = 0
    mutating func directory(_ path: ReleasePath, modified: Timestamp) {}
    mutating func beginFile(_ path: ReleasePath, size: Int64, modified: Timestamp) { files += 1 }
    mutating func write(_ bytes: RawSpan) {}
    mutating func endFile() {}
    mutating func symbolicLink(_ path: ReleasePath, target: [UInt8], modified: Timestamp) {}
    mutating func hardLink(_ path: ReleasePath, to target: ReleasePath) {}
}
