import Archive
import Content
import Zlib

extension FuzzTarget {
    /// Small enough that an input meets them.
    private static let limits = ArchiveLimits(maxFiles: 64, maxFileSize: 4096, maxTotalSize: 16_384, maxRatio: 200)

    /// The tar reader: whole and in pieces the same entries and the same error, and none that breaks the sink's contract.
    static let tar = FuzzTarget(name: "tar") { bytes in
        let whole = try read(bytes, cutAt: [])
        let cut = try read(bytes, cutAt: cuts(in: bytes))
        try demand(whole == cut, "cut another way, the tar reads otherwise: \(whole) and \(cut)")
    }

    private struct TarOutcome: Equatable {
        var sink: ContractSink
        var error: String?
    }

    private static func read(_ bytes: [UInt8], cutAt cuts: [Int]) throws -> TarOutcome {
        var reader = EntryReader(format: .tar, title: nil, size: 0, limits: limits)
        var outcome = TarOutcome(sink: ContractSink(limits: limits))
        do {
            for piece in pieces(of: bytes, cutAt: cuts) {
                try reader.consume(bytes.span.bytes.extracting(piece), into: &outcome.sink)
            }
            try reader.finish(into: &outcome.sink)
            try demand(outcome.sink.open == nil, "the archive has ended within a file")
        } catch let error as ArchiveError {
            outcome.error = "\(error)"
            try demand(!"\(error)".contains("\n"), "an error has a line break")
        }
        return outcome
    }

    /// The gzip framing: whole and in pieces the same bytes, never more than the limits.
    static let layer = FuzzTarget(name: "layer") { bytes in
        for title in ["manifests.tgz", "file.json", nil] {
            let whole = try decode(bytes, title: title, cutAt: [])
            let cut = try decode(bytes, title: title, cutAt: cuts(in: bytes))
            try demand(whole.error == cut.error && whole.format == cut.format, "cut another way, it ends otherwise")
            // How much was handed over before a fault may differ, but not what.
            let length = min(whole.bytes.count, cut.bytes.count)
            try demand(whole.bytes.prefix(length) == cut.bytes.prefix(length), "cut another way, other bytes come")
            try demand(whole.error != nil || whole.bytes == cut.bytes, "cut another way, fewer bytes come")
        }
    }

    private struct LayerOutcome {
        var format: LayerFormat?
        var bytes: [UInt8] = []
        var error: String?
    }

    private static func decode(_ bytes: [UInt8], title: String?, cutAt cuts: [Int]) throws -> LayerOutcome {
        var decoder = LayerDecoder(title: title, size: Int64(bytes.count), limits: limits)
        var outcome = LayerOutcome()
        let ceiling = limits.maxTotalSize + Int64(limits.maxFiles) * 2048 + (1 << 20)
        func take(_ format: LayerFormat, _ piece: RawSpan) throws {
            piece.withUnsafeBytes { outcome.bytes.append(contentsOf: $0) }
            try demand(
                format == .file || outcome.bytes.count <= ceiling,
                "more was handed over than the limits allow"
            )
        }
        do {
            for piece in pieces(of: bytes, cutAt: cuts) {
                try decoder.consume(bytes.span.bytes.extracting(piece), emit: take)
            }
            try decoder.finish(emit: take)
            try demand(decoder.format != .file || outcome.bytes == bytes, "a file is not kept as it came")
        } catch let error as ArchiveError {
            outcome.error = "\(error)"
        }
        outcome.format = decoder.format
        return outcome
    }
}

/// A sink that holds the reader to what ``EntrySink`` promises.
private struct ContractSink: EntrySink, Equatable {
    enum Kind { case directory, file, linkedFile, symbolicLink, hardLink }
    struct Open: Equatable {
        let path: ReleasePath
        var left: Int64
    }

    let maxFiles: Int
    let maxFileSize: Int64
    let maxTotalSize: Int64
    var kinds: [ReleasePath: Kind] = [:]
    var content: [UInt8] = []
    var names = 0
    var total: Int64 = 0
    var open: Open?

