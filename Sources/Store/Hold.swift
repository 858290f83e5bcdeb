package import Content
internal import Foundation
internal import Platform

/// That an administrator chose the release that is served: the registry's newest is not taken until they let go of it.
///
/// It stands in `hold.json` on the volume, which is not derived data: a lost index doesn't end it.
package struct Hold: Sendable, Hashable {
    /// The longest reason, in bytes: it stands in a line of the log.
    package static let longestReason = 1000

    /// Of the release's manifest.
    package let digest: Digest
    package let tag: Tag
    /// Who chose it.
    package let by: String
    package let reason: String?
    package let since: Timestamp

    package init(digest: Digest, tag: Tag, by: String, reason: String?, since: Timestamp) {
        self.digest = digest
        self.tag = tag
        self.by = by
        self.reason = reason
        self.since = since
    }
}

/// Who wants a release to be held, and why.
package struct HoldRequest: Sendable, Hashable {
    package let by: String
    package let reason: String?

    package init(by: String, reason: String?) {
        self.by = by
        self.reason = reason
    }
}

extension HoldRequest {
    /// For the index's history.
    var note: String { reason.map { "\(by): \($0)" } ?? by }
}

extension Hold: CustomStringConvertible {
    /// As it stands in messages: `by NAME since TIME: REASON`.
    package var description: String {
        "by \(by) since \(since.rfc3339)" + (reason.map { ": \($0)" } ?? "")
    }
}

extension Hold {
    static let fileName = "hold.json"
    /// A hold whose release is not the active one yet: it counts from the index's commit on, and is renamed after it.
    static let pendingName = "hold.next.json"
    /// The largest file read, in bytes.
    private static let ceiling = 64 << 10

    private struct Document: Codable {
        var digest: String
        var tag: String
        var by: String
        var reason: String?
        var since: String
    }

    /// The hold on the volume at `path`; `nil` where nothing is held.
    ///
    /// A file that makes no sense is a hold all the same, on whatever is served: whoever took it for none would publish
    /// what the administrator meant to keep out.
    /// - Throws: where the file is there and can't be read.
    package static func read(from path: String) throws(StoreError) -> Hold? {
        try read(fileName, from: path)
    }

    /// The hold on the volume at `path`, where `active` is the digest of the active release's manifest.
    ///
    /// One that a crash left between the index's commit and its renaming is `pending`; where it names another release, it
    /// was never granted.
    static func read(
        from path: String,
        serving active: Digest?
    ) throws(StoreError) -> (hold: Hold?, isPending: Bool) {
        if let pending = try read(pendingName, from: path), pending.digest == active { return (pending, true) }
        return (try read(fileName, from: path), false)
    }

    private static func read(_ name: String, from path: String) throws(StoreError) -> Hold? {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try WholeFile.readRegular(path + "/" + name, limit: ceiling)
        } catch {
            if error.isNotFound { return nil }
            throw StoreError(doing: "reading \(path)/\(name)", error)
        }
        guard let document = try? JSONDecoder().decode(Document.self, from: Data(bytes)),
            let digest = Digest(document.digest), let tag = Tag(document.tag),
            let since = Timestamp(rfc3339: document.since)
        else { return unreadable }
        return Hold(digest: digest, tag: tag, by: document.by, reason: document.reason, since: since)
    }

    private static var unreadable: Hold? {
        guard let digest = Digest(bytes: [UInt8](repeating: 0, count: Digest.byteCount)), let tag = Tag("unknown")
        else { return nil }
        let reason = "\(fileName) on the volume is damaged"
        return Hold(digest: digest, tag: tag, by: "unknown", reason: reason, since: Timestamp(seconds: 0))
    }

    /// Writes it durably, to count as soon as its release is the active one.
    func write(to path: String) throws(StoreError) {
        let document = Document(
            digest: "\(digest)",
            tag: "\(tag)",
            by: by,
            reason: reason,
            since: since.rfc3339
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let file = path + "/" + Self.pendingName
        try StoreError.attempt("writing \(file)") {
            let bytes = Array(try encoder.encode(document)) + [UInt8(ascii: "\n")]
            try WholeFile.write(bytes, to: file)
        }
    }

    /// Ends what ``write(to:)`` began, where something was: as the hold on the volume, or as none that ever was.
    static func settle(_ isActive: Bool, in layout: VolumeLayout) throws(StoreError) {
        try StoreError.attempt("\(isActive ? "keeping" : "removing") \(layout.path)/\(pendingName)") {
            guard try layout.root.status(pendingName.bytes) != nil else { return }
            if isActive {
                try layout.root.rename(pendingName.bytes, to: layout.root, as: fileName.bytes)
            } else {
                try layout.root.removeTree(pendingName.bytes)
            }
            try layout.root.sync()
        }
    }

    /// Makes it durable that nothing is held.
    static func remove(in layout: VolumeLayout) throws(StoreError) {
        try StoreError.attempt("removing \(layout.path)/\(fileName)") {
            try layout.root.removeTree(pendingName.bytes)
            try layout.root.removeTree(fileName.bytes)
            try layout.root.sync()
        }
    }
}
