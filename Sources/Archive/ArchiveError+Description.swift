import Content
import Zlib

extension ArchiveError: CustomStringConvertible {
    /// One line: what was attempted, on what, why it failed, what to do.
    package var description: String {
        switch self {
        case .compression(let error): "inflating the layer: \(error)"
        case .notAnArchive(let title):
            "reading the layer \(EntryName(title.utf8)): its name says archive, but it holds no tar; pack and push it again"
        case .untitled: "reading the layer: it is no tar and has no title to be stored under; push it with a file name"
        case .badTitle(let title):
            "storing the layer \(EntryName(title.utf8)): its title is no path within a release; push it under another"
        case .sizeMismatch(let title, let expected, let received):
            "storing the layer \(EntryName(title.utf8)): \(received) bytes came where \(expected) were announced; fetch it again"
        case .finished: "reading the archive: it was ended or refused before"
        case .tooManyFiles(let limit):
            "unpacking the archive: it has more than \(limit) files or directories; pack fewer or raise storage.maxFiles"
        case .fileTooLarge(let name, let size, let limit):
            "unpacking \(name): its \(size) bytes are more than the \(ByteCount.format(limit)) allowed; "
                + "leave it out or raise storage.maxFileSize"
        case .totalTooLarge(let limit):
            "unpacking the archive: it holds more than the \(ByteCount.format(limit)) allowed; "
                + "pack less or raise storage.maxTotalSize"
        case .ratioTooHigh(let limit):
            "inflating the layer: it grows to more than \(limit) times its size; "
                + "raise storage.maxRatio if that is what it should do"
        case .truncated(let offset):
            "reading the tar: it ends at byte \(offset), before its end marker; pack and push it again"
        case .badHeader(let fault, let offset):
            "reading the tar header at byte \(offset): \(fault); pack and push it again"
        case .trailingData(let offset):
            "reading the tar: at byte \(offset), after its end marker, something else follows; pack and push it again"
        case .badRecord(let fault, let offset):
            "reading the PAX header at byte \(offset): \(fault); pack and push it again"
        case .badName(let name, let fault): "unpacking \(name): the name \(fault); rename it and pack again"
        case .badTarget(let name, let target, let fault):
            "unpacking the link \(name): its target \(target) \(fault); mend or leave out the link and pack again"
        case .clash(let name):
            "unpacking \(name): the archive has that name twice, as different things; leave one out and pack again"
        case .notBelowDirectory(let name, let ancestor):
            "unpacking \(name): the archive has \(ancestor) as something else than a directory; leave one out and pack again"
        case .unsupportedType(let name, let type):
            "unpacking \(name): \(Self.name(ofType: type)) can't be served; leave it out and pack again"
        case .sparse(let name): "unpacking \(name): it is packed as a sparse file; pack again without --sparse"
        case .ambiguousSize(let name):
            "unpacking \(name): the header leaves its size open, or gives content to what has none; pack it again"
        case .misuse(let name, let fault): "packing \(name): \(fault)"
        }
    }

    /// Type flags: POSIX `pax`, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".
    private static func name(ofType type: UInt8) -> String {
        switch type {
        case UInt8(ascii: "3"): "a character device"
        case UInt8(ascii: "4"): "a block device"
        case UInt8(ascii: "6"): "a fifo"
        case UInt8(ascii: "D"): "the directory of an incremental archive"
        case UInt8(ascii: "M"): "the rest of a file from another volume"
        case UInt8(ascii: "N"): "an old GNU list of long names"
        case UInt8(ascii: "V"): "a volume label"
        default: "an entry of type \(type)"
        }
    }
}

extension HeaderFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .checksum: "the checksum is wrong"
        case .magic: "the format is unknown"
        case .size: "the size is no number from 0 to 2^63 - 1"
        case .modificationTime: "the modification time is no number"
        case .strayPrefix: "there is a name prefix in a format that has none"
        case .loneZeroBlock: "there is one block of zeros, where the end marker has two"
        case .repeatedExtension: "there are two headers with a long name for one entry"
        case .danglingExtension: "a long name or PAX header has no entry after it"
        case .extensionTooLong: "a long name or PAX header is longer than allowed"
        }
    }
}

extension RecordFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .length: "the length of a record is wrong"
        case .syntax: "a record is not of the form KEY=VALUE"
        case .ambiguousKey: "a path, link path or size is empty or repeated"
        case .globalKey: "a path, link path or size is given for all files at once"
        case .number: "a size or time is no number"
        case .sparse: "the file is sparse, pack again without --sparse"
        }
    }
}

extension NameFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .empty: "is empty"
        case .root: "is the root, which must be a directory"
        case .trailingSlash: "ends with a slash, and it is no directory"
        case .path(.absolute): "is absolute"
        case .path(.climbs): "has a component \"..\""
        case .path(.containsNUL): "holds a NUL"
        case .path(.componentTooLong): "has a component of more than \(ReleasePath.longestComponent) bytes"
        case .path(.tooLong): "has more than \(ReleasePath.longest) bytes"
        case .path(.tooDeep): "has more than \(ReleasePath.deepest) components"
        }
    }
}

extension TargetFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .empty: "is empty"
        case .containsNUL: "holds a NUL"
        case .tooLong: "is too long"
        case .outside: "leads out of the release"
        case .notAFile: "is no file that the archive has before it"
        }
    }
}

extension WriterFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .order: "entries must come sorted, parents first, each once"
        case .state: "the calls don't follow one another as an archive needs them"
        case .size: "the file has not the size that was announced; it may have changed, try again"
        }
    }
}
