package import Content

extension Staging {
    /// What the member of an archive with `digest` holds, where the release that is served had the very same one and its
    /// files can be linked; `nil` for any other.
    ///
    /// - Parameter digest: SHA-256 of the member, compressed.
    package func member(_ digest: Digest) throws(StoreError) -> [UInt8]? {
        guard let active = core.active, core.knowsMembers, core.canLink else { return nil }
        return try core.index.read("looking for known members") { database in
            try Index.member(digest, of: active.number, database)
        }
    }

    /// Remembers what a member of this release's archives holds, for the release after it.
    ///
    /// - Parameter entries: what ``member(_:)`` gives back then.
    package func remember(_ digest: Digest, _ entries: [UInt8]) {
        core.add(IndexMember(digest: digest, entries: entries))
    }

    /// Says that what was remembered is what the release has at its paths: without it, nothing of it is given back. Nor is
    /// it where files can't be linked: the next release would be begun in vain.
    package func vouchForMembers() {
        guard core.canLink else { return }
        core.add(IndexMember(vouchingFor: digest))
    }
}
