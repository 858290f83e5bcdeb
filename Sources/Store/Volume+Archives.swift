package import Content
internal import Platform

/// The kept archives, and archives that are brought to the volume by hand.
extension Volume {
    /// Opens the kept archive with `digest`; `nil` where it is not kept.
    package func openArchive(_ digest: Digest) throws(StoreError) -> StoredFile? {
        try Self.openArchive(digest, in: layout)
    }

    /// The same on the volume in `directory`, beside a running daemon.
    package static func openArchive(_ digest: Digest, in directory: String) throws(StoreError) -> StoredFile? {
        try openArchive(digest, in: VolumeLayout(existing: directory))
    }

    /// Makes a folder of its own in the `staging/` of the volume in `directory`, for `size` bytes that are brought to it.
    ///
    /// The next start removes it, where who made it doesn't.
    /// - Returns: its name, of small letters, digits and `-`.
    /// - Throws: ``StoreError/belowReserve(volume:needed:free:reserve:)`` where they have no room.
    package static func makeDeliveryFolder(
        in directory: String,
        for size: Int64,
        reserve: Int64
    ) throws(StoreError) -> String {
        let layout = try VolumeLayout(existing: directory)
        try layout.requireSpace(size, reserve: reserve)
        let name = "import-\(ProcessFacts.identifier)-\(UInt32.random(in: 0 ... .max))"
        try StoreError.attempt("making \(directory)/staging/\(name)") {
            try layout.staging.makeDirectory(name.bytes)
        }
        return name
    }

    /// Removes what ``makeDeliveryFolder(in:for:reserve:)`` made.
    package static func removeDeliveryFolder(_ name: String, in directory: String) throws(StoreError) {
        let layout = try VolumeLayout(existing: directory)
        try StoreError.attempt("removing \(directory)/staging/\(name)") {
            try layout.staging.removeTree(name.bytes)
        }
    }

    private static func openArchive(_ digest: Digest, in layout: VolumeLayout) throws(StoreError) -> StoredFile? {
        do throws(SystemError) {
            // Without waiting, as what stands there could be a pipe.
            let flags: OpenFlags = [.readOnly, .noFollow, .nonBlocking]
            let file = try layout.archives.open(VolumeLayout.archive(digest).bytes, flags)
            let size = try file.regularStatus("\(digest)").size
            return StoredFile(file, size: size)
        } catch {
            if error.isNotFound { return nil }
            throw StoreError(doing: "opening the archive \(digest)", error)
        }
    }
}
