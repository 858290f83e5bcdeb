package import Content
package import HTTP
package import Store

/// One retained release as `/-/releases`, `/-/status` and `specman releases --output json` show it.
package struct ReleaseSummary: Hashable, Sendable {
    package var tag: Tag
    /// Of the manifest.
    package var digest: Digest
    package var files: Int
    /// Of the files' contents.
    package var bytes: Int64
    package var publishedAt: Timestamp
    /// Whether it is the one that is served.
    package var active: Bool

    package init(tag: Tag, digest: Digest, files: Int, bytes: Int64, publishedAt: Timestamp, active: Bool) {
        self.tag = tag
        self.digest = digest
        self.files = files
        self.bytes = bytes
        self.publishedAt = publishedAt
        self.active = active
    }

    package init(_ release: Release, active: Bool) {
        self.init(
            tag: release.tag,
            digest: release.digest,
            files: release.files,
            bytes: release.bytes,
            publishedAt: release.publishedAt,
            active: active
        )
    }

    /// The releases, newest first, with the active one marked.
    package static func list(_ releases: [Release], active: Release?) -> [ReleaseSummary] {
        releases.map { ReleaseSummary($0, active: $0.id == active?.id) }
    }

    /// Writes the object of the contract.
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("tag", tag.description)
            json.member("digest", digest.description)
            json.member("files", files)
            json.member("bytes", bytes)
            json.member("publishedAt", publishedAt.rfc3339)
            json.member("active", active)
        }
    }

    /// The JSON document of a list of releases.
    package static func document(_ releases: [ReleaseSummary]) -> [UInt8] {
        JSONWriter.document { json in
            json.array { json in
                for release in releases { release.write(to: &json) }
            }
        }
    }
}
