/// Notices when many connections have come, shaken hands or gone, and it has become quiet again.
///
/// A handshake holds some 30 KiB, twice what is left of it afterwards. Where thousands come at once, as after a restart
/// or a fail-over, what they free lies between what stays, and the C library keeps it for good.
struct Surge {
    /// Changes from which on it is worth the while.
    private static let threshold = 256
    /// Changes between two looks: up to here it is quiet.
    private static let quiet = 8

    private var changes = 0
    private var changesBefore = 0

    /// Counts a connection that came, shook hands or went.
    mutating func count() {
        changes &+= 1
    }

    /// Whether one may be under way, so that it is worth looking again.
    var isOpen: Bool { changes >= Self.threshold }

    /// Looks, at regular intervals: whether one is over since the last look.
    mutating func isOver() -> Bool {
        let since = changes - changesBefore
        changesBefore = changes
        guard isOpen, since <= Self.quiet else { return false }
        changes = 0
        changesBefore = 0
        return true
    }
}
