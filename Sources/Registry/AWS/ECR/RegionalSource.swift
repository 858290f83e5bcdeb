package import Content
internal import Synchronization

/// The same repository in two regions: the deployment's own, and the default one for what it lacks.
///
/// Each poll asks the own region first. What is listed in one region is looked up in that one, so that a poll never
/// mixes two tag lists; what is known by its digest is taken from either.
final class RegionalSource: ReleaseSource {
    private let own: any ReleaseSource
    private let standard: any ReleaseSource
    private let regions: (own: AWSRegion, standard: AWSRegion)
    /// Whether a tag list has anything to choose.
    private let suffices: @Sendable ([Tag]) -> Bool
    private let report: @Sendable (String) -> Void
    private let state = Mutex(State())

    private enum Side {
        case own
        case standard
    }

    private struct State {
        /// Where the last thing was found.
        var current = Side.own
        /// Where the tags were listed last; `nil` where none were, as a pinned tag needs no list.
        var listed: Side?
    }

    init(
        own: any ReleaseSource,
        standard: any ReleaseSource,
        regions: (own: AWSRegion, standard: AWSRegion),
        suffices: @escaping @Sendable ([Tag]) -> Bool,
        report: @escaping @Sendable (String) -> Void
    ) {
        self.own = own
        self.standard = standard
        self.regions = regions
        self.suffices = suffices
        self.report = report
    }

    var location: Reference.Location { own.location }

    func tags(before deadline: Deadline) throws(RegistryError) -> [Tag] {
        let lack: RegistryError
        do throws(RegistryError) {
            let tags = try own.tags(before: deadline)
            if suffices(tags) {
                found(.own, listed: true, lack: nil)
                return tags
            }
            lack = .noTags(location: "\(own.location)")
        } catch {
            guard Self.isLack(error) else { throw error }
            lack = error
        }
        let tags: [Tag]
        do throws(RegistryError) {
            tags = try standard.tags(before: deadline)
        } catch {
            // Where neither has it, the region that was asked for is the one to be told of.
            throw Self.isLack(error) ? lack : error
        }
        found(.standard, listed: true, lack: lack)
        return tags
    }

    func digest(of tag: Tag, before deadline: Deadline) throws(RegistryError) -> Digest {
        try byTag(tag) { source throws(RegistryError) in try source.digest(of: tag, before: deadline) }
    }

    func manifest(_ which: ManifestSelector, before deadline: Deadline) throws(RegistryError) -> Manifest {
        switch which {
        case .tag(let tag):
            try byTag(tag) { source throws(RegistryError) in try source.manifest(which, before: deadline) }
        case .digest:
            try first(of: byDigest) { source throws(RegistryError) in try source.manifest(which, before: deadline) }
        }
    }

    func referrers(of digest: Digest, before deadline: Deadline) throws(RegistryError) -> [Referrer] {
        var found: [Referrer] = []
        for side in byDigest where found.isEmpty {
            do throws(RegistryError) {
                found = try source(side).referrers(of: digest, before: deadline)
            } catch {
                guard Self.isLack(error) else { throw error }
            }
        }
        return found
    }

    func blob(
        _ descriptor: Descriptor,
        from offset: Int64,
        before deadline: Deadline,
        receive: (RawSpan) throws -> Void
    ) throws {
        let sides = byDigest
        var hasBegun = false
        do {
            try source(sides[0]).blob(descriptor, from: offset, before: deadline) { bytes in
                hasBegun = true
                try receive(bytes)
            }
        } catch let error as RegistryError where Self.isLack(error) && !hasBegun {
            try source(sides[1]).blob(descriptor, from: offset, before: deadline, receive: receive)
        }
    }

    // MARK: Which of the two

    private func source(_ side: Side) -> any ReleaseSource { side == .own ? own : standard }

    private var byDigest: [Side] { state.withLock { $0.current } == .own ? [.own, .standard] : [.standard, .own] }

    private func byTag<Value>(
        _ tag: Tag,
        _ body: (any ReleaseSource) throws(RegistryError) -> Value
    ) throws(RegistryError) -> Value {
        // A signature belongs to a digest, whatever else is listed beside it.
        if tag.isReferrer { return try first(of: byDigest, isRelease: false, body) }
        if let listed = state.withLock({ $0.listed }) { return try body(source(listed)) }
        return try first(of: [.own, .standard], body)
    }

    /// What the first that has it gives; where none has it, what the own region says.
    private func first<Value>(
        of sides: [Side],
        isRelease: Bool = true,
        _ body: (any ReleaseSource) throws(RegistryError) -> Value
    ) throws(RegistryError) -> Value {
        var lacks: [Side: RegistryError] = [:]
        for side in sides {
            do throws(RegistryError) {
                let value = try body(source(side))
                if isRelease { found(side, listed: false, lack: lacks[.own]) }
                return value
            } catch {
                guard Self.isLack(error) else { throw error }
                lacks[side] = error
            }
        }
        throw lacks[.own] ?? .noSuchRepository(location: "\(location)")
    }

    /// Takes note of where something was, and tells of it where that is elsewhere than before.
    private func found(_ side: Side, listed: Bool, lack: RegistryError?) {
        let isNews = state.withLock { state in
            if listed { state.listed = side }
            defer { state.current = side }
            return state.current != side
        }
        guard isNews else { return }
        switch side {
        case .own: report("the region \(regions.own) has \(own.location) again: taking it from there")
        case .standard:
            report(
                "the region \(regions.own) lacks what is wanted, taking it from \(standard.location) in \(regions.standard): "
                    + (lack.map { "\($0)" } ?? "it has no such artifact")
            )
        }
    }

    private static func isLack(_ error: RegistryError) -> Bool {
        switch error {
        case .noSuchRepository, .noSuchTag, .noSuchManifest, .noSuchBlob, .noTags: true
        default: false
        }
    }
}

/// Where what the deployment's region lacks is had.
package struct RegionalFallback: Sendable {
    /// The deployment's own region.
    package let region: AWSRegion
    package let standardRegion: AWSRegion
    /// The repository in ``standardRegion``.
    package let repository: Repository
    /// Which tags there have to be, so that the own region is not passed over.
    package let policy: TagPolicy

    package init(region: AWSRegion, standardRegion: AWSRegion, repository: Repository, policy: TagPolicy) {
        self.region = region
        self.standardRegion = standardRegion
        self.repository = repository
        self.policy = policy
    }
}
