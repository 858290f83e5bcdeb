internal import Content
internal import OpenSSL
internal import Platform

/// The digests of files that have several names, so that a walk through releases reads each of them once.
struct InodeDigests {
    /// What names a file within a file system, and changes where the file does.
    private struct Inode: Hashable {
        let device: UInt64
        let number: UInt64

        init(_ status: FileStatus) {
            device = status.device
            number = status.inode
        }
    }

    /// The most that are remembered: 16 MiB.
    private static let limit = 200_000

    private var digests: [Inode: Digest] = [:]

    /// The digest of the file, where it was met under another name.
    func digest(of status: FileStatus) -> Digest? { digests[Inode(status)] }

    /// Remembers the digest where the file can be met again, and there is room.
    mutating func remember(_ digest: Digest, of status: FileStatus) {
        if status.links > 1, digests.count < Self.limit { digests[Inode(status)] = digest }
    }
}

extension Digest {
    /// Bytes read at once: small, so that a pace is even.
    private static let chunk = 256 << 10

    /// The digest of all of a file.
    ///
    /// - Parameters:
    ///   - sparesCache: Whether what wasn't in the page cache is dropped from it again.
    ///   - pace: Told of the bytes that were hashed; ends it by `false`.
    /// - Returns: `nil` where `pace` ended it.
    /// - Throws: `SystemError` where the file can't be read, `OpenSSLError` where there is no SHA-256.
    static func of(
        _ file: SharedFile,
        sparingCache sparesCache: Bool = false,
        pace: (_ bytes: Int) -> Bool = { _ in true }
    ) throws -> Digest? {
        var hash = try SHA256()
        var offset: Int64 = 0
        while true {
            let part = try file.read(upTo: chunk, at: offset, sparingCache: sparesCache)
            if part.isEmpty { return Digest(bytes: hash.finish()) }
            unsafe hash.update(part.span.bytes)  // Bytes have no padding to show.
            offset += Int64(part.count)
            guard pace(part.count) else { return nil }
        }
    }
}
