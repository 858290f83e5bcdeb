package import Content
internal import Platform
internal import Synchronization

extension Volume {
    /// Re-hashes every retained release and the kept archives against the index.
    ///
    /// - Parameters:
    ///   - sparingCache: Whether what wasn't in the page cache is dropped from it again.
    ///   - pace: Told of the bytes that were hashed; ends the verification by `false`.
    /// - Returns: what was found; `nil` where `pace` ended it.
    package func verify(
        sparingCache: Bool = false,
        pace: @escaping VerificationReport.Pace = { _ in true }
    ) throws(StoreError) -> VerificationReport? {
        var report = try Verification.run(releases(), in: layout, sparingCache: sparingCache, pace: pace)
        report?.keep(releases())
        return report
    }

    /// The same for the volume in `directory`, beside a running daemon: no lock, nothing written.
    ///
    /// - Parameters:
    ///   - release: The one to look at; all of them where it is `nil`.
    ///   - progress: Told of the bytes that were hashed.
    package static func verifyReadOnly(
        directory: String,
        only release: Release? = nil,
        progress: @escaping (_ bytes: Int) -> Void = { _ in }
    ) throws(StoreError) -> VerificationReport {
        let layout = try VolumeLayout(existing: directory)
        let releases: [Release]
        if let release { releases = [release] } else { releases = try openReadOnly(directory: directory).releases }
        let pace: VerificationReport.Pace = { bytes in
            progress(bytes)
            return true
        }
        var report = try Verification.run(releases, in: layout, sparingCache: false, pace: pace) ?? VerificationReport()
        report.keep(try openReadOnly(directory: directory).releases)
        return report
    }

    /// When the volume was last verified; `nil` where that was never, or nobody knows.
    package var lastVerification: Timestamp? {
        // A date that can't be read is as good as none: the volume is verified once more.
        let bytes = try? WholeFile.readRegular(layout.path + "/" + VolumeLayout.verified, limit: 64)
        return bytes.flatMap { Timestamp(rfc3339: String(decoding: $0.dropLast(), as: UTF8.self)) }
    }

    /// Keeps the time of a verification, so that a daemon that starts again knows when the next is due.
    package func noteVerification(at time: Timestamp) throws(StoreError) {
        let path = layout.path + "/" + VolumeLayout.verified
        try StoreError.attempt("writing \(path)") { try WholeFile.write((time.rfc3339 + "\n").bytes, to: path) }
    }

    /// A place for contents on their way back into releases.
    package func beginMending() throws(StoreError) -> Mending {
        let number = state.withLock { state in
            defer { state.nextNumber += 1 }
            return state.nextNumber
        }
        let name = "\(number)".bytes
        return try StoreError.attempt("mending the volume \(layout.path)") {
            try layout.staging.makeDirectory(name)
            return Mending(volume: self, name: name, directory: try layout.staging.directory(name))
        }
    }

    /// Removes a kept archive that is damaged, so that its bytes are never taken up again.
    package func removeDamagedArchive(_ digest: Digest) throws(StoreError) {
        try StoreError.attempt("removing the damaged archive \(digest)") {
            try layout.archives.removeTree(VolumeLayout.archive(digest).bytes)
        }
    }

    /// Keeps an archive that was received again, complete and verified.
    package func keepArchive(_ download: PartialDownload) throws(StoreError) {
        try change.withLock { _ throws(StoreError) in
            try download.sync()
            try download.keep()
            try StoreError.attempt("keeping the archive \(download.descriptor.digest)") { try layout.archives.sync() }
        }
    }
}

