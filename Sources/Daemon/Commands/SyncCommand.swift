internal import Content
internal import Curl
internal import FoundationEssentials
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
        let volume: Volume
        do {
            volume = try Volume(
                directory: configuration.storage.directory,
                options: Volume.Options(configuration.storage)
            )
        } catch StoreError.locked {
            return try askDaemon(configuration)
        } catch {
            throw CommandFailure("\(error)")
        }
        Signals.ignoreBrokenPipes()
        // The outcome is printed, a failure included; only warnings are worth a line beside it.
        let log = Logger(label: "specman") { _ in WarningHandler(configuration.log.format) }
        let outcome: SyncOutcome
        do {
            let synchronizer = try Synchronizer(
                source: try configuration.source.open(location, log: log),
                configuration: configuration,
                volume: volume,
                log: log
            )
            outcome = synchronizer.poll()
        } catch {
            throw CommandFailure("\(error)")
        }
        // What is taken away in the background would stay behind with the end of the process: what a failed sync has
        // staged, and the releases that retention has dropped.
        volume.settle()
        for problem in volume.takeProblems() { log.warning("\(problem)") }
        switch outcome {
        case .published(let tag, let digest): return "published \(tag) \(digest)"
        case .unchanged(let tag, let digest): return "unchanged \(tag) \(digest)"
        case .failed(let reason, _): throw CommandFailure(reason)
        }
    }

    /// What the daemon answers to `POST /-/sync`.
    private struct Report: Decodable {
        struct Release: Decodable {
            let tag: String
            let digest: String
        }
        let result: String
        let release: Release?
        let error: String?
    }

    private static func askDaemon(_ configuration: Configuration) throws -> String {
        let socket = DaemonSocket(directory: configuration.storage.directory)
        let body = try socket.request(.post, "/-/sync", timeout: configuration.source.timeout + .seconds(10))
        let report: Report
        do {
            report = try JSONDecoder().decode(Report.self, from: Data(body))
        } catch {
            throw CommandFailure("asking the daemon to sync: its answer can't be understood (\(error)); see its log")
        }
        if let error = report.error { throw CommandFailure(error) }
        return [report.result, report.release?.tag, report.release?.digest].compactMap { $0 }.joined(separator: " ")
    }
}
