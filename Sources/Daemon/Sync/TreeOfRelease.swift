internal import Checks
internal import Content
internal import Store

/// `Checks` and `Store` don't know one another.
struct TreeOfRelease: CheckedTree {
    let tree: StoredTree

    /// How many files are handed to a worker at once: enough that the query's own cost vanishes.
    private static let filesAtOnce = 128

    func yamlFiles(after last: ReleasePath?) throws -> [CheckedFile] {
        try tree.files(
            after: last,
            namedLike: [".yaml", ".yml"],
            linksNamed: CheckedFile.indexNames,
            limit: Self.filesAtOnce
        ).map { CheckedFile(path: $0.path, real: $0.real, size: $0.size, isUnchanged: $0.isUnchanged) }
    }

    func exists(_ path: ReleasePath) throws -> Bool { try tree.exists(path) }

    func bytes(of file: CheckedFile) throws -> [UInt8] {
        try tree.bytes(at: file.real, size: file.size)
    }

    func confirm(_ bytes: [UInt8], of file: CheckedFile) throws {
        try tree.confirm(bytes, at: file.real)
    }
}
