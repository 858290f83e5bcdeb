internal import Content
internal import HTTP
package import Store

/// What changed from one release to another, as `/-/diff` and `specman diff --output json` show it.
package struct DiffDocument: Sendable {
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
