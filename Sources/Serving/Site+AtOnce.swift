package import HTTP
package import Store

/// What an event loop can find out itself.
extension Site {
    /// The file that a plain GET is about, where it was asked for lately, the release is still served, and the kernel has the
    /// way to it at hand; `nil` for all else, which ``answer(to:reply:)`` answers.
    ///
    /// Waits neither for the disk nor for a worker.
    package func fileAtOnce(_ head: RequestHead, in bytes: Span<UInt8>) -> FoundFile<StoredFile>? {
        guard head.verb == .get, head.query == nil, head.ifNoneMatch.isEmpty, let release = volume.active,
            let found = recentFiles.find(bytes.extracting(head.path), of: release),
            // A text file may go as gzip. Only with weights can a client rule out the content as it is.
            head.acceptEncoding.isEmpty || !found.hasForms && !Self.hasWeights(bytes.extracting(head.acceptEncoding)),
            let digest = found.record.digest,
            // No answer may say that its content is newer than itself (RFC 9110 section 8.8.2.1).
            found.record.modified <= options.clock(),
            let file = release.openAtOnce(found.record)
        else { return nil }
        return FoundFile(
            family: found.family,
            digest: digest,
            lastModified: found.record.modified,
            size: found.record.size,
            file: file
        )
    }

    private static func hasWeights(_ value: Span<UInt8>) -> Bool {
        value.indices.contains { value[$0] == UInt8(ascii: ";") }
    }
}
