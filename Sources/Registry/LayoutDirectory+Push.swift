package import Content
internal import OpenSSL
internal import Platform

/// Pushing into a layout directory, which is made where there is none.
extension LayoutDirectory {
    /// How much is asked of the reader at once, in bytes.
    private static let uploadPiece = 256 << 10

    /// Writes the blob under its digest once all of it has come and is what it should be. Waits while another push writes.
    package func upload(
        _ descriptor: Descriptor,
        before deadline: Deadline,
        read: (_ offset: Int64, _ limit: Int) throws -> [UInt8]
    ) throws {
        do {
            let directory = try lockedDirectory()
            if holds(descriptor) { return }
            var file = try ReplacementFile(blobPath(descriptor.digest))
            var hash = try SHA256()
            var position: Int64 = 0
            while position < descriptor.size {
                try deadline.check("pushing the blob \(descriptor.digest) to \(location)")
                let piece = try read(position, Int(min(descriptor.size - position, Int64(Self.uploadPiece))))
                guard !piece.isEmpty, Int64(piece.count) <= descriptor.size - position else {
                    throw RegistryError.sizeMismatch(
                        "the blob \(descriptor.digest) to be pushed",
                        expected: descriptor.size,
                        actual: position + Int64(piece.count)
                    )
                }
                // Bytes have no padding whose content could be undefined.
                unsafe hash.update(piece.span.bytes)
                try unsafe file.write(piece.span.bytes)
                position += Int64(piece.count)
            }
            guard let sum = Digest(bytes: hash.finish()) else {
                throw RegistryError.internalFailure(attempt: "pushing a blob", reason: "a sum without 32 bytes")
            }
            guard sum == descriptor.digest else {
                throw RegistryError.digestMismatch("the blob to be pushed", expected: descriptor.digest, actual: sum)
            }
            try file.commit()
            _ = consume directory
        } catch let error as SystemError {
            throw RegistryError.layout(directory: path, error)
        }
    }

    /// Stores the manifest, then replaces `index.json` in one step.
    package func putManifest(
        _ bytes: [UInt8],
        mediaType: String,
        tag: Tag,
        before deadline: Deadline
    ) throws(RegistryError) -> Digest {
        guard bytes.count <= Manifest.limit else {
            throw .tooLarge("the manifest \(location):\(tag)", limit: Int64(Manifest.limit))
        }
        let digest = try Digest.sum(of: bytes)
        do {
            let directory = try lockedDirectory()
            try WholeFile.write(bytes, to: blobPath(digest))
            var index = try existingIndex()
            index.manifests.removeAll { $0.tag == tag }
            index.manifests.append(
                LayoutIndex.Entry(
                    mediaType: mediaType,
                    digest: digest.description,
                    size: Int64(bytes.count),
                    annotations: [Annotation.referenceName: tag.description]
                )
            )
            let marker = LayoutMarker(imageLayoutVersion: Self.version)
            try WholeFile.write(JSON.encode(index, attempt: "writing index.json"), to: "\(path)/index.json")
            // Last, as the directory is a layout from here on.
            try WholeFile.write(JSON.encode(marker, attempt: "writing oci-layout"), to: "\(path)/oci-layout")
            _ = consume directory
            return digest
        } catch let error as SystemError {
            throw .layout(directory: path, error)
        } catch let error as RegistryError {
            throw error
        } catch {
            throw .internalFailure(attempt: "pushing to \(location)", reason: "\(error)")
        }
    }

    /// The directory, made where there is none, and ours alone until it is let go of: pushes into one layout take turns.
    private func lockedDirectory() throws(SystemError) -> FileDescriptor {
        try WholeFile.makeDirectories("\(path)/blobs/sha256")
        let directory = try FileDescriptor.open(path, [.readOnly, .directory])
        try directory.lock()
        return directory
    }

    private func holds(_ descriptor: Descriptor) -> Bool {
        // A file that can't be looked at is written anew.
        guard let file = try? FileDescriptor.open(blobPath(descriptor.digest), [.readOnly, .nonBlocking]),
            let status = try? file.status()
        else { return false }
        return status.kind == .file && status.size == descriptor.size
    }

    private func existingIndex() throws(RegistryError) -> LayoutIndex {
        do throws(RegistryError) {
            return try index().index
        } catch .notALayout {
            return LayoutIndex(mediaType: MediaType.imageIndex, manifests: [])
        }
    }
}
