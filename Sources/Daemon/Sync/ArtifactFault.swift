internal import Archive
internal import Checks
internal import Store

/// Telling artifacts that are at fault themselves from everything else that can go wrong with them.
enum ArtifactFault {
    /// Whether only another artifact can help: a bad archive, an entry that has no place in a release, a finding
    /// of the checks.
    static func isOne(_ error: any Error) -> Bool {
        switch error {
        case is ArchiveError, is CheckFailure: true
        case StoreError.refused: true
        default: false
        }
    }
}
