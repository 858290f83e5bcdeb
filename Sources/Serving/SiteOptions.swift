package import Content

/// What an operator can set of the site, and what it needs from outside: this room has no clock and no log.
package struct SiteOptions: Sendable {
    /// Whether a directory without `index.html` is listed.
    package var listing: Bool
    /// Whether text files are sent as gzip to those who take it.
    package var compression: Bool
    /// The time now, that dates in requests are measured against.
    package var clock: @Sendable () -> Timestamp
    /// Told of what the daemon's log should know: a file that the volume could not give, in one line.
    package var report: @Sendable (String) -> Void

    package init(
        listing: Bool = true,
        compression: Bool = true,
        clock: @escaping @Sendable () -> Timestamp,
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.listing = listing
        self.compression = compression
        self.clock = clock
        self.report = report
    }
}

/// What administrators can have the daemon do.
package struct SiteActions: Sendable {
    /// Syncs once, and returns when that is done.
    package var sync: @Sendable () -> SyncReport

    package init(sync: @escaping @Sendable () -> SyncReport) {
        self.sync = sync
    }
}

/// How long a client that comes before the first release should wait, in seconds: less than a usual interval between
/// polls, and long enough that waiting clients are no load.
let retryAfterSeconds = 10
