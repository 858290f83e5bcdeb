package import Content
internal import Platform
internal import Synchronization

/// The bytes of a blob that have been received so far, kept across attempts and restarts.
///
/// They are not trusted: who resumes reads them all again through the digest.
package final class PartialDownload: Sendable {
    /// What the bytes will be once they are complete.
    package let descriptor: Descriptor
    private let layout: VolumeLayout
    private let file: Mutex<ArchiveFile>

    init(_ descriptor: Descriptor, layout: VolumeLayout) throws(StoreError) {
        self.descriptor = descriptor
        self.layout = layout
        let name = VolumeLayout.partialArchive(descriptor.digest).bytes
        do throws(SystemError) {
            if try layout.archives.status(name) == nil,
                try layout.archives.status(VolumeLayout.archive(descriptor.digest).bytes)?.size == descriptor.size
            {
                // A release has the same layer: its archive is taken as received, and checked again. Where links don't
                // work it is received anew, as it is where the archive is incomplete: nothing is ever added to it.
                try? layout.archives.link(VolumeLayout.archive(descriptor.digest).bytes, of: layout.archives, as: name)
            }
            file = Mutex(try ArchiveFile(name, in: layout.archives))
        } catch {
            throw StoreError(doing: "keeping what is received of \(descriptor.digest)", error)
        }
        if length > descriptor.size { try reset() }
    }

    /// How many bytes there are.
    package var length: Int64 { file.withLock { $0.length } }

    /// Reads up to `count` bytes at `offset`; empty at the end.
    package func read(at offset: Int64, upTo count: Int) throws(StoreError) -> [UInt8] {
        try attempt("reading") { file throws(SystemError) in try file.read(at: offset, upTo: count) }
    }

    /// Adds `bytes` at the end. A failure of the disk shows at a later call, at the latest at the publication.
    package func append(_ bytes: RawSpan) throws(StoreError) {
        do throws(SystemError) { try file.withLock { $0 }.append(bytes) } catch { throw failure("writing", error) }
    }

    /// Waits until all that was added is in its file, where a later attempt finds it.
    package func flush() throws(StoreError) {
        try attempt("writing") { file throws(SystemError) in try file.flush() }
    }

    /// Forgets the bytes there are: the next one is the first. They may be linked to a kept archive, which stays.
    package func reset() throws(StoreError) {
        let name = VolumeLayout.partialArchive(descriptor.digest).bytes
        try attempt("beginning anew") { file throws(SystemError) in
            file.abandon()
            try self.layout.archives.removeTree(name)
            file = try ArchiveFile(name, in: self.layout.archives)
        }
    }

    /// Removes what was received, which is not the blob. Where it was taken from a kept archive, that isn't either, and
    /// goes, too: it would be taken again for ever.
    package func discard() throws(StoreError) {
        let name = VolumeLayout.partialArchive(descriptor.digest).bytes
        let archive = VolumeLayout.archive(descriptor.digest).bytes
        file.withLock { $0.abandon() }
        do throws(SystemError) {
            let received = try layout.archives.status(name)
            if let received, let kept = try layout.archives.status(archive), received.inode == kept.inode {
                try layout.archives.removeTree(archive)
            }
            try layout.archives.removeTree(name)
        } catch {
            throw failure("removing", error)
        }
    }

    /// Makes what was received durable.
    func sync() throws(StoreError) {
        try flush()
        try attempt("syncing") { file throws(SystemError) in try file.sync() }
    }

    /// Gives the complete bytes the name of a kept archive.
    func keep() throws(StoreError) {
        let name = VolumeLayout.partialArchive(descriptor.digest).bytes
        do throws(SystemError) {
            try layout.archives.rename(name, to: layout.archives, as: VolumeLayout.archive(descriptor.digest).bytes)
            // rename(2) does nothing where both names are links to one file.
            try layout.archives.removeTree(name)
        } catch {
            throw failure("keeping", error)
        }
    }

    private func attempt<Value: Sendable>(
        _ doing: String,
        _ body: (inout ArchiveFile) throws(SystemError) -> Value
    ) throws(StoreError) -> Value {
        do throws(SystemError) {
            return try file.withLock { file throws(SystemError) in try body(&file) }
        } catch {
            throw failure(doing, error)
        }
    }

    private func failure(_ doing: String, _ cause: SystemError) -> StoreError {
        let path = "archives/" + VolumeLayout.partialArchive(descriptor.digest)
        return StoreError(
            doing: "\(doing) \(path)",
            SystemError(call: cause.call, subject: cause.subject.isEmpty ? path : cause.subject, code: cause.code)
        )
    }
}
