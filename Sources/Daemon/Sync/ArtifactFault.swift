internal import Archive
internal import Store

/// Telling artifacts that are at fault themselves from everything else that can go wrong with them.
enum ArtifactFault {
    /// Whether only another artifact can help: a bad archive, an entry that has no place in a release.
    static func isOne(_ error: any Error) -> Bool {
        switch error {
        case is ArchiveError: true
        case StoreError.refused: true
        default: false
        }
    }
}
