internal import Content
package import HTTP
package import Store

/// What an event loop can find out itself.
extension Site {
    /// The file that a plain GET is about, where it was asked for lately, the release is still served, and the kernel has the
    /// way to it at hand, or its gzip form is; `nil` for all else, which ``answer(to:reply:)`` answers.
    ///
    /// Waits neither for the disk nor for a worker.
    package func fileAtOnce(_ head: RequestHead, in bytes: Span<UInt8>) -> FoundFile<StoredFile>? {
        guard head.verb == .get, head.query == nil, head.ifNoneMatch.isEmpty, let release = volume.active,
            let found = recentFiles.find(bytes.extracting(head.path), of: release), let digest = found.record.digest,
            // No answer may say that its content is newer than itself (RFC 9110 section 8.8.2.1).
            found.record.modified <= options.clock(),
            let form = form(of: digest, found.families, for: bytes.extracting(head.acceptEncoding))
        else { return nil }
        var family = found.families.identity
        var sentDigest = digest
        let content: FoundFile<StoredFile>.Content
        if case .form(let form) = form {
            family = found.families.gzip
            sentDigest = form.digest
            content = .bytes(form.bytes)
        } else {
            guard let file = release.openAtOnce(found.record) else { return nil }
            content = .file(file, size: found.record.size)
        }
        return FoundFile(
            family: family,
            digest: digest,
            lastModified: found.record.modified,
            sentDigest: sentDigest,
            content: content
        )
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
