import Archive
import Content
import Zlib

extension FuzzTarget {
    /// A tar in a gzip of many members that say their lengths, some of them wrongly: whether somebody asks for them, and
    /// whether what they hold is taken as read, the same entries come of it and the same error.
    static let members = FuzzTarget(name: "members") { tar in
        let cuts = Set(cuts(in: tar).map { $0 % 3 == 0 ? $0 : $0 & ~511 }).subtracting([0]).sorted()
        let layer = try layer(of: tar, cutAt: cuts)
        let plain = try MemberRun(layer, asks: false, known: [:])
        let asked = try MemberRun(layer, asks: true, known: [:])
        try demand(asked.error == plain.error, "asked, it ends otherwise: \(plain.error ?? "") \(asked.error ?? "")")
        try demand(asked.sink == plain.sink, "asked, other entries come")
        let known = try MemberRun(layer, asks: true, known: asked.remembered, cutAt: Self.cuts(in: layer))
        // Then everything is read anew.
        guard !known.isOutOfPlace else { return }
        try demand(known.error == plain.error, "known, it ends otherwise: \(plain.error ?? "") \(known.error ?? "")")
        try demand(known.sink.isLike(plain.sink), "known, other entries come")
        try demand(
            known.register?.fileCount == plain.register?.fileCount
                && known.register?.totalSize == plain.register?.totalSize
                && known.register?.hasReplacedFile == plain.register?.hasReplacedFile,
            "known, others are counted"
        )
    }

    private static func layer(of tar: [UInt8], cutAt cuts: [Int]) throws -> [UInt8] {
        var deflater = try Deflater(level: 1, hasLength: true)
        var layer: [UInt8] = []
        for piece in pieces(of: tar, cutAt: cuts) {
            var member: [UInt8] = []
            func take(_ bytes: RawSpan) { bytes.withUnsafeBytes { member.append(contentsOf: $0) } }
            try deflater.consume(tar.span.bytes.extracting(piece), emit: take)
            try deflater.finish(emit: take)
            try deflater.reset()
            MemberLength.write(into: &member)
            // One of five says that it is longer or shorter than it is.
            if member[member.count - 8] % 5 == 0 { member[16] ^= member[member.count - 7] }
            layer += member
        }
        return layer
    }
}

/// What has come of one way to read a layer.
private struct MemberRun {
    struct OutOfPlace: Error {}

    private final class State {
        var reader: EntryReader?
        var sink: ContractSink
        var current: [UInt8] = []
        var remembered: [[UInt8]: [UInt8]] = [:]

        init(_ sink: ContractSink) {
            self.sink = sink
        }
    }

    var sink: ContractSink
    var register: EntryRegister?
    /// What each member holds, as it was remembered.
    var remembered: [[UInt8]: [UInt8]] = [:]
    var error: String?
    var isOutOfPlace = false

    init(_ layer: [UInt8], asks: Bool, known: [[UInt8]: [UInt8]], cutAt cuts: [Int] = []) throws {
        let limits = FuzzTarget.limits
        let state = State(ContractSink(limits: limits))
        let size = Int64(layer.count)
        func begin(_ format: LayerFormat) {
            if state.reader == nil {
                state.reader = EntryReader(format: format, title: "m.tgz", size: size, limits: limits)
            }
        }
        let handlers = MemberHandlers { bytes in
            begin(.tar)
            let member = bytes.withUnsafeBytes { Array($0) }
            guard let encoded = known[member], let entries = MemberEntries(encoded: encoded) else {
                state.current = member
                state.reader?.beginMember()
                return nil
            }
            guard try state.reader?.replay(entries, into: &state.sink) ?? false else { throw OutOfPlace() }
            return entries.contentSize
        } ended: {
            if let entries = state.reader?.endMember() { state.remembered[state.current] = entries.encoded }
        }
        func take(_ format: LayerFormat, _ piece: RawSpan) throws {
            begin(format)
            try state.reader?.consume(piece, into: &state.sink)
        }
        var decoder = LayerDecoder(title: "m.tgz", size: size, limits: limits, members: asks ? handlers : nil)
        do {
            for piece in FuzzTarget.pieces(of: layer, cutAt: cuts) {
                try decoder.consume(layer.span.bytes.extracting(piece), emit: take)
            }
            try decoder.finish(emit: take)
            try state.reader?.finish(into: &state.sink)
        } catch let error as ArchiveError {
            self.error = "\(error)"
        } catch is OutOfPlace {
            isOutOfPlace = true
        }
        (sink, register, remembered) = (state.sink, state.reader?.register, state.remembered)
    }
}
