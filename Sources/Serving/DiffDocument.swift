internal import Content
internal import HTTP
package import Store

/// What changed from one release to another, as `/-/diff` and `specman diff --output json` show it.
package struct DiffDocument: Sendable {
    /// The most files of each list that are told over HTTP: a few megabytes of JSON.
    static let mostFiles = 10_000

    package let from: ReleaseSummary
    package let to: ReleaseSummary
    package let difference: ReleaseDifference

    package init(from: ReleaseSummary, to: ReleaseSummary, difference: ReleaseDifference) {
        self.from = from
        self.to = to
        self.difference = difference
    }

    /// The JSON document: the two releases, and the files added, removed (as they were) and changed (as they are).
    package var json: [UInt8] {
        JSONWriter.document { json in
            json.object { json in
                json.name("from")
                from.write(to: &json)
                json.name("to")
                to.write(to: &json)
                // How many there are, where not all of them are told.
                json.member("truncated", difference.isTruncated)
                json.name("counts")
                json.object { json in
                    json.member("added", difference.counts.added)
                    json.member("removed", difference.counts.removed)
                    json.member("changed", difference.counts.changed)
                }
                for (name, files) in [
                    ("added", difference.added), ("removed", difference.removed), ("changed", difference.changed),
                ] {
                    json.name(name)
                    json.array { json in
                        for file in files { Self.write(file, to: &json) }
                    }
                }
            }
        }
    }

    private static func write(_ file: ReleaseDifference.File, to json: inout JSONWriter) {
        json.object { json in
            json.member("path", file.path.description)
            json.member("size", file.size)
            json.member("digest", file.digest?.description)
        }
    }
}
