package import Content
package import HTTP
package import Store

/// What an operator can set of the site, and what it needs from outside: this room has no clock and no log.
package struct SiteOptions: Sendable {
    /// Whether a directory without `index.html` is listed.
    package var listing: Bool
    /// Whether text files are sent as gzip to those who take it.
    package var compression: Bool
    /// The time now, that dates in requests are measured against.
    package var clock: @Sendable () -> Timestamp
    /// Makes a gzip of a tar of a directory and all below it, while it is sent; `nil` where too many are being made.
    package var archive: @Sendable (Release, ReleasePath, Peer) -> (any BodySource)?
    /// Told of what the daemon's log should know: a file that the volume could not give, in one line.
    package var report: @Sendable (String) -> Void

    package init(
        listing: Bool = true,
        compression: Bool = true,
        clock: @escaping @Sendable () -> Timestamp,
        archive: @escaping @Sendable (Release, ReleasePath, Peer) -> (any BodySource)? = { _, _, _ in nil },
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.listing = listing
        self.compression = compression
        self.clock = clock
        self.archive = archive
        self.report = report
    }
}

/// What administrators can have the daemon do.
///
/// Each returns at once and hands over what came of it when that is done, once and from any thread: a sync takes
/// minutes, and whoever waits for it must not keep others from being answered.
package struct SiteActions: Sendable {
    package typealias Reply<Value> = @Sendable (Result<Value, StoreError>) -> Void

    /// Syncs once.
    package var sync: @Sendable (@escaping @Sendable (SyncReport) -> Void) -> Void
    /// Serves a release and holds there.
    package var activate: @Sendable (Release, HoldRequest, @escaping Reply<SyncReport>) -> Void
    /// Follows the registry again; takes who says so.
    package var resume: @Sendable (String, @escaping Reply<SyncReport>) -> Void
    /// Takes in the release in a folder of `staging/`, serves it and holds there.
    package var takeIn: @Sendable (_ folder: String, Tag, HoldRequest, @escaping @Sendable (SyncReport) -> Void) -> Void
    /// Re-hashes the volume, and mends it where that is asked for.
    package var verify: @Sendable (_ repair: Bool, @escaping Reply<VerificationDocument>) -> Void

    package init(
        sync: @escaping @Sendable (@escaping @Sendable (SyncReport) -> Void) -> Void,
        activate: @escaping @Sendable (Release, HoldRequest, @escaping Reply<SyncReport>) -> Void,
        resume: @escaping @Sendable (String, @escaping Reply<SyncReport>) -> Void,
        takeIn: @escaping @Sendable (String, Tag, HoldRequest, @escaping @Sendable (SyncReport) -> Void) -> Void,
        verify: @escaping @Sendable (_ repair: Bool, @escaping Reply<VerificationDocument>) -> Void
    ) {
        self.sync = sync
        self.activate = activate
        self.resume = resume
        self.takeIn = takeIn
        self.verify = verify
    }
}

/// How long a client that comes before the first release should wait, in seconds: less than a usual interval between
/// polls, and long enough that waiting clients are no load.
let retryAfterSeconds = 10
