package import Content

/// The files of a release as the checks see them. Used from several threads at a time.
package protocol CheckedTree: Sendable {
    /// The next files named `.yaml` or `.yml`, and links named as an index, in the order of their paths; none at the end.
    ///
    /// - Parameter last: the path that the files before ended with; `nil` for the first ones.
    func yamlFiles(after last: ReleasePath?) throws -> [CheckedFile]
    /// Whether a file or directory is at `path`, links followed.
    func exists(_ path: ReleasePath) throws -> Bool
    /// The bytes of a file.
    func bytes(of file: CheckedFile) throws -> [UInt8]
    /// Asked of bytes in which something was found.
    ///
    /// - Throws: where they aren't those that the release was published with: then it isn't the release that is at fault.
    func confirm(_ bytes: [UInt8], of file: CheckedFile) throws
}

/// A file that may have to be read.
package struct CheckedFile: Hashable, Sendable {
    /// As it is named in the release.
    package let path: ReleasePath
    /// Where its bytes are: elsewhere for a link.
    package let real: ReleasePath
    /// In bytes.
    package let size: Int64
    /// Whether the release that was served before has the same bytes at this path.
    package let isUnchanged: Bool

    package init(path: ReleasePath, real: ReleasePath, size: Int64, isUnchanged: Bool) {
        self.path = path
        self.real = real
        self.size = size
        self.isUnchanged = isUnchanged
    }

    /// What a file is named that refers to others: Palette's `versions.yaml`, at each of its levels.
    package static let indexNames = ["versions.yaml", "versions.yml"]

    var isIndex: Bool { Self.indexNames.contains { path.name.elementsEqual($0.utf8) } }
    var isLink: Bool { path != real }
}
