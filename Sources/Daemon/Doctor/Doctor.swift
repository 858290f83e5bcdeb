internal import Content
internal import Curl
internal import Platform
internal import Registry

/// `specman doctor`: each hop from the registry to the listener by itself, with the daemon's configuration and
/// credentials. It needs no daemon and doesn't disturb one: nothing is published, and nothing stays behind.
package enum Doctor {
    /// - Parameter report: told of each hop as soon as it is done.
    /// - Returns: all hops.
    /// - Throws: ``ConfigurationError`` where there is no repository.
    package static func run(
        _ configuration: Configuration,
        report: @escaping (DoctorHop) -> Void
    ) throws -> [DoctorHop] {
        let location = try configuration.requiredLocation
        Signals.ignoreBrokenPipes()
        var examination = Examination(report: report)
        var options = RegistryOptions(configuration.source)
        // Somebody waits: a hop that fails is told of at once.
        options.retry.attempts = 1
        let deadline = Deadline(after: configuration.source.timeout)
        let manifest: Manifest?
        switch location {
        case .registry(let repository):
            let client = try DistributionClient(repository, options: options)
            RegistryHops(client: client, configuration: configuration, deadline: deadline).run(&examination)
            let hops = ReleaseHops(source: client, configuration: configuration, deadline: deadline)
            manifest = hops.run(&examination) {
                try firstByte(of: $0, from: client, caFile: options.caFile, before: deadline)
            }
        case .layout(let directory):
            let layout = LayoutDirectory(directory)
            let hops = ReleaseHops(source: layout, configuration: configuration, deadline: deadline)
            manifest = hops.run(&examination) { layer in
                try layout.readFirstByte(of: layer, before: deadline)
                return directory
            }
        }
        MirrorHops(origin: location, source: configuration.source, options: options, deadline: deadline)
            .run(&examination, manifest)
        examination.beginAnew()
        VolumeHops(storage: configuration.storage).run(&examination)
        examination.beginAnew()
        CertificateHop(listener: configuration.listener, volume: configuration.storage.directory).run(&examination)
        return examination.hops
    }

    /// The first byte of a blob may come from a storage that nobody has configured, and that a firewall knows nothing of.
    private static func firstByte(
        of layer: Descriptor,
        from client: DistributionClient,
        caFile: String?,
        before deadline: Deadline
    ) throws -> String {
        do throws(RegistryError) {
            let host = try client.firstByte(of: layer, before: deadline)
            return host == client.host ? host : "\(host), to which \(client.host) redirects"
        } catch .transfer(let error, let attempt) {
            guard error.host != client.host else { throw RegistryError.transfer(error, attempt: attempt) }
            let remedy =
                if case .tls(_, .unknownAuthority) = error.cause, let caFile {
                    "add the certificate of its authority to \(caFile): that file stands in the place of the system's roots"
                } else {
                    "let this machine reach \(error.host), too: firewall, NetworkPolicy or proxy"
                }
            throw DoctorFault(
                "the registry redirects to its storage, and that fails: \(DoctorFault(error).detail)",
                remedy
            )
        }
    }

    /// The line for standard error; `nil` where nothing has failed.
    package static func verdict(_ hops: [DoctorHop]) -> CommandFailure? {
        let failed = hops.filter { $0.outcome == .failed }
        guard let first = failed.first else { return nil }
        return CommandFailure("\(failed.count) of \(hops.count) checks failed, first \(first.name): \(first.sentence)")
    }

    /// A list of `hop`, `subject`, `ok` (`null` where it was skipped), `detail` and `remedy`.
    package static func json(_ hops: [DoctorHop]) -> String { JSONText.encode(hops) }
}
