package import Content
internal import Synchronization

/// A source with mirrors before it: manifests by digest and blobs come from the first mirror that has them, else from
/// the origin; what a tag points at is only ever asked of the origin.
///
/// No mirror that delivers nothing takes more than half of the time that is left, so that one that hangs leaves the origin
/// its part.
/// What a mirror delivers is verified like anything else, against digests that the origin has named. A mirror that
/// fails rests for a while, and whoever is next goes on where it stopped.
package final class MirroredSource: ReleaseSource {
    private let origin: any ReleaseSource
    private let mirrors: [any ReleaseSource]
    private let now: @Sendable () -> ContinuousClock.Instant
    private let report: @Sendable (MirrorReport) -> Void
    private let ledger: Mutex<MirrorLedger>

    /// - Parameters:
    ///   - now: by which clock mirrors rest.
    ///   - report: told once for each manifest and blob who has delivered it, and why not the others.
    init(
        _ origin: any ReleaseSource,
        mirrors: [any ReleaseSource],
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        report: @escaping @Sendable (MirrorReport) -> Void
    ) {
        self.origin = origin
        self.mirrors = mirrors
        self.now = now
        self.report = report
        ledger = Mutex(MirrorLedger(mirrors: mirrors.count))
    }

    package var location: Reference.Location { origin.location }

    package func tags(before deadline: Deadline) throws(RegistryError) -> [Tag] {
        try ofOrigin { () throws(RegistryError) in try origin.tags(before: deadline) }
    }

    package func digest(of tag: Tag, before deadline: Deadline) throws(RegistryError) -> Digest {
        try ofOrigin { () throws(RegistryError) in try origin.digest(of: tag, before: deadline) }
    }

    package func manifest(_ which: ManifestSelector, before deadline: Deadline) throws(RegistryError) -> Manifest {
        guard case .digest(let digest) = which else {
            return try ofOrigin { () throws(RegistryError) in try origin.manifest(which, before: deadline) }
        }
        var skipped: [MirrorReport.Skip] = []
        for index in mirrors.indices {
            if let skip = resting(index) {
                skipped.append(skip)
                continue
            }
            do throws(RegistryError) {
                let manifest = try mirrors[index].manifest(which, before: deadline.half)
                delivered(index, "manifest", digest, skipped)
                return manifest
            } catch {
                // Its digest was the right one: nobody else has another.
                if case .unusableManifest = error { throw error }
                skipped.append(try skip(index, after: error, deadline))
            }
        }
        do throws(RegistryError) {
            let manifest = try origin.manifest(which, before: deadline)
            tell("manifest", digest, by: "\(location)", skipped)
            return manifest
        } catch {
            tell("manifest", digest, by: nil, skipped)
            throw error
        }
    }

    package func referrers(of digest: Digest, before deadline: Deadline) throws(RegistryError) -> [Referrer] {
        try ofOrigin { () throws(RegistryError) in try origin.referrers(of: digest, before: deadline) }
    }

    package func blob(
        _ descriptor: Descriptor,
        from offset: Int64,
        before deadline: Deadline,
        receive: (RawSpan) throws -> Void
    ) throws {
        if offset == 0 { ledger.withLock { $0.begin(descriptor.digest) } }
        var position = offset
        var skipped: [MirrorReport.Skip] = []
        var index = 0
        while index < mirrors.count {
            if let skip = resting(index) {
                skipped.append(skip)
                index += 1
                continue
            }
            let begin = position
            var isReceiversFault = false
            do {
                try mirrors[index].blob(descriptor, from: begin, before: deadline.half) { bytes in
                    if position == begin { ledger.withLock { $0.contributes(index, to: descriptor.digest) } }
                    do {
                        try receive(bytes)
                    } catch {
                        isReceiversFault = true
                        throw error
                    }
                    position += Int64(bytes.byteCount)
                }
                delivered(index, "blob", descriptor.digest, skipped)
                return
            } catch let error as RegistryError where !isReceiversFault {
                // It delivers: it goes on, within half of what is left then.
                if case .deadline = error, position > begin, !deadline.hasPassed { continue }
                let skip = try skip(index, after: error, deadline)
                skipped.append(skip)
                // What it has delivered before it gave itself away is as doubtful as the rest: nobody else's bytes belong
                // behind it.
                guard position == begin || !error.isLie else {
                    tell("blob", descriptor.digest, by: nil, skipped)
                    throw RegistryError.tainted(descriptor.digest, mirror: skip.mirror)
                }
                index += 1
            }
        }
        do {
            try origin.blob(descriptor, from: position, before: deadline, receive: receive)
            tell("blob", descriptor.digest, by: "\(location)", skipped)
        } catch {
            tell("blob", descriptor.digest, by: nil, skipped)
            throw error
        }
    }

    package func refute(_ digest: Digest) -> Bool {
        let now = now()
        let culprits = ledger.withLock { ledger in
            ledger.takeContributors(to: digest).map { ($0, ledger.failed($0, lied: true, at: now)) }
        }
        guard !culprits.isEmpty else { return false }
        tell(
            "blob",
            digest,
            by: nil,
            culprits.map { index, rest in
                skipped(index, .failed(reason: "what came from it does not have the digest", rest: rest))
            }
        )
        return true
    }

    // MARK: The outcome of each mirror

    /// What only the origin knows: where it is away, the error says that its mirrors are no help.
    private func ofOrigin<Value>(_ ask: () throws(RegistryError) -> Value) throws(RegistryError) -> Value {
        do throws(RegistryError) {
            return try ask()
        } catch {
            switch error {
            case .transfer, .unavailable: throw .originAway(error, mirrors: mirrors.count)
            default: throw error
            }
        }
    }

    private func skipped(_ index: Int, _ cause: MirrorReport.Skip.Cause) -> MirrorReport.Skip {
        MirrorReport.Skip(mirror: "\(mirrors[index].location)", cause: cause)
    }

    private func resting(_ index: Int) -> MirrorReport.Skip? {
        let now = now()
        return ledger.withLock { $0.rest(of: index, at: now) }.map { skipped(index, .resting($0)) }
    }

    /// Takes note of a mirror's failure.
    ///
    /// - Throws: `error` itself where time is up, for the mirror as for everybody.
    private func skip(
        _ index: Int,
        after error: RegistryError,
        _ deadline: Deadline
    ) throws(RegistryError) -> MirrorReport.Skip {
        switch error {
        case .cancelled: throw error
        case .deadline where deadline.hasPassed: throw error
        case .noSuchBlob, .noSuchManifest, .noSuchRepository: return skipped(index, .missing)
        default:
            let now = now()
            let rest = ledger.withLock { $0.failed(index, lied: error.isLie, at: now) }
            return skipped(index, .failed(reason: error.asOfMirror, rest: rest))
        }
    }

    private func delivered(_ index: Int, _ kind: String, _ digest: Digest, _ skipped: [MirrorReport.Skip]) {
        ledger.withLock { $0.delivered(index) }
        tell(kind, digest, by: "\(mirrors[index].location)", skipped)
    }

    private func tell(_ kind: String, _ digest: Digest, by deliverer: String?, _ skipped: [MirrorReport.Skip]) {
        let outcome = [deliverer ?? ""] + skipped.map { $0.cause == .missing ? "-\($0.mirror)" : $0.mirror }
        let isKnown = ledger.withLock { $0.reports(outcome, of: digest) }
        var new = MirrorReport(what: "\(kind) \(digest)", deliveredBy: deliverer, skipped: skipped, isRepetition: false)
        new.isRepetition = isKnown && !new.hasFailure
        report(new)
    }
}

extension RegistryError {
    /// Whether an answer came that was not what was asked for, or may not have been: one that ends early wherever it is taken
    /// up may be something else, and the next one goes on elsewhere.
    fileprivate var isLie: Bool {
        switch self {
        case .digestMismatch, .sizeMismatch, .incomplete, .malformed, .tooLarge: true
        default: false
        }
    }

    /// The sentence for a mirror, where `source.username` and `source.repository` mean nothing.
    package var asOfMirror: String {
        switch self {
        case .deadline(let attempt): "\(attempt): it took half of the time that was left of source.timeout"
        case .authenticationRequired(let host): "\(host) requires authentication; run specman login \(host)"
        case .wrongCredentials(let host, let username):
            "\(host) does not accept the password of user \(username); run specman login \(host) again"
        case .tokenRefused(let server, let host, _, let status, let detail):
            "the token server \(server) of \(host) answers \(status)\(detail); run specman login \(host)"
        case .forbidden(let location, let attempt, let host):
            "\(attempt): \(host) forbids it; give the user that docker's configuration has for it access to \(location)"
        case .unexpectedStatus(let host, let status, let attempt, let detail):
            "\(attempt): \(host) answers \(status)\(detail); check that a registry listens there"
        default: description
        }
    }
}
