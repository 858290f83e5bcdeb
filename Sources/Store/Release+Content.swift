package import Content
internal import OpenSSL
internal import Platform

extension Release {
    /// The bytes of a file, for those that need them all at once.
    ///
    /// - Parameter limit: In bytes; a larger file is none of theirs.
    /// - Returns: `nil` for a directory, or a file above the limit.
    /// - Throws: ``StoreError`` as ``open(_:)`` does, and where the file is shorter than the index says.
    package func content(of record: FileRecord, limit: Int) throws(StoreError) -> [UInt8]? {
        guard record.kind == .file, record.size <= Int64(limit) else { return nil }
        let file = try open(record)
        return try StoreError.attempt("reading \(record.path) of release \(id)") {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(Int(record.size))
            while Int64(bytes.count) < record.size {
                let part = try file.read(upTo: Int(record.size) - bytes.count, at: Int64(bytes.count))
                guard !part.isEmpty else {
                    throw StoreError.damaged(release: id, path: "\(record.path)", reason: "it ends early")
                }
                bytes += part
            }
            return bytes
        }
    }
}

/// Sums of what is made of a release's files.
package enum ContentSum {
    /// The SHA-256 of `bytes`.
    ///
    /// - Throws: ``StoreError/digest(doing:reason:)``.
    package static func digest(of bytes: [UInt8]) throws(StoreError) -> Digest {
        let attempt = "summing up \(bytes.count) bytes"
        let sum: [UInt8]
        do throws(OpenSSLError) {
            // Bytes have no padding whose content could be undefined.
            sum = try unsafe SHA256.sum(of: bytes.span.bytes)
        } catch {
            throw .digest(doing: attempt, reason: "\(error)")
        }
        guard let digest = Digest(bytes: sum) else { throw .digest(doing: attempt, reason: "a sum without 32 bytes") }
        return digest
    }
}
