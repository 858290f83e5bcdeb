import Archive
import Content

/// A sink that holds the reader to what ``EntrySink`` and ``KnownFileSink`` promise.
struct ContractSink: KnownFileSink, Equatable {
    enum Kind { case directory, file, linkedFile, symbolicLink, hardLink }
    struct Open: Equatable {
        let path: ReleasePath
        var left: Int64
    }

    let maxFiles: Int
    let maxFileSize: Int64
    let maxTotalSize: Int64
    var kinds: [ReleasePath: Kind] = [:]
    var content: [UInt8] = []
    var names = 0
    var total: Int64 = 0
    var open: Open?

    init(limits: ArchiveLimits) {
        (maxFiles, maxFileSize, maxTotalSize) = (limits.maxFiles, limits.maxFileSize, limits.maxTotalSize)
    }

    private mutating func enter(_ path: ReleasePath, _ kind: Kind) throws {
        try FuzzTarget.demand(open == nil, "\(path) comes within a file")
        try FuzzTarget.demand(path.bytes.count <= 3072 && path.components.count <= 64, "\(path) is too long or deep")
        for component in path.components {
            try FuzzTarget.demand(
                !component.isEmpty && component.count <= 255 && !component.contains(0)
                    && !component.elementsEqual(".".utf8) && !component.elementsEqual("..".utf8),
                "\(path) has a component that is none"
            )
        }
        if kind != .directory {
            try FuzzTarget.demand(!path.isRoot, "the root is no directory")
            names += 1
            try FuzzTarget.demand(names <= maxFiles, "there are too many files")
        }
        var parent = path
        while !parent.isRoot {
            parent = parent.parent
            if parent.isRoot { break }
            let known = kinds[parent] ?? .directory
            try FuzzTarget.demand(known == .directory, "\(path) lies below something that is no directory")
            kinds[parent] = .directory
        }
        if let known = kinds[path] {
            try FuzzTarget.demand(
                known == kind && (kind == .directory || kind == .file),
                "\(path) comes twice, as \(known) and \(kind)"
            )
        }
        if !path.isRoot { kinds[path] = kind }
    }

    mutating func directory(_ path: ReleasePath, modified: Timestamp) throws {
        try enter(path, .directory)
        try demandSane(modified)
    }

    mutating func beginFile(_ path: ReleasePath, size: Int64, modified: Timestamp) throws {
        try enter(path, .file)
        try demandSane(modified)
        total += size
        try FuzzTarget.demand(size >= 0 && size <= maxFileSize && total <= maxTotalSize, "\(path) is too large")
        open = Open(path: path, left: size)
    }

    mutating func write(_ bytes: RawSpan) throws {
        try FuzzTarget.demand(!bytes.isEmpty && Int64(bytes.byteCount) <= open?.left ?? 0, "bytes of no file")
        open?.left -= Int64(bytes.byteCount)
        bytes.withUnsafeBytes { content.append(contentsOf: $0) }
    }

    mutating func endFile() throws {
        try FuzzTarget.demand(open?.left == 0, "a file ends early")
        open = nil
    }

    mutating func symbolicLink(_ path: ReleasePath, target: [UInt8], modified: Timestamp) throws {
        try enter(path, .symbolicLink)
        try demandSane(modified)
        try FuzzTarget.demand(
            !target.isEmpty && !target.contains(0) && target.count <= 4095 && target.first != UInt8(ascii: "/"),
            "\(path) has a target that is none"
        )
        // How far the target climbs before it names anything.
        var depth = path.components.count - 1
        for component in target.split(separator: UInt8(ascii: "/")) where !component.elementsEqual(".".utf8) {
            guard component.elementsEqual("..".utf8) else { break }
            depth -= 1
        }
        try FuzzTarget.demand(depth >= 0, "\(path) leads out")
        content += target
    }

    mutating func hardLink(_ path: ReleasePath, to target: ReleasePath) throws {
        let known = kinds[target]
        try FuzzTarget.demand(
            known == .file || known == .linkedFile || known == .hardLink,
            "\(path) is a hard link to no file"
        )
        if known == .file { kinds[target] = .linkedFile }
        try enter(path, .hardLink)
    }

    mutating func knownFile(_ path: ReleasePath, size: Int64, modified: Timestamp) throws {
        try beginFile(path, size: size, modified: modified)
        open = nil
    }

    /// Whether the same has come as in `other`, the files' bytes aside.
    func isLike(_ other: ContractSink) -> Bool {
        var (left, right) = (self, other)
        (left.content, right.content) = ([], [])
        return left == right
    }

    private func demandSane(_ time: Timestamp) throws {
        try FuzzTarget.demand(
            (0...9_223_372_036).contains(time.seconds) && (0..<1_000_000_000).contains(time.nanoseconds),
            "a time lies outside 1970 to 2262"
        )
    }
}
