internal import Content
internal import Logging
internal import OpenSSL
internal import Platform
internal import Registry
internal import Synchronization

/// The source as the files that describe it are now: the mounted Secret, the password's file, docker's configuration,
/// the CA, the client certificate. Each request goes to the source of that moment.
///
/// The files are looked at before each request, and every few seconds by a ``FileWatch``. A change that can be used is
/// used from the next request on and asks for a poll; one that can't be is reported once, and what was before stays:
/// what the files held then is kept, not where they are.
final class SourceSupply: ReleaseSource {
    /// What was read at one moment, and the source made of it.
    private struct State {
        var source: any ReleaseSource
        /// The files that were looked at, and what they looked like.
        var files: [String]
        var stamp: FileStamp
    }

    private let settings: Settings
    private let observe: @Sendable (_ host: String, _ status: Int) -> Void
    private let log: Logger
    private let state: Mutex<State>
    private let changed = Mutex<(@Sendable () -> Void)?>(nil)

    /// Makes the first source.
    ///
    /// - Parameter observe: told of each answer of a registry.
    /// - Throws: ``ConfigurationError`` where a file can't be used, or there is no repository; `RegistryError`.
    init(
        _ configuration: Configuration,
        observe: @escaping @Sendable (_ host: String, _ status: Int) -> Void,
        log: Logger
    ) throws {
        settings = configuration.settings
        self.observe = observe
        self.log = log
        let settings = settings
        let files = settings.sourceFiles
        let (source, stamp) = FileStamp.settled(files) { try Self.open(settings, observe, log) }
        state = Mutex(State(source: try source.get(), files: files, stamp: stamp))
    }

    /// From now on each change is told of.
    func whenChanged(_ body: @escaping @Sendable () -> Void) {
        changed.withLock { $0 = body }
    }

    /// Takes the files up again where one has changed.
    func look() {
        let isNew = state.withLock { state in
            let stamp = FileStamp(of: state.files)
            guard stamp != state.stamp else { return false }
            return renew(&state, stamp)
        }
        guard isNew else { return }
        changed.withLock { $0 }?()
    }

    /// - Returns: whether there is another source than before.
    private func renew(_ state: inout State, _ stamp: FileStamp) -> Bool {
        let names = stamp.changes(since: state.stamp).joined(separator: " ")
        // Noted before it is judged: what can't be used is reported once for each change, not at each look.
        state.stamp = stamp
        do {
            // The Secret may mean other files now.
            state.files = try settings.rereadingSecret().sourceFiles
            let (source, stamp) = FileStamp.settled(state.files) { try Self.open(settings, observe, log) }
            state.stamp = stamp
            state.source = try source.get()
        } catch {
            log.error("keeping the registry settings that are used: \(error)", metadata: ["files": "\(names)"])
            return false
        }
        log.info("Using changed registry settings", metadata: ["files": "\(names)"])
        return true
    }

    private static func open(
        _ settings: Settings,
        _ observe: @escaping @Sendable (_ host: String, _ status: Int) -> Void,
        _ log: Logger
    ) throws -> any ReleaseSource {
        let settings = try settings.rereadingSecret()
        let configuration = try Configuration(settings)
        let location = try configuration.requiredLocation
        var source = configuration.source
        try source.readFiles(settings)
        return try source.open(location, log: log, observe: observe)
    }

    /// The source as it is now.
    private var current: any ReleaseSource {
        look()
        return state.withLock { $0.source }
    }
}

// MARK: As a source

extension SourceSupply {
    var location: Reference.Location { state.withLock { $0.source }.location }

    func tags(before deadline: Deadline) throws(RegistryError) -> [Tag] {
        try current.tags(before: deadline)
    }

    func digest(of tag: Tag, before deadline: Deadline) throws(RegistryError) -> Digest {
        try current.digest(of: tag, before: deadline)
    }

    func manifest(_ which: ManifestSelector, before deadline: Deadline) throws(RegistryError) -> Manifest {
        try current.manifest(which, before: deadline)
    }

    func referrers(of digest: Digest, before deadline: Deadline) throws(RegistryError) -> [Referrer] {
        try current.referrers(of: digest, before: deadline)
    }

    func refute(_ digest: Digest) -> Bool { state.withLock { $0.source }.refute(digest) }

    func blob(
        _ descriptor: Descriptor,
        from offset: Int64,
        before deadline: Deadline,
        receive: (RawSpan) throws -> Void
    ) throws {
        try current.blob(descriptor, from: offset, before: deadline, receive: receive)
    }
}
