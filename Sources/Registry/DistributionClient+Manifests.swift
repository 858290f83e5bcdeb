package import Content
internal import Curl
internal import OpenSSL

/// Manifests.
extension DistributionClient {
    package func digest(of tag: Tag, before deadline: Deadline) throws(RegistryError) -> Digest {
        let attempt = "looking up \(location):\(tag)"
        let call = Call(
            method: .head,
            url: try url("manifests/\(tag)"),
            fields: [("Accept", MediaType.accept)],
            attempt: attempt
        )
        let (response, body) = try send(call, before: deadline)
        switch response.status {
        case 200:
            if let digest = response["Docker-Content-Digest"].flatMap({ Digest($0) }) { return digest }
            return try document(.tag(tag), before: deadline).digest
        case 404: throw notFound(.tag(tag), body)
        // Some proxies in front of registries know no HEAD.
        case 405, 501: return try document(.tag(tag), before: deadline).digest
        default: throw failure(response, body, attempt: attempt)
        }
    }

    package func manifest(_ which: ManifestSelector, before deadline: Deadline) throws(RegistryError) -> Manifest {
        let name = "the manifest \(self.name(of: which))"
        let outer = try document(which, before: deadline)
        let parsed = try ManifestDocument(outer.bytes, claimedType: outer.type, digest: outer.digest, name: name)
        return try parsed.resolved(digest: outer.digest, name: name) { entry throws(RegistryError) in
            let inner = try document(.digest(entry.digest), before: deadline)
            return (inner.bytes, inner.type)
        }
    }

    private func name(of which: ManifestSelector) -> String {
        switch which {
        case .tag(let tag): "\(location):\(tag)"
        case .digest(let digest): "\(location)@\(digest)"
        }
    }

    /// The bytes of a manifest or index, their digest verified against all that is known of it.
    private func document(
        _ which: ManifestSelector,
        before deadline: Deadline
    ) throws(RegistryError) -> (bytes: [UInt8], type: String?, digest: Digest) {
        let name = name(of: which)
        let attempt = "reading the manifest \(name)"
        let call = Call(
            url: try url("manifests/\(which)"),
            fields: [("Accept", MediaType.accept)],
            limit: Manifest.limit,
            attempt: attempt
        )
        let (response, body) = try send(call, before: deadline)
        switch response.status {
        case 200: break
        case 404: throw notFound(which, body)
        default: throw failure(response, body, attempt: attempt)
        }
        let actual = try Digest.sum(of: body)
        if let stated = response["Docker-Content-Digest"] {
            guard let stated = Digest(stated) else {
                throw .malformed(name, reason: "its digest is no sha256 digest: \(JSON.printable(stated))")
            }
            guard stated == actual else {
                throw .digestMismatch("the manifest \(name)", expected: stated, actual: actual)
            }
        }
        if case .digest(let asked) = which, asked != actual {
            throw .digestMismatch("the manifest \(name)", expected: asked, actual: actual)
        }
        return (body, response["Content-Type"], actual)
    }

    private func notFound(_ which: ManifestSelector, _ body: [UInt8]) -> RegistryError {
        if Self.says("NAME_UNKNOWN", body) { return .noSuchRepository(location: "\(location)") }
        return switch which {
        case .tag(let tag): .noSuchTag(tag, location: "\(location)")
        case .digest(let digest): .noSuchManifest(digest, location: "\(location)")
        }
    }
}

extension ManifestDocument {
    /// The manifest itself: of an index with one entry, that entry, which must be what the index says it is.
    func resolved(
        digest: Digest,
        name: String,
        fetch: (Descriptor) throws(RegistryError) -> (bytes: [UInt8], type: String?)
    ) throws(RegistryError) -> Manifest {
        switch self {
        case .manifest(let manifest): return manifest
        case .index(let entry, let created):
            let entryName = "\(name), entry \(entry.digest)"
            guard entry.size <= Manifest.limit else { throw .tooLarge(entryName, limit: Int64(Manifest.limit)) }
            let (bytes, type) = try fetch(entry)
            guard Int64(bytes.count) == entry.size else {
                throw .sizeMismatch(entryName, expected: entry.size, actual: Int64(bytes.count))
            }
            let claimed = entry.mediaType.isEmpty ? type : entry.mediaType
            let inner = try ManifestDocument(bytes, claimedType: claimed, digest: entry.digest, name: entryName)
            guard case .manifest(var manifest) = inner else {
                throw .unusableManifest(name, reason: "it is an index of an index; push the release itself to this tag")
            }
            // A release is known by what its tag points at.
            manifest.digest = digest
            manifest.created = manifest.created ?? created
            return manifest
        }
    }
}

extension Digest {
    /// The digest of `bytes`.
    static func sum(of bytes: [UInt8]) throws(RegistryError) -> Digest {
        do throws(OpenSSLError) {
            // Bytes have no padding whose content could be undefined.
            let sum = try unsafe SHA256.sum(of: bytes.span.bytes)
            if let digest = Digest(bytes: sum) { return digest }
        } catch {
            throw .internalFailure(attempt: "computing a digest", reason: "\(error)")
        }
        throw .internalFailure(attempt: "computing a digest", reason: "it does not have 32 bytes")
    }
}
