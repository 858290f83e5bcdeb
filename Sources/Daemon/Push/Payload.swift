internal import Archive
internal import Content
internal import OpenSSL
internal import Platform

/// What is pushed: an archive in a file, its digest and size, and the name it is pushed under.
///
/// A class, as the archive's writer hands its bytes to a closure; only ever used from one thread.
final class Payload {
    /// How much of a file is read at once, in bytes.
    static let bufferSize = 256 << 10

    let title: String
    private(set) var size: Int64 = 0
    /// Whether it is a tar, gzip or not, and no file that would be served under its own name.
    private(set) var isArchive = true
    private let file: FileDescriptor
    private var hash: SHA256

    private init(_ file: consuming FileDescriptor, title: String) throws(OpenSSLError) {
        self.file = file
        self.title = title
        hash = try SHA256()
    }

    /// Packs a directory into a file without a name.
    ///
    /// - Parameter progress: told how many files are packed, and the last one's path.
    static func packing(_ directory: String, title: String, progress: (Int, String) -> Void) throws -> Payload {
        let payload = try Payload(try TemporaryFile.make(), title: title)
        var packer = try Packer(directory: directory) { bytes in
            try payload.file.write(bytes)
            payload.note(bytes)
        }
        var files = 0
        try packer.pack { name in
            files += 1
            progress(files, name)
        }
        return payload
    }

    /// Takes an archive as it is, after reading it through: what the daemon would refuse isn't pushed.
    ///
    /// - Parameter progress: told how many bytes are read, and how many there are.
    static func taking(
        _ path: String,
        limits: ArchiveLimits,
        progress: (Int64, Int64) -> Void
    ) throws -> Payload {
        let file = try FileDescriptor.open(path, .readOnly)
        let expected = try file.status().size
        let payload = try Payload(file, title: path.split(separator: "/").last.map(String.init) ?? path)
        var decoder = LayerDecoder(title: payload.title, size: expected, limits: limits)
        var drain = EntryDrain(title: payload.title, size: expected, limits: limits)
        while true {
            let bytes = try payload.read(at: payload.size, limit: bufferSize)
            if bytes.isEmpty { break }
            // Bytes have no padding whose content could be undefined.
            unsafe payload.note(bytes.span.bytes)
            try unsafe decoder.consume(bytes.span.bytes) { try drain.consume($1, as: $0) }
            progress(payload.size, expected)
        }
        try decoder.finish { try drain.consume($1, as: $0) }
        try drain.finish()
        payload.isArchive = decoder.format == .tar
        return payload
    }

    func read(at offset: Int64, limit: Int) throws(SystemError) -> [UInt8] {
        try file.read(upTo: limit, at: offset)
    }

    /// The digest of all that came.
    func digest() throws -> Digest {
        guard let digest = Digest(bytes: hash.finish()) else {
            throw CommandFailure("summing up \(title): OpenSSL gave no SHA-256 sum; check its installation")
        }
        return digest
    }

    private func note(_ bytes: RawSpan) {
        hash.update(bytes)
        size += Int64(bytes.byteCount)
    }
}

/// Where the entries of an archive go of which only the reading matters.
private struct EntryDrain {
    private struct Nowhere: EntrySink {
        mutating func directory(_ path: ReleasePath, modified: Timestamp) {}
        mutating func beginFile(_ path: ReleasePath, size: Int64, modified: Timestamp) {}
        mutating func write(_ bytes: RawSpan) {}
        mutating func endFile() {}
        mutating func symbolicLink(_ path: ReleasePath, target: [UInt8], modified: Timestamp) {}
        mutating func hardLink(_ path: ReleasePath, to target: ReleasePath) {}
    }

    let title: String
    let size: Int64
    let limits: ArchiveLimits
    private var reader: EntryReader?
    private var nowhere = Nowhere()

    init(title: String, size: Int64, limits: ArchiveLimits) {
        self.title = title
        self.size = size
        self.limits = limits
    }

    mutating func consume(_ content: RawSpan, as format: LayerFormat) throws {
        if reader == nil { reader = EntryReader(format: format, title: title, size: size, limits: limits) }
        try reader?.consume(content, into: &nowhere)
    }

    mutating func finish() throws {
        try reader?.finish(into: &nowhere)
    }
}
