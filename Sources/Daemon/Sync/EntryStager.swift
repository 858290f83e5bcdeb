internal import Archive
internal import Content
internal import Store

/// Carries the entries of an archive to the volume's staging: `Archive` and `Store` don't know one another.
struct EntryStager: KnownFileSink {
    let staging: Staging

    mutating func directory(_ path: ReleasePath, modified: Timestamp) throws {
        try staging.directory(path, modified: modified)
    }

    mutating func beginFile(_ path: ReleasePath, size: Int64, modified: Timestamp) throws {
        try staging.beginFile(path, size: size, modified: modified)
    }

    mutating func write(_ bytes: RawSpan) throws {
        try staging.write(bytes)
    }

    mutating func endFile() throws {
        try staging.endFile()
    }

    mutating func symbolicLink(_ path: ReleasePath, target: [UInt8], modified: Timestamp) throws {
        try staging.symbolicLink(path, target: target, modified: modified)
    }

    mutating func hardLink(_ path: ReleasePath, to target: ReleasePath) throws {
        try staging.hardLink(path, to: target)
    }

    mutating func knownFile(_ path: ReleasePath, size: Int64, modified: Timestamp) throws {
        try staging.knownFile(path, size: size, modified: modified)
    }
}
