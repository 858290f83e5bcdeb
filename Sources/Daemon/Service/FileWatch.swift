internal import Dispatch
internal import Platform
internal import Synchronization

/// Looks at files every few seconds, and says when one of them has changed.
///
/// Kubernetes swaps a symbolic link when a mounted Secret is renewed, which file notifications on the file itself would
/// miss; looking costs a few system calls.
final class FileWatch: Sendable {
    /// Between looks: renewals come days before the end.
    private static let interval: Duration = .seconds(5)

    private let files: [String]
    private let identities: Mutex<[FileIdentity?]>
    private let queue: DispatchQueue
    private let changed: @Sendable () -> Void
    private let looked: @Sendable () -> Void

    /// Begins to watch. Ends when it is let go of.
    ///
    /// - Parameters:
    ///   - seen: what the files were before they were read; `nil` for what they are now. Otherwise one that changes between
    ///     being read and being watched would be missed until it changes again.
    ///   - changed: called on a queue of this watch's own, once for each change.
    ///   - looked: called after each look.
    init(
        _ files: [String],
        seen: [FileIdentity?]? = nil,
        looked: @escaping @Sendable () -> Void = {},
        changed: @escaping @Sendable () -> Void
    ) {
        self.files = files
        self.changed = changed
        self.looked = looked
        queue = DispatchQueue(label: "specman.files")
        identities = Mutex(seen ?? files.map(FileIdentity.init(ofFile:)))
        lookLater()
    }

    /// Looks now, wherever this is called: after SIGHUP.
    func look() {
        queue.async { self.lookNow() }
    }

    private func lookNow() {
        let current = files.map(FileIdentity.init(ofFile:))
        // Noted before it is judged: what can't be used is reported once for each change, not every few seconds.
        let isOther = identities.withLock { known in
            defer { known = current }
            return known != current
        }
        if isOther { changed() }
        looked()
    }

    private func lookLater() {
        queue.asyncAfter(deadline: .now() + Self.interval.dispatchInterval) { [weak self] in
            self?.lookNow()
            self?.lookLater()
        }
    }
}
