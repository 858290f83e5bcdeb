package import Content
internal import OpenSSL

/// A blob all of whose bytes have come and hash to its digest. Only ``Download`` makes one.
package struct VerifiedBlob: Hashable, Sendable {
    package let descriptor: Descriptor

    fileprivate init(_ descriptor: Descriptor) {
        self.descriptor = descriptor
    }
}

/// Fetches a blob and verifies size and digest at the end of its stream.
package enum Download {
    /// Where some bytes of a download came from.
    package enum Origin: Sendable {
        /// From what an earlier attempt has kept.
        case kept
        /// From the source, just now.
        case fetched
    }

    /// Hands all bytes of a blob to `receive`, in order: those kept first, then the rest from the source.
    ///
    /// What was received may only be used once this has returned. After `digestMismatch` or `sizeMismatch` what is kept
    /// must be thrown away; after any other error it can be taken up again.
    ///
    /// - Parameter kept: the next of the kept bytes, from the blob's beginning on; none where there are no more.
    /// - Throws: ``RegistryError``, or what `kept` or `receive` threw.
    package static func run(
        _ descriptor: Descriptor,
        from source: any ReleaseSource,
        kept: () throws -> [UInt8] = { [] },
        before deadline: Deadline,
        receive: (RawSpan, Origin) throws -> Void
    ) throws -> VerifiedBlob {
        let name = "the blob \(descriptor.digest) of \(source.location)"
        var hash: SHA256
        do throws(OpenSSLError) {
            hash = try SHA256()
        } catch {
            throw RegistryError.internalFailure(attempt: "verifying \(name)", reason: "\(error)")
        }
        var position: Int64 = 0
        func take(_ bytes: RawSpan, _ origin: Origin) throws {
            guard Int64(bytes.byteCount) <= descriptor.size - position else {
                throw RegistryError.sizeMismatch(
                    name,
                    expected: descriptor.size,
                    actual: position + Int64(bytes.byteCount)
                )
            }
            hash.update(bytes)
            position += Int64(bytes.byteCount)
            try receive(bytes, origin)
        }
        while true {
            let piece = try kept()
            if piece.isEmpty { break }
            // Bytes have no padding whose content could be undefined.
            try unsafe take(piece.span.bytes, .kept)
        }
        try source.blob(descriptor, from: position, before: deadline) { try take($0, .fetched) }
        guard position == descriptor.size else {
            throw RegistryError.sizeMismatch(name, expected: descriptor.size, actual: position)
        }
        guard let actual = Digest(bytes: hash.finish()) else {
            throw RegistryError.internalFailure(attempt: "verifying \(name)", reason: "a sum without 32 bytes")
        }
        guard actual == descriptor.digest else {
            throw RegistryError.digestMismatch(name, expected: descriptor.digest, actual: actual)
        }
        return VerifiedBlob(descriptor)
    }
}
