internal import Content
internal import Platform
internal import Serving
internal import Store

/// Reads the releases of a volume for the commands, beside a running daemon or without one.
package struct ReleaseReader {
    /// How much of a file is read at once, in bytes.
    private static let bufferSize = 256 << 10

    private let directory: String
    private let retained: RetainedReleases

    /// - Throws: ``CommandFailure``.
    package init(_ configuration: Configuration) throws {
        directory = configuration.storage.directory
        do {
            retained = try Volume.openReadOnly(directory: directory)
        } catch {
            throw CommandFailure("reading the releases on \(directory): \(error)")
        }
    }

    /// A file or directory of a release, as text.
    package struct Entry: Encodable, Sendable {
        package let path: String
        /// `file` or `directory`, of what a link leads to.
        package let kind: String
        /// In bytes.
        package let size: Int64
        package let modified: String
        /// `nil` for a directory.
        @Nullable package var digest: String?
    }

    /// What is in a directory of the active release or of `release`; one entry where `path` names a file.
    ///
    /// - Throws: ``CommandFailure``.
    package func list(_ path: String, release name: String?) throws -> [Entry] {
        let (release, record) = try find(path, release: name)
        guard record.kind == .directory else { return [Self.entry(record, path: record.path)] }
        do {
            return try release.entries(of: record.path).map { entry in
                Self.entry(entry.record, path: try record.path.appending(entry.name))
            }
        } catch {
            throw CommandFailure("listing \(path) of \(release.tag) on \(directory): \(error)")
        }
    }

    /// Gives the bytes of a file of the active release or of `release`, in pieces.
    ///
    /// - Throws: ``CommandFailure``, or what `receive` throws.
    package func read(_ path: String, release name: String?, receive: ([UInt8]) throws -> Void) throws {
        let (release, record) = try find(path, release: name)
        guard record.kind == .file else {
            throw CommandFailure("reading \(path) of \(release.tag) on \(directory): it is a directory; see specman ls")
        }
        do {
            let file = try release.open(record)
            var offset: Int64 = 0
            while offset < record.size {
                let bytes = try file.read(upTo: Self.bufferSize, at: offset)
                if bytes.isEmpty { throw CommandFailure("it is shorter than the index says; the volume is damaged") }
                try receive(bytes)
                offset += Int64(bytes.count)
            }
        } catch {
            throw CommandFailure("reading \(path) of \(release.tag) on \(directory): \(error)")
        }
    }

    /// The difference between two releases, as `/-/diff` has it.
    ///
    /// - Throws: ``CommandFailure``.
    package func difference(from: String, to: String) throws -> ReleaseDifferenceListing {
        let (from, to) = (try release(from), try release(to))
        do {
            let difference = try from.difference(to: to)
            let document = DiffDocument(
                from: ReleaseSummary(from, active: from.id == retained.active?.id),
                to: ReleaseSummary(to, active: to.id == retained.active?.id),
                difference: difference
            )
            return ReleaseDifferenceListing(document)
        } catch {
            throw CommandFailure("comparing \(from.tag) with \(to.tag) on \(directory): \(error)")
        }
    }

    private func release(_ name: String?) throws -> Release {
        guard let name else {
            guard let active = retained.active else {
                throw CommandFailure("reading \(directory): no release is served yet; see specman status, or name one")
            }
            return active
        }
        guard let release = retained.release(named: name) else {
            throw CommandFailure(
                "reading \(directory): there is no release \(name); specman releases lists those there are"
            )
        }
        return release
    }

    private func find(_ text: String, release name: String?) throws -> (Release, FileRecord) {
        let release = try release(name)
        // Paths are typed as URLs have them, too: with a slash before them.
        guard let path = ReleasePath(text.drop { $0 == "/" }) else {
            throw CommandFailure("looking for \(text) in \(release.tag): it is no path within a release")
        }
        do {
            guard let record = try release.lookup(path) else {
                throw CommandFailure("looking for \(text) in \(release.tag): there is no such file; see specman ls")
            }
            return (release, record)
        } catch let error as StoreError {
            throw CommandFailure("looking for \(text) in \(release.tag) on \(directory): \(error)")
        }
    }

    private static func entry(_ record: FileRecord, path: ReleasePath) -> Entry {
        Entry(
            path: "\(path)",
            kind: record.kind == .directory ? "directory" : "file",
            size: record.size,
            modified: record.modified.rfc3339,
            digest: record.digest.map { "\($0)" }
        )
    }
}

extension [ReleaseReader.Entry] {
    /// A list of objects.
    package var json: String { JSONText.encode(self) }
}

/// What one release has that another has not, as text.
package struct ReleaseDifferenceListing {
    private let document: DiffDocument

    init(_ document: DiffDocument) {
        self.document = document
    }

    /// `+` for added, `-` for removed, `~` for changed; path; size.
    package var rows: [(sign: String, path: String, size: Int64)] {
        let difference = document.difference
        return [("+", difference.added), ("-", difference.removed), ("~", difference.changed)].flatMap { sign, files in
            files.map { (sign, "\($0.path)", $0.size) }
        }
    }

    /// The document of `/-/diff`, with the line break at its end.
    package var json: String { String(decoding: document.json, as: UTF8.self) }
}
