internal import Content

/// Decides between which entries a member of the gzip ends.
///
/// Content-defined chunking, by the name of what follows, so that after something was added, taken away or made longer the
/// same places are found again: were it by size alone, all members behind a change would be others.
struct MemberCut {
    /// In bytes of tar: shorter members would compress worse, as each begins with nothing in the window of 32 KiB.
    static let least = 64 << 10
    /// In bytes of tar: from here on any entry ends the member.
    static let most = 512 << 10
    /// Between the two one name of so many does: for files of 10 KiB members of some 150 KiB.
    private static let oneOf: UInt64 = 8

    private var size = 0

    mutating func add(_ count: Int) {
        size += count
    }

    /// Whether a member ends before the entry at `path`; the next one begins then.
    mutating func isDue(before path: ReleasePath) -> Bool {
        guard size >= Self.most || size >= Self.least && path.stableHash % Self.oneOf == 0 else { return false }
        size = 0
        return true
    }
}
