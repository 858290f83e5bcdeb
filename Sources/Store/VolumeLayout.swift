internal import Content
internal import Platform

/// The directories of the volume, held open.
final class VolumeLayout: Sendable {
    static let lock = "lock"
    static let current = "current"
    /// When everything was last re-hashed.
    static let verified = "verified"
    /// Made when the running daemon finds the index damaged: the next start rebuilds it.
    static let rebuildMark = "index.rebuild"

    /// `storage.directory` as it was given.
    let path: String
    let root: Directory
    let releases: Directory
    let archives: Directory
    let staging: Directory

    /// Opens the directories, making those that aren't there.
    init(making path: String) throws(StoreError) {
        self.path = path
        do throws(SystemError) {
            try WholeFile.makeDirectories(path)
            root = try Directory(path)
            for name in ["releases", "archives", "staging"] where try root.status(name.bytes) == nil {
                try root.makeDirectory(name.bytes)
            }
            releases = try root.directory("releases".bytes)
            archives = try root.directory("archives".bytes)
            staging = try root.directory("staging".bytes)
        } catch {
            throw StoreError(doing: "opening the volume \(path)", error)
        }
    }

    /// Opens the directories of a volume that is there.
    init(existing path: String) throws(StoreError) {
        self.path = path
        do throws(SystemError) {
            root = try Directory(path)
            releases = try root.directory("releases".bytes)
            archives = try root.directory("archives".bytes)
            staging = try root.directory("staging".bytes)
        } catch {
            throw StoreError(doing: "opening the volume \(path)", error)
        }
    }

    var indexPath: String { path + "/" + Index.fileName }

    /// The file that tells of the release `id` when the index is lost.
    static func sidecar(of id: String) -> String { id + ".json" }

    /// The file in `archives/` that holds the bytes with `digest`.
    static func archive(_ digest: Digest) -> String { digest.hex }

    /// The file in `archives/` that holds as many of them as have been received.
    static func partialArchive(_ digest: Digest) -> String { digest.hex + ".partial" }

    /// Points `current` at the release `id` by one rename.
    func pointCurrent(at id: String?) throws(SystemError) {
        guard let id else {
            if try root.status(Self.current.bytes) != nil { try root.removeTree(Self.current.bytes) }
            return
        }
        let target = "releases/\(id)".bytes
        if try root.status(Self.current.bytes)?.kind == .symbolicLink,
            try root.symbolicLink(Self.current.bytes) == target
        {
            return
        }
        let new = Self.current + ".new"
        try root.removeTree(new.bytes)
        try root.makeSymbolicLink(new.bytes, to: target)
        try root.rename(new.bytes, to: root, as: Self.current.bytes)
        try root.sync()
    }
}

extension String {
    /// The name in the form of the file system.
    var bytes: [UInt8] { Array(utf8) }
}
