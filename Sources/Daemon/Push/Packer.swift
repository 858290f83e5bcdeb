internal import Archive
internal import Content
internal import Platform

/// Packs a directory: the same tree always into the same bytes.
///
/// Names are sorted by their bytes; owners, modes and times don't get in. Links are kept where they stay inside, and
/// refused where they don't, as the daemon would refuse them.
struct Packer: ~Copyable {
    /// How much of a file is read at once, in bytes.
    private static let bufferSize = 256 << 10

    private let root: Directory
    private var writer: ArchiveWriter

    /// - Parameter emit: takes the archive's bytes.
    init(directory: String, emit: @escaping (RawSpan) throws -> Void) throws {
        let root = try Self.open(directory)
        writer = try ArchiveWriter(emit: emit)
        self.root = root
    }

    private static func open(_ directory: String) throws -> Directory {
        do throws(SystemError) {
            return try Directory(directory)
        } catch {
            throw CommandFailure("packing \(directory): \(error); give a directory or an archive that can be read")
        }
    }

    /// Walks the tree.
    ///
    /// - Parameter progress: told of each file's path.
    mutating func pack(progress: (String) -> Void) throws {
        try writer.addDirectory(.root, modified: Self.time)
        try pack(.root, progress: progress)
        try writer.finish()
    }

    /// No time of the tree gets in: a checkout made again has other ones. The daemon serves the time of publication.
    private static let time = Timestamp(seconds: 0)

    private mutating func pack(_ path: ReleasePath, progress: (String) -> Void) throws {
        let names: [[UInt8]]
        do throws(SystemError) {
            names = try root.directory(path.bytes).names().sorted { $0.lexicographicallyPrecedes($1) }
        } catch {
            throw failure(path, "\(error)")
        }
        for name in names {
            let entry: ReleasePath
            do throws(ReleasePath.Fault) {
                entry = try path.appending(name)
            } catch {
                throw failure(path, "the name \(String(decoding: name, as: UTF8.self)) can't be packed (\(error))")
            }
            try pack(entry: entry, progress: progress)
        }
    }

    private mutating func pack(entry: ReleasePath, progress: (String) -> Void) throws {
        do {
            guard let status = try root.status(entry.bytes) else {
                throw failure(entry, "it went away while the tree was packed")
            }
            switch status.kind {
            case .directory:
                try writer.addDirectory(entry, modified: Self.time)
                try pack(entry, progress: progress)
            case .symbolicLink:
                let target = try root.symbolicLink(entry.bytes)
                guard Self.staysInside(target, from: entry) else {
                    let text = String(decoding: target, as: UTF8.self)
                    throw failure(entry, "the link leads outside, to \(text); remove it or pack what it leads to")
                }
                try writer.symbolicLink(entry, target: target, modified: Self.time)
            case .file:
                try packFile(entry, size: status.size)
                progress("\(entry)")
            case .other:
                throw failure(entry, "it is neither file, directory nor link; remove it")
            }
        } catch let error as SystemError {
            throw failure(entry, "\(error)")
        }
    }

    private mutating func packFile(_ path: ReleasePath, size: Int64) throws {
        let file = try root.open(path.bytes, .readOnly)
        try writer.beginFile(path, size: size, modified: Self.time)
        var left = size
        while left > 0 {
            let bytes = try file.read(upTo: Int(min(left, Int64(Self.bufferSize))))
            guard !bytes.isEmpty else { throw failure(path, "it became shorter while it was packed; try again") }
            // Bytes have no padding whose content could be undefined.
            try unsafe writer.write(bytes.span.bytes)
            left -= Int64(bytes.count)
        }
        guard try file.read(upTo: 1).isEmpty else {
            throw failure(path, "it became longer while it was packed; try again")
        }
        try writer.endFile()
    }

    private func failure(_ path: ReleasePath, _ reason: String) -> CommandFailure {
        CommandFailure("packing \(root.path)/\(path): \(reason)")
    }

    /// Whether `target`, seen from the directory that holds `link`, leads to something below the root.
    private static func staysInside(_ target: [UInt8], from link: ReleasePath) -> Bool {
        guard target.first != UInt8(ascii: "/") else { return false }
        var depth = link.parent.components.count
        for component in target.split(separator: UInt8(ascii: "/")) {
            if component.elementsEqual("..".utf8) {
                depth -= 1
                if depth < 0 { return false }
            } else if !component.elementsEqual(".".utf8) {
                depth += 1
            }
        }
        return true
    }
}
