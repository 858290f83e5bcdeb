import Archive
import Content
import TestSupport
import Testing
import Zlib

@Suite struct ArchiveWriterTests {
    private static let time = Timestamp(seconds: 1_700_000_000)

    private let long = String(repeating: "n", count: 120)
    private let deep = Array(repeating: "directory", count: 14).joined(separator: "/")

    /// A tree with every kind of entry and every reason for a PAX header but an enormous file.
    private func packTree(piece: Int = .max) throws -> [UInt8] {
        try pack { writer in
            try writer.addDirectory(.root, modified: Self.time)
            try addFile(&writer, "a", Array("hello".utf8), piece: piece)
            try writer.addDirectory(path("d"), modified: Self.time)
            try addFile(&writer, "d/empty", [], piece: piece)
            try addFile(&writer, "d/noise", noise(300_000), piece: piece)
            try writer.symbolicLink(path("d/short"), target: Array("../a".utf8), modified: Self.time)
            try addFile(&writer, "d-", Array(repeating: 0x78, count: 512), piece: piece)
            try addFile(&writer, "\(deep)/name", Array("prefix".utf8), piece: piece)
            try addFile(
                &writer,
                "fraction",
                [1],
                modified: Timestamp(seconds: 1_700_000_000, nanoseconds: 50_000),
                piece: piece
            )
            try addFile(&writer, long, Array("pax".utf8), piece: piece)
            try writer.symbolicLink(path("soft"), target: Array((deep + "/" + deep).utf8), modified: Self.time)
        }
    }

    private func expectedTree() -> [Event] {
        let time = Self.time.seconds
        return [
            .directory("", time), .file("a", time, Array("hello".utf8)), .directory("d", time),
            .file("d/empty", time, []),
            .file("d/noise", time, noise(300_000)), .symbolicLink("d/short", "../a"),
            .file("d-", time, Array(repeating: 0x78, count: 512)), .file("\(deep)/name", time, Array("prefix".utf8)),
            .file("fraction", time, [1]), .file(long, time, Array("pax".utf8)),
            .symbolicLink("soft", deep + "/" + deep),
        ]
    }

    @Test func whatIsPackedIsReadBack() throws {
        let decoded = try decode(packTree(), title: nil)
        let outcome = read(tar: decoded.bytes)
        #expect(outcome.error == nil)
        #expect(outcome.events == expectedTree())
        #expect(outcome.times.contains(Timestamp(seconds: 1_700_000_000, nanoseconds: 50_000)))
    }

