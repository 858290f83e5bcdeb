package import Content
internal import Platform
internal import Synchronization

/// A directory in OCI image layout: `oci-layout`, `index.json` with a `org.opencontainers.image.ref.name` for each tag,
/// `blobs/sha256/…`.
///
/// Specification: OCI image-spec `image-layout.md`.
package final class LayoutDirectory: ReleaseSource, PushTarget {
    let path: String

    /// How much of a blob is read at once, in bytes.
    private static let pieceSize = 256 << 10
    /// The most bytes that `oci-layout` may have; it holds one short object.
    private static let markerLimit = 4 << 10
    static let version = "1.0.0"

    /// `index.json` as it was read last. It is read again where it may have been written since, and understood again where
    /// its bytes are others: a poll looks up each tag, and there may be thousands.
    private let known = Mutex<KnownIndex?>(nil)

    package init(_ path: String) {
        self.path = path
    }

    package var location: Reference.Location { .layout(directory: path) }

    package func tags(before deadline: Deadline) throws(RegistryError) -> [Tag] {
        var seen: Set<Tag> = []
        return try index().index.manifests.compactMap(\.tag).filter { seen.insert($0).inserted }
    }

    package func digest(of tag: Tag, before deadline: Deadline) throws(RegistryError) -> Digest {
        try entry(of: tag).digest
    }

    package func manifest(_ which: ManifestSelector, before deadline: Deadline) throws(RegistryError) -> Manifest {
        let outer: Descriptor
        switch which {
        case .tag(let tag): outer = try entry(of: tag)
        case .digest(let digest):
            outer =
                try index().byDigest[digest.description]?.descriptor(in: path)
                ?? Descriptor(mediaType: "", digest: digest, size: -1)
        }
        let name = "the manifest \(location) \(which)"
        let bytes = try document(outer, name: name)
        let claimed = outer.mediaType.isEmpty ? nil : outer.mediaType
        let parsed = try ManifestDocument(bytes, claimedType: claimed, digest: outer.digest, name: name)
        return try parsed.resolved(digest: outer.digest, name: name) { entry throws(RegistryError) in
            (try document(entry, name: "\(name), entry \(entry.digest)"), nil)
        }
    }

    package func blob(
        _ descriptor: Descriptor,
        from offset: Int64,
        before deadline: Deadline,
        receive: (RawSpan) throws -> Void
    ) throws {
        let file = try open(descriptor.digest)
        guard file.size == descriptor.size else {
            throw RegistryError.sizeMismatch(
                "the blob \(descriptor.digest) in \(location)",
                expected: descriptor.size,
                actual: file.size
            )
        }
        var position = offset
        while position < descriptor.size {
            try deadline.check("reading \(descriptor.digest) from \(location)")
            let piece = try read(file, at: position, limit: Int(min(descriptor.size - position, Int64(Self.pieceSize))))
            guard !piece.isEmpty else {
                throw RegistryError.sizeMismatch(
                    "the blob \(descriptor.digest) in \(location)",
                    expected: descriptor.size,
                    actual: position
                )
            }
            // Bytes have no padding whose content could be undefined.
            try unsafe receive(piece.span.bytes)
            position += Int64(piece.count)
        }
    }

    func blobPath(_ digest: Digest) -> String { "\(path)/blobs/sha256/\(digest.hex)" }

    /// `index.json`, after a look at `oci-layout`; as it is known where both were read and nothing was written since.
    func index() throws(RegistryError) -> KnownIndex {
        let identity = FileIdentity(ofFile: "\(path)/index.json")
        if let identity, let known = known.withLock({ $0 }), known.identity == identity { return known }
        let settled = identity.flatMap { $0.isSettled(at: SystemClock.now.seconds) ? $0 : nil }
        let marker: [UInt8]
        do throws(SystemError) {
            marker = try WholeFile.readRegular("\(path)/oci-layout", limit: Self.markerLimit)
        } catch {
            guard error.isNotFound else { throw .layout(directory: path, error) }
            throw .notALayout(directory: path, reason: "there is no file oci-layout")
        }
        let version = try JSON.decode(LayoutMarker.self, from: marker, name: "\(path)/oci-layout").imageLayoutVersion
        guard version == Self.version else {
            throw .notALayout(directory: path, reason: "its version is \(JSON.printable(version)), not \(Self.version)")
        }
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try WholeFile.readRegular("\(path)/index.json", limit: Manifest.limit)
        } catch {
            guard error.isNotFound else { throw .layout(directory: path, error) }
            throw .notALayout(directory: path, reason: "there is no file index.json")
        }
        let sum = try Digest.sum(of: bytes)
        if var known = known.withLock({ $0 }), known.sum == sum {
            known.identity = settled
            self.known.withLock { $0 = known }
            return known
        }
        let index = try JSON.decodeUnambiguously(LayoutIndex.self, from: bytes, name: "\(path)/index.json")
        let new = KnownIndex(index, sum: sum, identity: settled)
        known.withLock { $0 = new }
        return new
    }

    private func entry(of tag: Tag) throws(RegistryError) -> Descriptor {
        guard let entry = try index().byTag[tag] else {
            throw .noSuchTag(tag, location: "\(location)")
        }
        return try entry.descriptor(in: "\(path)/index.json")
    }

    /// The bytes of a manifest, size and digest verified.
    func document(_ descriptor: Descriptor, name: String) throws(RegistryError) -> [UInt8] {
        let file: SharedFile
        do throws(RegistryError) {
            file = try open(descriptor.digest)
        } catch .noSuchBlob {
            throw .noSuchManifest(descriptor.digest, location: "\(location)")
        }
        guard file.size <= Manifest.limit else { throw .tooLarge(name, limit: Int64(Manifest.limit)) }
        guard descriptor.size < 0 || file.size == descriptor.size else {
            throw .sizeMismatch(name, expected: descriptor.size, actual: file.size)
        }
        var bytes: [UInt8] = []
        while bytes.count < Manifest.limit {
            let piece = try read(file, at: Int64(bytes.count), limit: Self.pieceSize)
            if piece.isEmpty { break }
            bytes += piece
        }
        let actual = try Digest.sum(of: bytes)
        guard actual == descriptor.digest else {
            throw .digestMismatch(name, expected: descriptor.digest, actual: actual)
        }
        return bytes
    }

    private func open(_ digest: Digest) throws(RegistryError) -> SharedFile {
        do throws(SystemError) {
            // Without waiting, as what stands there could be a pipe.
            let descriptor = try FileDescriptor.open(blobPath(digest), [.readOnly, .nonBlocking])
            let size = try descriptor.regularStatus(blobPath(digest)).size
            return SharedFile(descriptor, size: size)
        } catch {
            if error.isNotFound { throw .noSuchBlob(digest, location: "\(location)") }
            throw .layout(directory: path, error)
        }
    }

    private func read(_ file: SharedFile, at offset: Int64, limit: Int) throws(RegistryError) -> [UInt8] {
        do throws(SystemError) {
            return try file.read(upTo: limit, at: offset)
        } catch {
            throw .layout(directory: path, error)
        }
    }
}
