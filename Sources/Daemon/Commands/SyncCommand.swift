internal import Content
internal import Logging
internal import Platform
internal import Registry
internal import Store

/// `specman sync`: one poll, by the daemon where there is one.
package enum SyncCommand {
    /// - Returns: a line that says what came of it.
    /// - Throws: ``CommandFailure`` where the sync failed.
    package static func run(_ configuration: Configuration) throws -> String {
        let location = try configuration.requiredLocation
        guard let volume = try Volume.openUnlessRunning(configuration) else { return try askDaemon(configuration) }
        Signals.ignoreBrokenPipes()
        let log = Logger.forCommands(configuration)
        let outcome: SyncOutcome
        do {
            let synchronizer = try Synchronizer(
                source: try configuration.source.open(location, log: log),
                configuration: configuration,
                volume: volume,
                log: log,
                progress: { layer, received in
                    let name = layer.title ?? "\(layer.digest)"
                    ProgressLine.shared.show("downloading \(name)", received, of: layer.size)
                }
            )
            outcome = synchronizer.poll()
        } catch {
            throw CommandFailure("\(error)")
        }
        volume.finish(log)
        switch outcome {
        case .published(let tag, let digest): return "published \(tag) \(digest)"
        case .unchanged(let tag, let digest): return "unchanged \(tag) \(digest)"
        case .held(let tag, let digest, let newest): return "held \(tag) \(digest) \(volume.holdNote(newest: newest))"
        case .failed(let reason, _): throw CommandFailure(reason)
        }
    }

    private static func askDaemon(_ configuration: Configuration) throws -> String {
        ProgressLine.shared.show("waiting for the daemon on \(configuration.storage.directory)")
        return try AdministrationRequest(configuration)
            .send("/-/sync", timeout: configuration.source.timeout + .seconds(10))
            .line
    }
}
