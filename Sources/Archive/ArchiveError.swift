package import Content
package import Zlib

/// Why a layer was refused. Nothing that fails here gets better by trying the same bytes again.
package enum ArchiveError: Error, Hashable, Sendable {
    // The layer as a whole.

    /// The gzip data is broken.
    case compression(ZlibError)
    /// The title says archive, the bytes say something else.
    case notAnArchive(title: String)
    /// The bytes are no archive, and there is no title to store them under.
    case untitled
    /// The title is no path within a release.
    case badTitle(String)
    /// A layer that is stored as it is had not the size that was announced.
    case sizeMismatch(title: String, expected: Int64, received: Int64)
    /// The reader was used after its end, or after it had refused something.
    case finished

    // The limits.

    /// More files and links, or more directories, than allowed.
    case tooManyFiles(limit: Int)
    /// A file larger than allowed.
    case fileTooLarge(EntryName, size: Int64, limit: Int64)
    /// More bytes in all than allowed.
    case totalTooLarge(limit: Int64)
    /// More unpacked bytes for each compressed one than allowed.
    case ratioTooHigh(limit: Int64)

    // The tar format; offsets are those of the block in the unpacked tar.

    /// The archive ends before its end marker.
    case truncated(offset: Int64)
    /// Something stands where a header should be.
    case badHeader(HeaderFault, offset: Int64)
    /// Something other than zeros follows the end marker.
    case trailingData(offset: Int64)
    /// A PAX extended header that breaks the format, or says what readers take differently.
    case badRecord(RecordFault, offset: Int64)

    // An entry.

    /// The name is no path within a release.
    case badName(EntryName, NameFault)
    /// The target of a link is none.
    case badTarget(EntryName, target: EntryName, TargetFault)
    /// A name that was given before, as another kind of thing.
    case clash(EntryName)
    /// A name below something that is no directory.
    case notBelowDirectory(EntryName, ancestor: EntryName)
    /// An entry that is no file, directory or link.
    case unsupportedType(EntryName, type: UInt8)
    /// A sparse file.
    case sparse(EntryName)
    /// The sizes in the header and in the PAX record differ, or something that has no content has a size.
    case ambiguousSize(EntryName)

    // Packing.

    /// The writer was called in an order that makes no archive.
    case misuse(EntryName, WriterFault)
}

/// A name as it stood in an archive: bytes that need not be UTF-8.
package struct EntryName: Hashable, Sendable, CustomStringConvertible {
    package let bytes: [UInt8]

    package init(_ bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
    }

    /// The longest name that is shown in full, in bytes: an error stays one line that can be read.
    private static let longestShown = 256

    /// The name in quotes, cut after 256 bytes, with control characters and bytes that are no UTF-8 made harmless.
    package var description: String {
        let text = String(decoding: bytes.prefix(Self.longestShown), as: UTF8.self).printable
        return "\"\(text)" + (bytes.count > Self.longestShown ? "…\"" : "\"")
    }
}

/// What is wrong with a header block.
package enum HeaderFault: Error, Hashable, Sendable {
    case checksum
    case magic
    case size
    case modificationTime
    /// A prefix in a format that has none: readers disagree whether it belongs to the name.
    case strayPrefix
    /// A single block of zeros where the end marker has two.
    case loneZeroBlock
    /// Two long-name headers, or a long name and a PAX header, for one entry.
    case repeatedExtension
    /// A long name or a PAX header without an entry after it.
    case danglingExtension
    /// A long name or PAX header longer than any that is meant well.
    case extensionTooLong
}

/// What is wrong with the records of a PAX extended header.
package enum RecordFault: Error, Hashable, Sendable {
    case length
    case syntax
    /// An empty or repeated `path`, `linkpath` or `size`.
    case ambiguousKey
    /// A global header that names or measures every file that follows.
    case globalKey
    case number
    case sparse
}

/// What is wrong with an entry's name.
package enum NameFault: Error, Hashable, Sendable {
    case empty
    /// The root as anything but a directory.
    case root
    /// A slash at the end of the name of something that is no directory.
    case trailingSlash
    case path(ReleasePath.Fault)
}

/// What is wrong with a link's target.
package enum TargetFault: Error, Hashable, Sendable {
    case empty
    case containsNUL
    case tooLong
    /// An absolute one, or one that climbs out of the release.
    case outside
    /// A hard link to something that no file of the archive before it is.
    case notAFile
}

/// What is wrong with the order or the arguments of the calls on an ``ArchiveWriter``.
package enum WriterFault: Error, Hashable, Sendable {
    /// Entries must come sorted, each once.
    case order
    /// A call within a file that belongs outside, or the other way round.
    case state
    /// More or fewer bytes than announced.
    case size
}
