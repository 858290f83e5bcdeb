internal import HTTP

/// What a re-hash of the volume has found: the answer to `POST /-/verify`, and what `specman verify` prints.
package struct VerificationDocument: Hashable, Sendable {
    /// A name on the volume that was not what the index says.
    package struct Damage: Hashable, Sendable {
        /// Below the volume.
        package var path: String
        package var tag: String
        package var reason: String
        /// What it was restored from, `archive` or `registry`; `nil` where it is damaged still.
        package var restored: String?

        package init(path: String, tag: String, reason: String, restored: String? = nil) {
            self.path = path
            self.tag = tag
            self.reason = reason
            self.restored = restored
        }
    }

    /// Files, directories and links that were looked at.
    package var entries: Int
    /// Bytes that were hashed.
    package var bytes: Int64
    /// How many were damaged, and how many of them have been restored.
    package var damaged: Int
    package var restored: Int
    /// One by one; not all of them where there are very many.
    package var damages: [Damage]
    /// Why some couldn't be restored.
    package var error: String?

    package init(
        entries: Int,
        bytes: Int64,
        damaged: Int,
        restored: Int,
        damages: [Damage],
        error: String? = nil
    ) {
        self.entries = entries
        self.bytes = bytes
        self.damaged = damaged
        self.restored = restored
        self.damages = damages
        self.error = error
    }

    /// The JSON document.
    package var json: [UInt8] {
        JSONWriter.document { json in
            json.object { json in
                json.member("entries", entries)
                json.member("bytes", bytes)
                json.member("damaged", damaged)
                json.member("restored", restored)
                json.member("error", error)
                json.name("damages")
                json.array { json in
                    for damage in damages {
                        json.object { json in
                            json.member("path", damage.path)
                            json.member("tag", damage.tag)
                            json.member("reason", damage.reason)
                            json.member("restored", damage.restored)
                        }
                    }
                }
            }
        }
    }
}
