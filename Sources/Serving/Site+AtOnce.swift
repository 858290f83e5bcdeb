internal import Content
package import HTTP
package import Store

/// What an event loop can find out itself.
extension Site {
    /// The file that a plain GET is about, where it was asked for lately or the kernel has the index's pages at hand, and has
    /// the way to it at hand, or its gzip form is; `nil` for all else, which ``answer(to:reply:)`` answers.
    ///
    /// Waits neither for the disk nor for a worker.
    package func fileAtOnce(_ head: RequestHead, in bytes: Span<UInt8>) -> FoundFile<StoredFile>? {
        guard head.verb == .get, head.query == nil, head.ifNoneMatch.isEmpty, let release = volume.active,
            let (found, isAskedForAgain) = find(bytes.extracting(head.path), in: release),
            // No answer may say that its content is newer than itself (RFC 9110 section 8.8.2.1).
            found.file.modified <= options.clock(),
            let form = form(of: found.file.digest, found.families, for: bytes.extracting(head.acceptEncoding))
        else { return nil }
        var family = found.families.identity
        var sentDigest = found.file.digest
        let content: FoundFile<StoredFile>.Content
        if case .form(let form) = form {
            family = found.families.gzip
            sentDigest = form.digest
            content = .bytes(form.bytes)
        } else {
            guard let file = release.openAtOnce(found.file.path, size: found.file.size) else { return nil }
            content = .file(file, size: found.file.size)
        }
        return FoundFile(
            family: family,
            digest: found.file.digest,
            lastModified: found.file.modified,
            sentDigest: sentDigest,
            content: content,
            isAskedForAgain: isAskedForAgain
        )
    }

    /// The file that `target`, as it was sent, leads to in `release`, which is served, and whether that was known.
    private func find(_ target: Span<UInt8>, in release: Release) -> (RecentFiles.Found, wasKnown: Bool)? {
        if let found = recentFiles.find(target, of: release) { return (found, true) }
        let target = target.indices.map { target[$0] }
        // What is no path has an answer that is no file.
        guard let parts = try? TargetPath(target), !parts.hasTrailingSlash, case .tree(let components) = Route(parts),
            let path = Self.path(of: components), let record = release.fileAtOnce(path)
        else { return nil }
        let type = Self.type(of: record, name: path.name)
        let hasForms = mayHaveGzipForm(record, type: type)
        return recentFiles.remember(target, record, type: type, hasForms: hasForms, of: release).map { ($0, false) }
    }

    /// The form that a client is given whose `Accept-Encoding` is `value`; `nil` where that would have to be made.
    private func form(
        of digest: Digest,
        _ families: RecentFiles.Families,
        for value: Span<UInt8>
    ) -> GzipForms.Finding? {
        if value.isEmpty || !options.compression { return .nothing }
        // Only with weights can a client rule out the content as it is.
        let hasWeights = value.indices.contains { value[$0] == UInt8(ascii: ";") }
        if !families.hasForms { return hasWeights ? nil : .nothing }
        let preference = ContentCoding.preference(String(decoding: value.indices.map { value[$0] }, as: UTF8.self))
        return preference == .identity ? .nothing : gzipForms.known(digest, always: preference == .onlyGzip)
    }
}
