package import Content
internal import Platform
internal import Synchronization

/// What an administrator chooses by hand stays, until they let go of it.
extension Volume {
    /// The hold on the release that is served; `nil` where the registry is followed.
    package var hold: Hold? { state.withLock { $0.hold } }

    /// Serves `release` and holds there: nothing is published any more but by hand, until ``resume(by:)``.
    ///
    /// The hold is made durable first, beside the one before it, and counts from the index's commit on, which makes the
    /// release the active one: a crash or a failure leaves what was served and held, or what was asked for.
    /// - Throws: ``StoreError/noSuchRelease(_:)`` where it is not retained any more.
    @discardableResult
    package func hold(
        _ release: Release,
        tag: Tag? = nil,
        _ request: HoldRequest
    ) throws(StoreError) -> Release {
        try change.withLock { _ throws(StoreError) in
            guard let retained = self.release(release.digest) else {
                throw StoreError.noSuchRelease("\(release.digest)")
            }
            let tag = tag ?? retained.tag
            return try holding(retained.digest, tag, request) { () throws(StoreError) in
                try switchTo(retained, tag: tag, by: request)
            }
        }
    }

    /// Lets the registry be followed again. The release that was held is served until something newer comes.
    ///
    /// - Returns: what was held; `nil` where nothing was.
    package func resume(by name: String) throws(StoreError) -> Hold? {
        try change.withLock { _ throws(StoreError) in
            guard let hold = self.hold else { return nil }
            try Hold.remove(in: layout)
            state.withLock { $0.hold = nil }
            return hold
        }
    }

    /// Does `body`, which serves the release with `digest`, under a hold on it.
    func holding(
        _ digest: Digest,
        _ tag: Tag,
        _ request: HoldRequest,
        _ body: () throws(StoreError) -> Release
    ) throws(StoreError) -> Release {
        let hold = Hold(
            digest: digest,
            tag: tag,
            by: request.by,
            reason: request.reason,
            since: Timestamp(seconds: options.clock().seconds)
        )
        let release: Release
        do throws(StoreError) {
            try hold.write(to: layout.path)
            release = try body()
        } catch {
            settleHold(false)
            throw error
        }
        state.withLock { $0.hold = hold }
        settleHold(true)
        return release
    }

    /// Where that fails, the next start does it.
    private func settleHold(_ isActive: Bool) {
        do throws(StoreError) { try Hold.settle(isActive, in: layout) } catch { reclaimer.report(error) }
    }

    /// Refuses what would take the place of a release that is held. Where there is none left to serve, none is.
    func requireNoHold() throws(StoreError) {
        if let hold = self.hold, active != nil { throw .held(release: "\(hold.tag)", hold: "\(hold)") }
    }
}
