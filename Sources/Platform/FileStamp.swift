/// What several files looked like at one moment: when nothing of it has changed, none of them was written or replaced.
package struct FileStamp: Hashable, Sendable {
    private let files: [String: FileIdentity]

    /// Looks at each of `paths`, through links; files that aren't there count, too.
    package init(of paths: [String]) {
        files = Dictionary(paths.compactMap { path in FileIdentity(ofFile: path).map { (path, $0) } }) { first, _ in
            first
        }
    }

    /// Those that are others than in `earlier`, were added or are gone.
    package func changes(since earlier: FileStamp) -> [String] {
        Set(files.keys).union(earlier.files.keys).filter { files[$0] != earlier.files[$0] }.sorted()
    }

    /// How often what changes while it is being read is read again.
    private static let attempts = 10

    /// Gives what `body` makes of files that don't change meanwhile, and what they looked like: a Secret's values are
    /// swapped all at once, and half of the old ones with half of the new ones would be neither. Files that never come
    /// to rest give what came last.
    package static func settled<Success, Failure: Error>(
        _ paths: [String],
        _ body: () throws(Failure) -> Success
    ) -> (result: Result<Success, Failure>, stamp: FileStamp) {
        var stamp = FileStamp(of: paths)
        for _ in 1..<attempts {
            let result = Result(catching: body)
            let after = FileStamp(of: paths)
            if after == stamp { return (result, stamp) }
            stamp = after
        }
        return (Result(catching: body), stamp)
    }
}
