internal import Store

/// `specman activate` and `specman resume`: by the daemon where there is one.
package enum HoldCommand {
    /// The daemon answers at once, but for a publication that is under way.
    private static let timeout: Duration = .seconds(60)

    /// Serves a retained release and holds there.
    ///
    /// - Returns: a line that says so.
    /// - Throws: ``CommandFailure``.
    package static func activate(_ name: String, reason: String?, _ configuration: Configuration) throws -> String {
        if let reason, reason.utf8.count > Hold.longestReason || reason.contains(where: \.isNewline) {
            throw CommandFailure("--reason takes one line of at most \(Hold.longestReason) bytes", .usage)
        }
        guard let volume = try Volume.openUnlessRunning(configuration) else {
            let parameters = [("release", name)] + (reason.map { [("reason", $0)] } ?? [])
            return try AdministrationRequest(configuration).send("/-/activate", parameters, timeout: timeout).line
        }
        do {
            guard let release = volume.release(named: name) else { throw StoreError.noSuchRelease(name) }
            let held = try volume.hold(release, HoldRequest(by: AdministrationRequest.user, reason: reason))
            volume.finish(.forCommands(configuration))
            return "held \(held.tag) \(held.digest) \(volume.hold?.description ?? "")"
        } catch {
            throw CommandFailure("activating \(name): \(error)")
        }
    }

    /// Follows the registry again.
    ///
    /// - Returns: a line that says what was held.
    /// - Throws: ``CommandFailure``.
    package static func resume(_ configuration: Configuration) throws -> String {
        guard let volume = try Volume.openUnlessRunning(configuration) else {
            return try AdministrationRequest(configuration).send("/-/resume", timeout: timeout).line
        }
        do {
            guard let hold = try volume.resume(by: AdministrationRequest.user) else {
                return "unchanged: nothing was held"
            }
            return "resumed: \(hold.tag) was held \(hold)"
        } catch {
            throw CommandFailure("resuming: \(error)")
        }
    }
}
