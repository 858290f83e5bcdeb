import Archive
import Content
import Testing
import Zlib

/// What a layer is found to be, from its bytes alone.
@Suite struct LayerDecoderTests {
    private let tar = TarBuilder.tar { $0.file("f") }

    @Test func aGzipOfATar() throws {
        let layer = try gzip(tar)
        for title in ["manifests.tgz", "anything", nil] {
            #expect(try decodeEveryWay(layer, title: title) == Decoded(format: .tar, bytes: tar))
        }
    }

    @Test func aPlainTar() throws {
        for title in ["manifests.tgz", "x.json", nil] {
            #expect(try decodeEveryWay(tar, title: title) == Decoded(format: .tar, bytes: tar))
        }
    }

    @Test func aGzipOfSeveralMembers() throws {
        // The first ones hold nothing, or less than the block that has to be looked at.
        let layer =
            try gzip([]) + gzip(Array(tar[..<5])) + gzip([]) + gzip(Array(tar[5..<600])) + gzip(Array(tar[600...]))
        #expect(try decodeEveryWay(layer) == Decoded(format: .tar, bytes: tar))
    }

    @Test func aGzipHeaderWithALongName() throws {
        // FNAME set: a NUL-terminated name stands before the data (RFC 1952, section 2.3).
        var layer = try gzip(tar)
        layer[3] |= 8
        layer.insert(contentsOf: Array(repeating: UInt8(ascii: "n"), count: 9000) + [0], at: 10)
        #expect(decode(layer) == Decoded(format: .tar, bytes: tar))
        layer.insert(contentsOf: Array(repeating: UInt8(ascii: "n"), count: 1 << 20), at: 10)
        #expect(decode(layer).error == .notAnArchive(title: "manifests.tgz"))
    }

    @Test func anythingElseIsStoredUnderItsTitle() throws {
        let json = Array("{\"a\": 1}".utf8)
        #expect(try decodeEveryWay(json, title: "a.json") == Decoded(format: .file, bytes: json))
        #expect(try decodeEveryWay([], title: "empty") == Decoded(format: .file, bytes: []))
        #expect(try decodeEveryWay([0x1F], title: "byte") == Decoded(format: .file, bytes: [0x1F]))
        let long = noise(5000)
        #expect(try decodeEveryWay(long, title: "noise") == Decoded(format: .file, bytes: long))
        let zeros = [UInt8](repeating: 0, count: 2000)
        #expect(try decodeEveryWay(zeros, title: "zeros") == Decoded(format: .file, bytes: zeros))
    }

    @Test func aGzipOfNoTarIsStoredAsItIs() throws {
        for content in [Array("short".utf8), noise(2000)] {
            let layer = try gzip(content)
            #expect(try decodeEveryWay(layer, title: "a.json.gz") == Decoded(format: .file, bytes: layer))
        }
        let broken: [UInt8] = [0x1F, 0x8B, 0xFF] + noise(600)
        #expect(try decodeEveryWay(broken, title: "x") == Decoded(format: .file, bytes: broken))
    }

    @Test(arguments: ["m.tgz", "m.tar.gz", "m.tar", "M.TGZ"])
    func aTitleThatSaysArchiveIsHeldToIt(_ title: String) throws {
        for layer in try [[], Array("{}".utf8), noise(2000), gzip(noise(2000)), Array(gzip(tar).prefix(20))] {
            #expect(decode(layer, title: title).error == .notAnArchive(title: title))
            #expect(decode(layer, title: title).bytes.isEmpty)
        }
    }

    @Test func noTitleAndNoArchive() throws {
        #expect(try decodeEveryWay(noise(600), title: nil).error == .untitled)
        #expect(try decodeEveryWay(Array("{}".utf8), title: "").error == .untitled)
    }

    @Test(arguments: ["/etc/passwd", "../x", "a/../../x", ".", "./", "dir/", "a\u{0}b"])
    func titlesThatAreNoPath(_ title: String) throws {
        let decoded = decode(Array("{}".utf8), title: title)
        #expect(decoded.error == .badTitle(title))
        #expect(decoded.bytes.isEmpty)
    }

    @Test func anEmptyTarIsOneWhereItIsMeantToBe() throws {
        let zeros = [UInt8](repeating: 0, count: 10240)
        #expect(decode(zeros, title: "m.tar") == Decoded(format: .tar, bytes: zeros))
        #expect(try decode(gzip(zeros), title: "m.tgz") == Decoded(format: .tar, bytes: zeros))
        #expect(try decode(gzip(zeros), title: nil) == Decoded(format: .tar, bytes: zeros))
    }

