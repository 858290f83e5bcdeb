package import Content

/// Which manifest of a repository is meant.
package enum ManifestSelector: Hashable, Sendable, CustomStringConvertible {
    case tag(Tag)
    case digest(Digest)

    package var description: String {
        switch self {
        case .tag(let tag): tag.description
        case .digest(let digest): digest.description
        }
    }
}

/// Where releases come from. All calls block, and end by their deadline.
package protocol ReleaseSource: Sendable {
    var location: Reference.Location { get }

    /// All tags, in the order in which the source has them; names that are no tags by the grammar are left out.
    func tags(before deadline: Deadline) throws(RegistryError) -> [Tag]

    /// What `tag` points at now, without reading it where that can be.
    func digest(of tag: Tag, before deadline: Deadline) throws(RegistryError) -> Digest

    /// Reads and checks a manifest; an index with one entry leads on to that entry.
    func manifest(_ which: ManifestSelector, before deadline: Deadline) throws(RegistryError) -> Manifest

    /// What says that it is about the manifest with `digest`, signatures among it; empty where there is nothing.
    func referrers(of digest: Digest, before deadline: Deadline) throws(RegistryError) -> [Referrer]

    /// Hands the bytes of a blob from `offset` on to `receive`, each once, in order, and none beyond the descriptor's size.
    ///
    /// A cut transfer goes on where it was cut. The digest is not checked here: ``Download`` does.
    ///
    /// - Throws: ``RegistryError``, or what `receive` threw, which ends the transfer.
    func blob(
        _ descriptor: Descriptor,
        from offset: Int64,
        before deadline: Deadline,
        receive: (RawSpan) throws -> Void
    ) throws

    /// Takes note that what was delivered for a blob turned out to be something else.
    ///
    /// - Returns: whether another attempt would take it from elsewhere.
    func refute(_ digest: Digest) -> Bool
}

extension ReleaseSource {
    package func refute(_ digest: Digest) -> Bool { false }

    /// Whether what was wrong with a blob came from a mirror: it rests from now on, and a new attempt, from the blob's
    /// beginning, takes it from elsewhere.
    package func hasAnother(after error: any Error) -> Bool {
        switch error {
        case RegistryError.digestMismatch(_, let expected, _): refute(expected)
        case RegistryError.tainted: true
        default: false
        }
    }
}

/// Where releases are brought.
package protocol PushTarget: Sendable {
    var location: Reference.Location { get }

    /// Makes the blob be there; reads nothing where it already is.
    ///
    /// - Parameter read: up to `limit` bytes from `offset` on; begins again at 0 where the upload has to.
    /// - Throws: ``RegistryError``, or what `read` threw.
    func upload(
        _ descriptor: Descriptor,
        before deadline: Deadline,
        read: (_ offset: Int64, _ limit: Int) throws -> [UInt8]
    ) throws

    /// Stores a manifest whose blobs are there, and points `tag` at it.
    func putManifest(
        _ bytes: [UInt8],
        mediaType: String,
        tag: Tag,
        before deadline: Deadline
    ) throws(RegistryError) -> Digest
}

/// The source at `location`.
package func openSource(
    _ location: Reference.Location,
    options: RegistryOptions
) throws(RegistryError) -> any ReleaseSource {
    switch location {
    case .registry(let repository):
        let client = try DistributionClient(repository, options: options)
        guard let fallback = options.fallback else { return client }
        var standard = options
        standard.credentials = options.credentials.inRegion(fallback.standardRegion)
        return RegionalSource(
            own: client,
            standard: try DistributionClient(fallback.repository, options: standard),
            regions: (fallback.region, fallback.standardRegion),
            suffices: fallback.policy.isSatisfied,
            report: options.report ?? { _ in }
        )
    case .layout(let directory): return LayoutDirectory(directory)
    }
}

/// The target at `location`; a layout directory is made where there is none.
package func openTarget(
    _ location: Reference.Location,
    options: RegistryOptions
) throws(RegistryError) -> any PushTarget & ReleaseSource {
    switch location {
    case .registry(let repository): try DistributionClient(repository, options: options)
    case .layout(let directory): LayoutDirectory(directory)
    }
}
