internal import Archive
internal import Content
internal import Logging
internal import Platform
internal import Registry
internal import Store

/// `specman import`: an archive onto the volume without a registry, through all that a download goes through.
///
/// The archive is pushed, as `specman push` does it, to an OCI layout of its own in the volume's `staging/`, and taken
/// from there: by the daemon where one runs, which may be another user and see other directories, else here.
package enum ImportCommand {
    /// For the daemon, beside what a sync of its may take that is under way.
    private static let patience: Duration = .seconds(3600)

    /// - Returns: a line that says what is served now.
    /// - Throws: ``CommandFailure``.
    package static func run(
        _ path: String,
        tag text: String,
        reason: String?,
        _ configuration: Configuration
    ) throws -> String {
        guard let tag = Tag(text) else {
            throw CommandFailure("\(text) is no tag; write letters, digits, _, . and -, such as 4.5.15", .usage)
        }
        Signals.ignoreBrokenPipes()
        let directory = configuration.storage.directory
        // First of all: opening the volume empties staging/.
        let volume = try Volume.openUnlessRunning(configuration)
        do {
            let payload = try PushCommand.payload(of: path, limits: ArchiveLimits(configuration.storage))
            // A registry may have plain files for artifacts; who imports one has mistaken its name.
            guard payload.isArchive else {
                throw CommandFailure("importing \(path): it holds no tar; give a directory or an archive of one")
            }
            let folder = try Volume.makeDeliveryFolder(
                in: directory,
                for: payload.size,
                reserve: configuration.storage.reserve
            )
            defer { remove(folder, in: directory) }
            let layout = Reference.Location.layout(directory: "\(directory)/staging/\(folder)")
            try push(payload, as: tag, to: layout)
            let reason = reason ?? "imported from \(path.split(separator: "/").last ?? "/")"
            guard let volume else { return try askDaemon(folder, tag, reason, configuration) }
            return try take(tag, from: layout, reason, volume, configuration)
        } catch let error as CommandFailure {
            throw error
        } catch {
            throw CommandFailure("importing \(path): \(error)")
        }
    }

    /// Without a creation date, which is when it was pushed: so the same archive has the same digest each time. With
    /// `SOURCE_DATE_EPOCH` it is the digest that `specman push` gives it under the same.
    private static func push(_ payload: Payload, as tag: Tag, to layout: Reference.Location) throws {
        let layer = ArtifactManifest.layer(digest: try payload.digest(), size: payload.size, title: payload.title)
        _ = try ArtifactManifest.push(
            layers: [layer],
            as: tag,
            created: try PushCommand.sourceDate(),
            to: try openTarget(layout, options: RegistryOptions()),
            before: Deadline(after: patience)
        ) { _, offset, limit in
            try payload.read(at: offset, limit: min(limit, Payload.bufferSize))
        }
    }

    private static func take(
        _ tag: Tag,
        from layout: Reference.Location,
        _ reason: String,
        _ volume: Volume,
        _ configuration: Configuration
    ) throws -> String {
        let source = try openSource(layout, options: RegistryOptions())
        let log = Logger.forCommands(configuration)
        let synchronizer = try Synchronizer(
            source: source,
            configuration: configuration,
            volume: volume,
            log: log,
            progress: { layer, received in
                ProgressLine.shared.show("unpacking \(layer.title ?? "\(tag)")", received, of: layer.size)
            }
        )
        let request = HoldRequest(by: AdministrationRequest.user, reason: reason)
        let outcome = synchronizer.takeIn(tag, from: source, holding: request)
        volume.finish(log)
        if case .failed(let reason, _) = outcome { throw CommandFailure(reason) }
        let digest = volume.active.map { " \($0.digest)" } ?? ""
        return "published \(tag)\(digest) held \(volume.hold?.description ?? "")"
    }

    private static func askDaemon(
        _ folder: String,
        _ tag: Tag,
        _ reason: String,
        _ configuration: Configuration
    ) throws -> String {
        ProgressLine.shared.show("waiting for the daemon on \(configuration.storage.directory)")
        let parameters = [("folder", folder), ("tag", "\(tag)"), ("reason", reason)]
        return try AdministrationRequest(configuration).send("/-/import", parameters, timeout: patience).line
    }

    private static func remove(_ folder: String, in directory: String) {
        do throws(StoreError) {
            try Volume.removeDeliveryFolder(folder, in: directory)
        } catch {
            Console.error("specman: \(error)")
        }
    }
}