    @Test func brokenGzip() throws {
        let whole = try gzip(tar + noise(100_000))
        #expect(decode(Array(whole.dropLast())).error == .compression(.truncated))
        #expect(
            decode(whole + [0]).error == .compression(.trailingBytes(offset: Int64(whole.count)))
        )
        var flipped = whole
        flipped[whole.count - 5] ^= 0x10
        #expect(decode(flipped).error == .compression(.corrupt(reason: "incorrect data check")))
    }

    @Test func theFormatIsKnownBeforeTheFirstBytes() throws {
        let layer = try gzip(tar)
        var decoder = LayerDecoder(title: nil, size: Int64(layer.count))
        var emitted = 0
        for index in layer.indices {
            try decoder.consume(layer.span.bytes.extracting(index..<index + 1)) { emitted += $1.byteCount }
            #expect(emitted == 0 || decoder.format == .tar)
        }
        #expect(emitted == tar.count)
    }

    @Test func aDecoderThatRefusedStaysRefused() throws {
        let layer = try gzip(tar) + [7]
        var decoder = LayerDecoder(title: nil, size: Int64(layer.count))
        do {
            try decoder.consume(layer.span.bytes) { _, _ in }
            Issue.record("trailing bytes were taken")
        } catch let error as ArchiveError {
            #expect(error == .compression(.trailingBytes(offset: Int64(layer.count) - 1)))
        }
        do {
            try decoder.consume(layer.span.bytes) { _, _ in }
            Issue.record("it went on after a refusal")
        } catch let error as ArchiveError {
            #expect(error == .finished)
        }
        do {
            try decoder.finish { _, _ in }
            Issue.record("it ended well after a refusal")
        } catch let error as ArchiveError {
            #expect(error == .finished)
        }
    }
}

/// Layers that are no archive, as entries.
@Suite struct TitledLayerTests {
    private func read(_ bytes: [UInt8], title: String?, size: Int64, limits: ArchiveLimits = ArchiveLimits()) -> Outcome
    {
        var reader = EntryReader(format: .file, title: title, size: size, limits: limits)
        var sink = RecordingSink()
        var outcome = Outcome()
        do {
            for index in bytes.indices {
                try reader.consume(bytes.span.bytes.extracting(index..<index + 1), into: &sink)
            }
            try reader.finish(into: &sink)
        } catch {
            outcome.error = error as? ArchiveError
        }
        outcome.events = sink.events
        outcome.open = sink.open?.bytes
        outcome.files = reader.register.fileCount
        return outcome
    }

    @Test func aFileUnderItsTitle() {
        #expect(
            read(Array("{}".utf8), title: "dir/a.json", size: 2)
                == Outcome(events: [.file("dir/a.json", 0, Array("{}".utf8))], files: 1)
        )
        #expect(read([], title: "empty", size: 0) == Outcome(events: [.file("empty", 0, [])], files: 1))
    }

    @Test func moreOrLessThanAnnounced() {
        #expect(
            read([1, 2, 3], title: "a", size: 2).error == .sizeMismatch(title: "a", expected: 2, received: 3)
        )
        #expect(read([1], title: "a", size: 2).error == .sizeMismatch(title: "a", expected: 2, received: 1))
        // Before the sink is given them.
        var sink = RecordingSink()
        var reader = EntryReader(format: .file, title: "a", size: 2)
        #expect(throws: ArchiveError.sizeMismatch(title: "a", expected: 2, received: 3)) {
            try reader.consume(([1, 2, 3] as [UInt8]).span.bytes, into: &sink)
        }
        #expect(sink.open?.bytes == [])
    }

    @Test func limitsAndTitlesAreCheckedBeforeAnythingIsWritten() {
        let large = read([1, 2], title: "a", size: 2, limits: ArchiveLimits(maxFileSize: 1))
        #expect(large == Outcome(error: .fileTooLarge(EntryName("a".utf8), size: 2, limit: 1)))
        #expect(read([1], title: nil, size: 1) == Outcome(error: .untitled))
        #expect(read([1], title: "../a", size: 1) == Outcome(error: .badTitle("../a")))
        #expect(read([1], title: "a.tar", size: 1) == Outcome(error: .notAnArchive(title: "a.tar")))
    }
}
