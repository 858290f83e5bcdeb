internal import Content
internal import Platform

/// Makes files in the tree of a staging, for one thread: it holds the directories it was in last.
struct TreeWriter {
    let core: StagingCore
    private var parent: (path: ReleasePath, directory: Directory)?
    private var source: (number: Int64, path: ReleasePath, directory: Directory)?

    /// Files are read-only, so that nobody edits what is linked into several releases; directories can be written by
    /// their owner, so that a release can be removed without changing modes first.
    static let fileMode: UInt32 = 0o444
    static let directoryMode: UInt32 = 0o755

    init(core: StagingCore) {
        self.core = core
    }

    /// Whether the directory at `path` is the one used last.
    func isIn(_ path: ReleasePath) -> Bool { parent?.path == path }

    /// Makes a new file at `path`; one of an earlier entry of the name is taken away, as tar does.
    mutating func create(_ path: ReleasePath) throws(StoreError) -> FileDescriptor {
        let directory = try self.directory(path.parent, for: path)
        let flags: OpenFlags = [.writeOnly, .create, .exclusive, .noFollow]
        return try Self.attempt(path) {
            do throws(SystemError) {
                return try directory.open(Array(path.name), flags, mode: Self.fileMode)
            } catch  where error.isNameTaken {
                try Self.removeEarlier(path, in: directory)
                return try directory.open(Array(path.name), flags, mode: Self.fileMode)
            }
        }
    }

    /// Writes a small file at `path`.
    mutating func write(_ bytes: RawSpan, to path: ReleasePath) throws(StoreError) {
        let file = try create(path)
        do throws(SystemError) { try file.write(bytes) } catch { throw Self.failure(path, error) }
    }

    /// Gives the file at `origin` of `release` the name `path`, too.
    ///
    /// - Returns: Whether that could be done; where not, the bytes have to be written.
    mutating func link(
        _ origin: ReleasePath,
        of release: Release,
        size: Int64,
        to path: ReleasePath
    ) throws(StoreError) -> Bool {
        let directory = try self.directory(path.parent, for: path)
        let name = Array(origin.name)
        let from: Directory
        do throws(SystemError) {
            from = try sourceDirectory(origin.parent, of: release)
            // A damaged file is not passed on.
            guard let status = try from.status(name), status.kind == .file, status.size == size else { return false }
        } catch {
            return false
        }
        return try link(name, of: from, to: path, in: directory)
    }

    /// Gives the file at `target` of this staging the name `path`, too; copies it where links don't work.
    mutating func hardLink(_ target: ReleasePath, to path: ReleasePath) throws(StoreError) {
        let directory = try self.directory(path.parent, for: path)
        let name = Array(target.name)
        try Self.attempt(path) {
            let from = try core.root.directory(target.parent.bytes)
            guard try from.status(name)?.kind == .file else {
                throw StoreError.refused(entry: "\(path)", reason: .noHardLinkTarget)
            }
            if target == path { return }
            if core.canLink, try link(name, of: from, to: path, in: directory) { return }
            let copy = try create(path)
            let origin = try from.open(name, [.readOnly, .noFollow, .nonBlocking])
            while true {
                let part = try origin.read(upTo: 256 << 10)
                if part.isEmpty { return }
                try core.requireSpace(Int64(part.count))
                try unsafe copy.write(part.span.bytes)  // Bytes have no padding to show.
            }
        }
    }

    private func link(
        _ name: [UInt8],
        of from: Directory,
        to path: ReleasePath,
        in directory: Directory
    ) throws(StoreError) -> Bool {
        do throws(SystemError) {
            try directory.link(name, of: from, as: Array(path.name))
            return true
        } catch {
            if error.isNameTaken {
                try Self.attempt(path) { try Self.removeEarlier(path, in: directory) }
                return try link(name, of: from, to: path, in: directory)
            }
            guard error.isLinkRefused else { throw Self.failure(path, error) }
            if error.isLinkUnsupported { core.canLink = false }
            return false
        }
    }

    /// The directory of the staging at `path`, never through a link.
    mutating func directory(_ path: ReleasePath, for entry: ReleasePath) throws(StoreError) -> Directory {
        if let parent, parent.path == path { return parent.directory }
        do throws(SystemError) {
            let directory = try core.root.directory(path.bytes)
            parent = (path, directory)
            return directory
        } catch {
            throw Self.failure(entry, error)
        }
    }

    private mutating func sourceDirectory(
        _ path: ReleasePath,
        of release: Release
    ) throws(SystemError) -> Directory {
        if let source, source.number == release.number, source.path == path { return source.directory }
        let directory = try release.lease.directory.directory(path.bytes)
        source = (release.number, path, directory)
        return directory
    }

    /// Takes away the file of an earlier entry of the same name; anything else there refuses the artifact.
    private static func removeEarlier(_ path: ReleasePath, in directory: Directory) throws {
        let name = Array(path.name)
        guard try directory.status(name)?.kind == .file else {
            throw StoreError.refused(entry: "\(path)", reason: .nameTaken)
        }
        try directory.removeFile(name)
    }

    private static func attempt<Value: ~Copyable>(
        _ path: ReleasePath,
        _ body: () throws -> Value
    ) throws(StoreError) -> Value {
        try StoreError.attempt("unpacking \(path)") {
            do { return try body() } catch let error as SystemError { throw failure(path, error) }
        }
    }

    static func failure(_ path: ReleasePath, _ cause: SystemError) -> StoreError {
        if cause.isThroughLink { return .refused(entry: "\(path)", reason: .throughLink) }
        let named = SystemError(call: cause.call, subject: "\(path)", code: cause.code)
        return StoreError(doing: "unpacking \(path)", named)
    }
}
