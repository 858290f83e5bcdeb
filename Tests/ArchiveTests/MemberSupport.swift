import Archive
import Content
import Zlib

/// One gzip member that says its length; `claim` puts another one in its place.
func framed(_ bytes: [UInt8], claiming claim: Int? = nil) throws -> [UInt8] {
    var deflater = try Deflater(hasLength: true)
    var member: [UInt8] = []
    try deflater.consume(bytes.span.bytes) { piece in piece.withUnsafeBytes { member.append(contentsOf: $0) } }
    try deflater.finish { piece in piece.withUnsafeBytes { member.append(contentsOf: $0) } }
    MemberLength.write(into: &member)
    if let claim {
        for index in 0..<4 { member[16 + index] = UInt8(truncatingIfNeeded: claim >> (8 * index)) }
    }
    return member
}

/// What a decoder has asked of members, and what it has handed over in between.
struct Framed: Equatable {
    enum Piece: Equatable {
        case begin
        case bytes([UInt8])
        case known([UInt8])
        case end
    }

    /// Bytes that follow one another are one piece.
    var pieces: [Piece] = []
    /// The members that it was asked about.
    var asked: [[UInt8]] = []
    var error: ArchiveError?

    var bytes: [UInt8] {
        var all: [UInt8] = []
        for piece in pieces {
            switch piece {
            case .bytes(let bytes), .known(let bytes): all += bytes
            case .begin, .end: break
            }
        }
        return all
    }

    fileprivate mutating func add(_ bytes: RawSpan) {
        let new = bytes.withUnsafeBytes { Array($0) }
        if case .bytes(let before) = pieces.last {
            pieces[pieces.count - 1] = .bytes(before + new)
        } else {
            pieces.append(.bytes(new))
        }
    }
}

private final class Observed {
    var framed = Framed()
}

/// Decodes a layer while the members in `known` are taken as known, each with what it inflates to.
func decode(
    _ layer: [UInt8],
    known: [[UInt8]: [UInt8]],
    limits: ArchiveLimits = ArchiveLimits(),
    cutAt cuts: [Int] = []
) -> Framed {
    let observed = Observed()
    let handlers = MemberHandlers { member in
        let member = member.withUnsafeBytes { Array($0) }
        observed.framed.asked.append(member)
        guard let content = known[member] else {
            observed.framed.pieces.append(.begin)
            return nil
        }
        observed.framed.pieces.append(.known(content))
        return Int64(content.count)
    } ended: {
        observed.framed.pieces.append(.end)
    }
    var decoder = LayerDecoder(title: "m.tgz", size: Int64(layer.count), limits: limits, members: handlers)
    do {
        for (start, end) in zip([0] + cuts, cuts + [layer.count]) {
            try decoder.consume(layer.span.bytes.extracting(start..<end)) { observed.framed.add($1) }
        }
        try decoder.finish { observed.framed.add($1) }
    } catch {
        observed.framed.error = error as? ArchiveError
    }
    return observed.framed
}

/// Decodes whole, cut in two at every byte, and byte by byte; all must come to the same.
func decodeEveryWay(_ layer: [UInt8], known: [[UInt8]: [UInt8]]) throws -> Framed {
    let whole = decode(layer, known: known)
    for cut in layer.indices.dropFirst() where decode(layer, known: known, cutAt: [cut]) != whole {
        throw CutMatters(cut: cut)
    }
    if decode(layer, known: known, cutAt: Array(layer.indices.dropFirst())) != whole { throw CutMatters(cut: -1) }
    return whole
}