    @Test func theSameTreeGivesTheSameBytesHoweverItIsWritten() throws {
        let whole = try packTree()
        for piece in [1000, 65_536, 131_072] { #expect(try packTree(piece: piece) == whole) }
    }

    @Test func gnuTarUnpacksIt() throws {
        let directory = try TemporaryDirectory()
        try write(packTree(), to: "archive.tgz", in: directory)
        let listing = try run("tar --numeric-owner --full-time -tvzf archive.tgz", in: directory)
        let lines = String(decoding: listing, as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(lines.first == "drwxr-xr-x 0/0               0 2023-11-14 22:13:20 ./")
        #expect(lines.contains("-rw-r--r-- 0/0          300000 2023-11-14 22:13:20 d/noise"))
        #expect(lines.contains("lrwxrwxrwx 0/0               0 2023-11-14 22:13:20 d/short -> ../a"))
        #expect(lines.contains("-rw-r--r-- 0/0               1 2023-11-14 22:13:20.00005 fraction"))
        #expect(lines.count == expectedTree().count)
        try run("mkdir out && tar -C out -xzf archive.tgz", in: directory)
        #expect(try contents(of: "out/d/noise", in: directory) == noise(300_000))
        #expect(try contents(of: "out/\(deep)/name", in: directory) == Array("prefix".utf8))
        #expect(try contents(of: "out/\(long)", in: directory) == Array("pax".utf8))
        #expect(try run("readlink -n out/soft", in: directory) == Array((deep + "/" + deep).utf8))
        // Only what doesn't fit has a PAX header.
        let strings = String(decoding: decode(try contents(of: "archive.tgz", in: directory)).bytes, as: UTF8.self)
        #expect(strings.split(separator: "PaxHeaders/records").count - 1 == 3)
    }

    @Test func namesAroundTheFieldsLengths() throws {
        // Names of 98 to 102 bytes, prefixes of 154 to 157, each with and without room for a cut at a slash.
        var names: [String] = []
        for length in 98...102 { names.append(String(repeating: "a", count: length)) }
        for prefix in 153...157 {
            for name in 99...101 {
                names.append(
                    String(repeating: "b", count: prefix - 100) + "/" + String(repeating: "c", count: 99) + "/"
                        + String(repeating: "d", count: name)
                )
            }
        }
        names.sort { first, second in
            guard let left = ReleasePath(first), let right = ReleasePath(second) else { return false }
            return ArchiveWriter.precedes(left, right)
        }
        let layer = try pack { writer in for name in names { try addFile(&writer, name, [7]) } }
        let outcome = read(tar: decode(layer, title: nil).bytes)
        #expect(outcome.error == nil)
        #expect(outcome.paths == names)
        let directory = try TemporaryDirectory()
        try write(layer, to: "archive.tgz", in: directory)
        let listed = try run("tar -tzf archive.tgz", in: directory)
        #expect(String(decoding: listed, as: UTF8.self) == names.map { $0 + "\n" }.joined())
    }

    @Test func namesThatAreNoUTF8() throws {
        let name = [UInt8](repeating: 0xFF, count: 120)
        let layer = try pack { writer in
            try writer.symbolicLink(ReleasePath(name), target: [0xFE], modified: Self.time)
        }
        let tar = decode(layer, title: nil).bytes
        #expect(String(decoding: tar, as: UTF8.self).contains("21 hdrcharset=BINARY\n"))
        let directory = try TemporaryDirectory()
        try write(layer, to: "archive.tgz", in: directory)
        #expect(try run("mkdir out && tar -C out -xzf archive.tgz && cd out && printf %s *", in: directory) == name)
    }

    @Test func timesBeyondAHeader() throws {
        let times = [-1, 0, 0o777_7777_7777, 0o777_7777_7777 + 1] as [Int64]
        let layer = try pack { writer in
            for (index, time) in times.enumerated() {
                try addFile(&writer, "f\(index)", [], modified: Timestamp(seconds: time))
            }
        }
        let outcome = read(tar: decode(layer, title: nil).bytes)
        #expect(outcome.times.map(\.seconds) == [0, 0, 0o777_7777_7777, 0o777_7777_7777 + 1])
    }

    @Test func aFileBeyond8GiBHasItsSizeInARecord() throws {
        let layer = Collected()
        var writer = try ArchiveWriter { piece in piece.withUnsafeBytes { layer.bytes.append(contentsOf: $0) } }
        try writer.beginFile(path("f"), size: 8 << 30, modified: Self.time)
        // More than is held back until a member's length is known.
        let first = noise(MemberLength.most + 400_000)
        try writer.write(first.span.bytes)
        // Never finished: what there is of it has the headers.
        var bytes: [UInt8] = []
        var decoder = LayerDecoder(title: nil, size: 1)
        try decoder.consume(layer.bytes.span.bytes) { _, piece in
            piece.withUnsafeBytes { bytes.append(contentsOf: $0) }
        }
        let limits = ArchiveLimits(maxFileSize: 8 << 30)
        let outcome = read(tar: bytes, limits: limits)
        guard case .truncated = outcome.error else {
            Issue.record("\(String(describing: outcome.error))")
            return
        }
        #expect(outcome.open?.isEmpty == false)
        #expect(read(tar: bytes).error == .fileTooLarge(EntryName("f".utf8), size: 8 << 30, limit: 4 << 30))
    }

    @Test(arguments: [
        ["b", "a"], ["a", "a"], ["a/b", "a"], ["a", "a-", "a/b"], ["", ""], ["a", ""],
    ])
    func entriesOutOfOrderAreRefused(_ names: [String]) throws {
        #expect(throws: ArchiveError.misuse(EntryName((names.last ?? "").utf8), .order)) {
            _ = try pack { writer in
                for name in names { try writer.addDirectory(path(name), modified: Self.time) }
            }
        }
    }

    @Test func sizesThatWereNotAnnounced() throws {
        let misuse = ArchiveError.misuse(EntryName("f".utf8), .size)
        #expect(throws: misuse) {
            _ = try pack { writer in
                try writer.beginFile(path("f"), size: 1, modified: Self.time)
                try writer.write([1, 2].span.bytes)
            }
        }
        #expect(throws: misuse) {
            _ = try pack { writer in
                try writer.beginFile(path("f"), size: 1, modified: Self.time)
                try writer.endFile()
            }
        }
        #expect(throws: misuse) {
            _ = try pack { writer in try writer.beginFile(path("f"), size: -1, modified: Self.time) }
        }
    }

    @Test func callsOutOfPlace() throws {
        #expect(throws: ArchiveError.misuse(EntryName([]), .state)) {
            _ = try pack { writer in try writer.write([1].span.bytes) }
        }
        #expect(throws: ArchiveError.misuse(EntryName("f".utf8), .state)) {
            _ = try pack { writer in try writer.beginFile(path("f"), size: 0, modified: Self.time) }
        }
        #expect(throws: ArchiveError.misuse(EntryName("g".utf8), .state)) {
            _ = try pack { writer in
                try writer.beginFile(path("f"), size: 0, modified: Self.time)
                try writer.addDirectory(path("g"), modified: Self.time)
            }
        }
        #expect(throws: ArchiveError.misuse(EntryName([]), .state)) { _ = try pack { try $0.finish() } }
    }
}
