internal import Content
internal import OpenSSL
internal import Platform
internal import Store

/// `specman export`: a retained release as an archive.
package enum ExportCommand {
    /// How much is read at once, in bytes.
    private static let bufferSize = 256 << 10

    /// Writes the release to `file`: the archive that was pushed, byte for byte, where there is one and it is kept;
    /// else its files packed anew, as `specman push` packs a directory.
    ///
    /// - Returns: a line that says which of both.
    /// - Throws: ``CommandFailure``; then `file` is as it was.
    package static func run(_ name: String, to file: String, _ configuration: Configuration) throws -> String {
        let directory = configuration.storage.directory
        do {
            let retained = try Volume.openReadOnly(directory: directory)
            guard let release = retained.release(named: name) else { throw StoreError.noSuchRelease(name) }
            try requireReplaceable(file)
            var target = try ReplacementFile(file)
            let what: String
            if release.archives.count == 1, let digest = release.archives.first,
                let archive = try Volume.openArchive(digest, in: directory)
            {
                try copy(archive, digest, to: target)
                what = "the archive that was pushed, \(digest)"
            } else {
                try requireSound(release, in: directory)
                try pack(release, in: directory, to: target)
                let reason = release.archives.isEmpty ? "its archive is not kept" : "it has several layers"
                what = "packed anew, as \(reason)"
            }
            try target.commit()
            return "exported \(release.tag) \(release.digest) to \(file): \(what)"
        } catch {
            throw CommandFailure("exporting \(name) to \(file): \(error)")
        }
    }

    /// The new file is renamed over what has its name: of a device, or the link that stands for one, nothing would be
    /// left.
    private static func requireReplaceable(_ file: String) throws {
        let name = file.split(separator: "/").last.map { Array($0.utf8) } ?? []
        let directory = WholeFile.directory(of: file)
        guard WholeFile.exists(directory) else {
            throw CommandFailure("there is no directory \(directory); make it, or give another file")
        }
        let kind = try Directory(directory).status(name)?.kind
        guard kind == nil || kind == .file else {
            throw CommandFailure("something else than a file has that name; give the name of a file")
        }
    }

    private static func copy(
        _ archive: StoredFile,
        _ digest: Digest,
        to target: borrowing ReplacementFile
    ) throws {
        let size = archive.size
        var hash = try SHA256()
        var offset: Int64 = 0
        while true {
            let bytes = try archive.read(upTo: bufferSize, at: offset)
            if bytes.isEmpty { break }
            // Bytes have no padding whose content could be undefined.
            unsafe hash.update(bytes.span.bytes)
            try unsafe target.write(bytes.span.bytes)
            offset += Int64(bytes.count)
            ProgressLine.shared.show("copying the archive \(digest)", offset, of: size)
        }
        guard Digest(bytes: hash.finish()) == digest else {
            throw CommandFailure("the kept archive \(digest) is damaged; run specman verify --repair")
        }
    }

    /// What is damaged must not go out as if it were the release.
    private static func requireSound(_ release: Release, in directory: String) throws {
        var read: Int64 = 0
        let report = try Volume.verifyReadOnly(directory: directory, only: release) { bytes in
            read += Int64(bytes)
            ProgressLine.shared.show("verifying", read, of: release.bytes)
        }
        if let damage = report.damages.first {
            throw CommandFailure("\(damage.path) is damaged: \(damage.reason); run specman verify --repair")
        }
    }

    private static func pack(
        _ release: Release,
        in directory: String,
        to target: borrowing ReplacementFile
    ) throws {
        let scratch = try TemporaryFile.make()
        let box = ScratchFile(scratch)
        var packer = try Packer(directory: "\(directory)/releases/\(release.id)") { bytes in try box.write(bytes) }
        var files = 0
        try packer.pack { name in
            files += 1
            ProgressLine.shared.show("packing, \(files) of \(release.files) files: \(name)")
        }
        var offset: Int64 = 0
        while true {
            let bytes = try box.read(at: offset, limit: bufferSize)
            if bytes.isEmpty { return }
            // Bytes have no padding whose content could be undefined.
            try unsafe target.write(bytes.span.bytes)
            offset += Int64(bytes.count)
        }
    }

    /// A class, as the packer hands its bytes to a closure; only ever used from one thread.
    private final class ScratchFile {
        private let file: FileDescriptor

        init(_ file: consuming FileDescriptor) {
            self.file = file
        }

        func write(_ bytes: RawSpan) throws(SystemError) {
            try file.write(bytes)
        }

        func read(at offset: Int64, limit: Int) throws(SystemError) -> [UInt8] {
            try file.read(upTo: limit, at: offset)
        }
    }
}
