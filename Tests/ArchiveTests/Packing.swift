import Archive
import Content

/// What a writer has handed over.
final class Collected {
    var bytes: [UInt8] = []
}

/// What `build` packs.
func pack(_ build: (inout ArchiveWriter) throws -> Void) throws -> [UInt8] {
    let archive = Collected()
    var writer = try ArchiveWriter { piece in piece.withUnsafeBytes { archive.bytes.append(contentsOf: $0) } }
    try build(&writer)
    try writer.finish()
    return archive.bytes
}

func path(_ text: String) throws -> ReleasePath { try ReleasePath(Array(text.utf8)) }

/// Adds a file, in pieces of at most `piece` bytes.
func addFile(
    _ writer: inout ArchiveWriter,
    _ name: String,
    _ content: [UInt8],
    modified: Timestamp = Timestamp(seconds: 1_700_000_000),
    piece: Int = .max
) throws {
    try writer.beginFile(path(name), size: Int64(content.count), modified: modified)
    var offset = 0
    while offset < content.count {
        let end = min(content.count, offset + min(piece, content.count))
        try writer.write(content.span.bytes.extracting(offset..<end))
        offset = end
    }
    try writer.endFile()
}
