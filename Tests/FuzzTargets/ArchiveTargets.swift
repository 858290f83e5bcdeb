import Archive
import Content
import Zlib

extension FuzzTarget {
    /// Small enough that an input meets them.
    static let limits = ArchiveLimits(maxFiles: 64, maxFileSize: 4096, maxTotalSize: 16_384, maxRatio: 200)

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
