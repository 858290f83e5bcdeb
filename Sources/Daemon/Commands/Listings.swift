internal import Content
internal import Registry
internal import Serving
internal import Store

/// `specman tags`: the candidates in rank order, the chosen one last.
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

    /// - Throws: ``ConfigurationError`` or ``CommandFailure``.
    package init(_ configuration: Configuration) throws {
        let location = try configuration.requiredLocation
        do {
            let source = try openSource(location, options: RegistryOptions(configuration.source))
            let catalogue = TagCatalogue(source: source, policy: configuration.source.tags)
            let choice = try catalogue.choose(
                active: nil,
                everything: true,
                before: Deadline(after: configuration.source.timeout)
            )
            rows = choice.ranked.map { candidate in
                Row(
                    tag: "\(candidate.tag)",
                    digest: candidate.digest.map { "\($0)" },
                    created: candidate.created?.rfc3339,
                    chosen: candidate.chosen,
                    reason: candidate.reason
                )
            }
        } catch {
            throw CommandFailure("\(error)")
        }
    }

    /// A list of objects, as the contract has them.
    package var json: String { JSONText.encode(rows) }
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

    /// Reads the volume beside a running daemon.
    ///
    /// - Throws: ``CommandFailure``.
    package init(_ configuration: Configuration) throws {
        do {
            let volume = try Volume.openReadOnly(directory: configuration.storage.directory)
            summaries = ReleaseSummary.list(volume.releases, active: volume.active)
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
