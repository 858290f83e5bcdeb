internal import Content
internal import Registry
internal import Serving
internal import Store

/// `specman tags`: all tags, those that don't come into question first, then the candidates in rank order, the chosen one
/// last.
package struct TagListing {
    /// One candidate.
    package struct Row: Encodable, Sendable {
        package let tag: String
        @Nullable package var digest: String?
        @Nullable package var created: String?
        package let chosen: Bool
        package let reason: String
    }

    package let rows: [Row]
    /// Why none is chosen, or the chosen one would not be served.
    package let failure: CommandFailure?
    /// That the volume's release is held, in one line: then the chosen one is not taken.
    package let held: String?

    /// - Throws: ``ConfigurationError`` or ``CommandFailure``.
    package init(_ configuration: Configuration) throws {
        _ = try configuration.requiredLocation
        // A volume that isn't there, or can't be read here, holds nothing that counts for this list.
        let hold = try? Hold.read(from: configuration.storage.directory)
        held = hold.map { "\($0.tag) is held \($0)" }
        do {
            let source = try configuration.source.open(report: { Console.error("specman: \($0)") })
            (rows, failure) = try Self.listing(of: source, configuration.source)
        } catch {
            throw CommandFailure("\(error)")
        }
    }

    private static func listing(
        of source: any ReleaseSource,
        _ configuration: Configuration.Source
    ) throws(RegistryError) -> (rows: [Row], failure: CommandFailure?) {
        let catalogue = TagCatalogue(source: source, policy: configuration.tags)
        let deadline = Deadline(after: configuration.timeout)
        let (choice, failure) = try choose(from: catalogue, before: deadline)
        var verdict: (note: String, failure: CommandFailure?) = ("", failure)
        if let choice, !configuration.verifyKeys.isEmpty {
            let verifier = SignatureVerifier(configuration.verifyKeys)
            verdict = try signature(of: choice.chosen, by: verifier, in: source, before: deadline)
        }
        let chosen = (choice?.ranked ?? []).map { Row($0, note: $0.chosen ? verdict.note : "") }
        return (try catalogue.leftOut(of: choice, before: deadline).map { Row($0) } + chosen, verdict.failure)
    }

    /// - Returns: the failure where no tag is a candidate.
    private static func choose(
        from catalogue: TagCatalogue,
        before deadline: Deadline
    ) throws(RegistryError) -> (choice: Choice?, failure: CommandFailure?) {
        do throws(RegistryError) {
            return (try catalogue.choose(active: nil, everything: true, before: deadline), nil)
        } catch {
            guard case .noCandidate = error else { throw error }
            return (nil, CommandFailure("\(error)"))
        }
    }

    /// Whether the chosen tag would be served: what is behind its reason.
    private static func signature(
        of chosen: Candidate,
        by verifier: SignatureVerifier,
        in source: any ReleaseSource,
        before deadline: Deadline
    ) throws(RegistryError) -> (note: String, failure: CommandFailure?) {
        guard let digest = chosen.digest else { return ("", nil) }
        do throws(RegistryError) {
            let name = "\(source.location):\(chosen.tag)"
            let key = try verifier.verify(digest, as: name, from: source, before: deadline).key
            return ("; signed with \(key)", nil)
        } catch .signature(let fault) {
            return ("; not served, as no good signature was found", CommandFailure("\(fault)"))
        }
    }

    /// A list of objects, as the contract has them.
    package var json: String { JSONText.encode(rows) }
}

extension TagListing.Row {
    /// - Parameter note: what is to be said beyond the reason.
    fileprivate init(_ candidate: Candidate, note: String = "") {
        self.init(
            tag: "\(candidate.tag)",
            digest: candidate.digest.map { "\($0)" },
            created: candidate.created?.rfc3339,
            chosen: candidate.chosen,
            reason: candidate.reason + note
        )
    }
}

/// `specman releases`: what is on the volume, the newest first.
package struct ReleaseListing {
    /// One release, as text.
    package struct Row: Sendable {
        package let tag: String
        package let digest: String
        package let files: Int
        package let size: String
        package let publishedAt: String
        package let active: Bool
    }

    private let summaries: [ReleaseSummary]
    /// That the active release is held, in one line; `nil` where the registry is followed.
    package let held: String?

    /// Reads the volume beside a running daemon.
    ///
    /// - Throws: ``CommandFailure``.
    package init(_ configuration: Configuration) throws {
        do {
            let volume = try Volume.openReadOnly(directory: configuration.storage.directory)
            summaries = ReleaseSummary.list(volume.releases, active: volume.active)
            held = volume.hold.map { "\($0.tag) is held \($0)" }
        } catch {
            throw CommandFailure("\(error)")
        }
    }

    package var rows: [Row] {
        summaries.map { summary in
            Row(
                tag: "\(summary.tag)",
                digest: "\(summary.digest)",
                files: summary.files,
                size: ByteCount.format(summary.bytes),
                publishedAt: summary.publishedAt.rfc3339,
                active: summary.active
            )
        }
    }

    /// The document of `/-/releases`, with the line break at its end.
    package var json: String { String(decoding: ReleaseSummary.document(summaries), as: UTF8.self) }
}