    init(limits: ArchiveLimits) {
        (maxFiles, maxFileSize, maxTotalSize) = (limits.maxFiles, limits.maxFileSize, limits.maxTotalSize)
    }

    private mutating func enter(_ path: ReleasePath, _ kind: Kind) throws {
        try FuzzTarget.demand(open == nil, "\(path) comes within a file")
        try FuzzTarget.demand(path.bytes.count <= 3072 && path.components.count <= 64, "\(path) is too long or deep")
        for component in path.components {
            try FuzzTarget.demand(
                !component.isEmpty && component.count <= 255 && !component.contains(0)
                    && !component.elementsEqual(".".utf8) && !component.elementsEqual("..".utf8),
                "\(path) has a component that is none"
            )
        }
        if kind != .directory {
            try FuzzTarget.demand(!path.isRoot, "the root is no directory")
            names += 1
            try FuzzTarget.demand(names <= maxFiles, "there are too many files")
        }
        var parent = path
        while !parent.isRoot {
            parent = parent.parent
            if parent.isRoot { break }
            let known = kinds[parent] ?? .directory
            try FuzzTarget.demand(known == .directory, "\(path) lies below something that is no directory")
            kinds[parent] = .directory
        }
        if let known = kinds[path] {
            try FuzzTarget.demand(
                known == kind && (kind == .directory || kind == .file),
                "\(path) comes twice, as \(known) and \(kind)"
            )
        }
        if !path.isRoot { kinds[path] = kind }
    }

    mutating func directory(_ path: ReleasePath, modified: Timestamp) throws {
        try enter(path, .directory)
        try demandSane(modified)
    }

    mutating func beginFile(_ path: ReleasePath, size: Int64, modified: Timestamp) throws {
        try enter(path, .file)
        try demandSane(modified)
        total += size
        try FuzzTarget.demand(size >= 0 && size <= maxFileSize && total <= maxTotalSize, "\(path) is too large")
        open = Open(path: path, left: size)
    }

    mutating func write(_ bytes: RawSpan) throws {
        try FuzzTarget.demand(!bytes.isEmpty && Int64(bytes.byteCount) <= open?.left ?? 0, "bytes of no file")
        open?.left -= Int64(bytes.byteCount)
        bytes.withUnsafeBytes { content.append(contentsOf: $0) }
    }

    mutating func endFile() throws {
        try FuzzTarget.demand(open?.left == 0, "a file ends early")
        open = nil
    }

    mutating func symbolicLink(_ path: ReleasePath, target: [UInt8], modified: Timestamp) throws {
        try enter(path, .symbolicLink)
        try demandSane(modified)
        try FuzzTarget.demand(
            !target.isEmpty && !target.contains(0) && target.count <= 4095 && target.first != UInt8(ascii: "/"),
            "\(path) has a target that is none"
        )
        // How far the target climbs before it names anything.
        var depth = path.components.count - 1
        for component in target.split(separator: UInt8(ascii: "/")) where !component.elementsEqual(".".utf8) {
            guard component.elementsEqual("..".utf8) else { break }
            depth -= 1
        }
        try FuzzTarget.demand(depth >= 0, "\(path) leads out")
        content += target
    }

    mutating func hardLink(_ path: ReleasePath, to target: ReleasePath) throws {
        let known = kinds[target]
        try FuzzTarget.demand(
            known == .file || known == .linkedFile || known == .hardLink,
            "\(path) is a hard link to no file"
        )
        if known == .file { kinds[target] = .linkedFile }
        try enter(path, .hardLink)
    }

    private func demandSane(_ time: Timestamp) throws {
        try FuzzTarget.demand(
            (0...9_223_372_036).contains(time.seconds) && (0..<1_000_000_000).contains(time.nanoseconds),
            "a time lies outside 1970 to 2262"
        )
    }
}