/// Contents that take the place of damaged ones: each is made in `staging/`, hashed, and renamed to where it belongs.
///
/// A crash leaves a file as it was or mended; the next start empties `staging/`.
package final class Mending: Sendable {
    private let volume: Volume
    private let name: [UInt8]
    private let directory: Directory
    private let state = Mutex(State())

    private struct State {
        var contents: Set<Digest> = []
        var copies = 0
    }

    init(volume: Volume, name: [UInt8], directory: Directory) {
        self.volume = volume
        self.name = name
        self.directory = directory
    }

    deinit {
        volume.reclaimer.reclaim(name, in: volume.layout.staging)
        // What is damaged may stand in answers that are kept for repetition.
        volume.noteChange()
    }

    /// Whether the content is here.
    package func has(_ digest: Digest) -> Bool { state.withLock { $0.contents.contains(digest) } }

    /// Begins a content of `size` bytes whose digest nobody knows yet.
    package func begin(size: Int64) throws(StoreError) -> MendedContent {
        try volume.layout.requireSpace(size, reserve: volume.options.reserve)
        let number = state.withLock { state in
            state.copies += 1
            return state.copies
        }
        let name = "\(number)".bytes
        return try StoreError.attempt("mending the volume") {
            let flags: OpenFlags = [.writeOnly, .create, .exclusive, .noFollow]
            return try MendedContent(name: name, file: directory.open(name, flags, mode: TreeWriter.fileMode))
        }
    }

    /// Ends a content, and keeps it where it is one of `wanted`.
    package func end(_ content: consuming MendedContent, wanted: Set<Digest>) throws(StoreError) {
        let name = content.name
        let digest = try content.finish()
        try StoreError.attempt("mending the volume") {
            guard let digest, wanted.contains(digest), !has(digest) else { return try directory.removeFile(name) }
            try directory.rename(name, to: directory, as: digest.hex.bytes)
            state.withLock { _ = $0.contents.insert(digest) }
        }
    }

    /// Puts right what `damage` of `release` tells of.
    ///
    /// - Returns: whether it could be done with the contents that are here.
    package func mend(_ damage: Damage, in release: Release) throws(StoreError) -> Bool {
        guard case .entry(let path) = damage.place else { return false }
        let number = release.number
        let row = try release.index.read("looking up \(path)") { database in
            try Index.row(at: path, of: number, database)
        }
        guard let row else { return false }
        return try StoreError.attempt("mending \(damage.path)") {
            let name = Array(path.name)
            let parent = try self.parent(of: path, in: release)
            switch row.kind {
            case .directory:
                if try parent.status(name)?.kind != .directory {
                    try parent.removeTree(name)
                    try parent.makeDirectory(name, mode: TreeWriter.directoryMode)
                }
            case .link:
                try parent.removeTree(name)
                try parent.makeSymbolicLink(name, to: row.target)
            case .file:
                guard let digest = row.digest, has(digest) else { return false }
                let copy = try self.copy(of: digest)
                // rename(2) replaces a file in one step; anything else has no business there.
                if let there = try parent.status(name), there.kind != .file { try parent.removeTree(name) }
                try directory.rename(copy, to: parent, as: name)
            }
            try parent.sync()
            return true
        }
    }

    /// Another name of a content, or a copy of it where links don't work.
    private func copy(of digest: Digest) throws -> [UInt8] {
        let number = state.withLock { state in
            state.copies += 1
            return state.copies
        }
        let name = "\(number)".bytes
        do throws(SystemError) {
            try directory.link(digest.hex.bytes, of: directory, as: name)
        } catch {
            guard error.isLinkRefused else { throw error }
            try write(digest, to: name)
        }
        return name
    }

    private func write(_ digest: Digest, to name: [UInt8]) throws(SystemError) {
        let from = try directory.open(digest.hex.bytes, [.readOnly, .noFollow, .nonBlocking])
        let to = try directory.open(name, [.writeOnly, .create, .exclusive], mode: TreeWriter.fileMode)
        while true {
            let part = try from.read(upTo: 256 << 10)
            if part.isEmpty { break }
            try unsafe to.write(part.span.bytes)  // Bytes have no padding to show.
        }
        try to.sync()
    }

    /// The directory that holds `path`, made anew with those above it where something else is there.
    private func parent(of path: ReleasePath, in release: Release) throws -> Directory {
        var directory = release.lease.directory
        for component in path.parent.components {
            let name = Array(component)
            if try directory.status(name)?.kind != .directory {
                try directory.removeTree(name)
                try directory.makeDirectory(name, mode: TreeWriter.directoryMode)
                try directory.sync()
            }
            directory = try directory.directory(name)
        }
        return directory
    }
}
