import Archive
import Zlib

/// One gzip member that holds `bytes`.
func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
    var deflater = try Deflater()
    var member: [UInt8] = []
    try deflater.consume(bytes.span.bytes) { piece in piece.withUnsafeBytes { member.append(contentsOf: $0) } }
    try deflater.finish { piece in piece.withUnsafeBytes { member.append(contentsOf: $0) } }
    return member
}

/// What inflating some bytes led to.
struct Inflated: Equatable {
    var bytes: [UInt8] = []
    var members = 0
    var error: ZlibError?
}

func inflate(_ bytes: [UInt8], cutAt cuts: [Int] = [], bufferSize: Int = 100) throws -> Inflated {
    var inflater = try Inflater(bufferSize: bufferSize)
    var inflated = Inflated()
    do {
        for (start, end) in zip([0] + cuts, cuts + [bytes.count]) {
            try inflater.consume(bytes.span.bytes.extracting(start..<end)) { piece in
                piece.withUnsafeBytes { inflated.bytes.append(contentsOf: $0) }
            }
        }
        try inflater.finish()
    } catch let error as ZlibError {
        inflated.error = error
    }
    inflated.members = inflater.memberCount
    return inflated
}

/// Inflates whole, cut in two at every byte, and byte by byte; what comes before an error may differ, nothing else.
func inflateEveryWay(_ bytes: [UInt8]) throws -> Inflated {
    func settled(_ cuts: [Int]) throws -> Inflated {
        var inflated = try inflate(bytes, cutAt: cuts)
        if inflated.error != nil { inflated.bytes = [] }
        return inflated
    }
    let whole = try settled([])
    for cut in bytes.indices.dropFirst() where try settled([cut]) != whole { throw CutMatters(cut: cut) }
    if try settled(Array(bytes.indices.dropFirst())) != whole { throw CutMatters(cut: -1) }
    return whole
}

/// What a decoder made of a layer.
struct Decoded: Equatable {
    var format: LayerFormat?
    var bytes: [UInt8] = []
    var error: ArchiveError?
}

func decode(
    _ layer: [UInt8],
    title: String? = "manifests.tgz",
    size: Int64? = nil,
    limits: ArchiveLimits = ArchiveLimits(),
    cutAt cuts: [Int] = []
) -> Decoded {
    var decoder = LayerDecoder(title: title, size: size ?? Int64(layer.count), limits: limits)
    var decoded = Decoded()
    do {
        for (start, end) in zip([0] + cuts, cuts + [layer.count]) {
            try decoder.consume(layer.span.bytes.extracting(start..<end)) { _, piece in
                piece.withUnsafeBytes { decoded.bytes.append(contentsOf: $0) }
            }
        }
        try decoder.finish { _, piece in piece.withUnsafeBytes { decoded.bytes.append(contentsOf: $0) } }
    } catch {
        decoded.error = error as? ArchiveError
    }
    decoded.format = decoder.format
    return decoded
}

/// Decodes whole, cut in two at every byte, and byte by byte; what comes before an error may differ, nothing else.
func decodeEveryWay(_ layer: [UInt8], title: String? = "manifests.tgz") throws -> Decoded {
    func settled(_ cuts: [Int]) -> Decoded {
        var decoded = decode(layer, title: title, cutAt: cuts)
        if decoded.error != nil { decoded.bytes = [] }
        return decoded
    }
    let whole = settled([])
    for cut in layer.indices.dropFirst() where settled([cut]) != whole { throw CutMatters(cut: cut) }
    if settled(Array(layer.indices.dropFirst())) != whole { throw CutMatters(cut: -1) }
    return whole
}

/// Bytes that don't compress, always the same ones.
func noise(_ count: Int) -> [UInt8] {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    return (0..<count).map { _ in
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return UInt8(truncatingIfNeeded: state >> 24)
    }
}
