import Content

/// The file name that a layer was pushed under (`org.opencontainers.image.title`).
enum LayerTitle {
    /// Whether the title says that the layer is an archive: then bytes that are none are a mistake, never a file.
    static func saysArchive(_ title: String?) -> Bool {
        guard let title = title?.lowercased() else { return false }
        return [".tgz", ".tar.gz", ".tar"].contains { title.hasSuffix($0) }
    }

    /// The path that a layer which is no archive is stored under.
    ///
    /// - Throws: ``ArchiveError/untitled``, ``ArchiveError/badTitle(_:)``, ``ArchiveError/notAnArchive(title:)``.
    static func path(_ title: String?) throws(ArchiveError) -> ReleasePath {
        guard let title, !title.isEmpty else { throw .untitled }
        guard !saysArchive(title) else { throw .notAnArchive(title: title) }
        guard let path = ReleasePath(title), !path.isRoot, !title.hasSuffix("/") else { throw .badTitle(title) }
        return path
    }
}
