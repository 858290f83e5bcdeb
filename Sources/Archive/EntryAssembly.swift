import Content

/// Puts one entry together from its header and the long names or PAX records before it, checks it, and gives it on.
struct EntryAssembly: Sendable {
    /// The longest GNU long name, in bytes: a path may have 3072, doubled slashes and a NUL allowed for.
    static let longestName: Int64 = 8 << 10

    /// The type flags that are known here. Specification: POSIX `pax`, "ustar Interchange Format"; GNU tar manual.
    private enum TypeFlag {
        static let v7File: UInt8 = 0
        static let file = UInt8(ascii: "0")
        static let hardLink = UInt8(ascii: "1")
        static let symbolicLink = UInt8(ascii: "2")
        static let directory = UInt8(ascii: "5")
        /// POSIX: "contiguous file"; where there is no such thing, a file like others.
        static let contiguousFile = UInt8(ascii: "7")
        static let globalRecords = UInt8(ascii: "g")
        static let records = UInt8(ascii: "x")
        static let longLink = UInt8(ascii: "K")
        static let longName = UInt8(ascii: "L")
        static let sparse = UInt8(ascii: "S")

        static func isFile(_ type: UInt8) -> Bool {
            type == file || type == v7File || type == contiguousFile
        }
    }

    /// The bytes of the long name or the records that are just arriving.
    private var metadata: [UInt8] = []
    private var longName: [UInt8]?
    private var longLink: [UInt8]?
    private var records: PaxRecords?
    /// From the last global PAX header that had one.
    private var globalModified: Timestamp?
    /// Gathers what is given, for as long as that is wanted.
    var recorder = MemberRecorder()
    /// Used again for each entry.
    private var name: [UInt8] = []
    private var target: [UInt8] = []

    /// Whether nothing waits for its entry.
    var isEmpty: Bool { longName == nil && longLink == nil && records == nil }

    /// Whether what comes next means the same as in any other archive.
    var isFresh: Bool { isEmpty && globalModified == nil }

    // MARK: Long names and PAX records

    /// Begins a long name or PAX header; `false` where the header is that of an entry.
    mutating func beginMetadata(_ header: TarHeader, offset: Int64) throws(ArchiveError) -> Bool {
        let isFirst: Bool
        let longest: Int64
        switch header.type {
        case TypeFlag.longName: (isFirst, longest) = (longName == nil && records == nil, Self.longestName)
        case TypeFlag.longLink: (isFirst, longest) = (longLink == nil && records == nil, Self.longestName)
        // Readers differ on which of two wins, and on whether a global header may stand between records and entry.
        case TypeFlag.records, TypeFlag.globalRecords: (isFirst, longest) = (isEmpty, PaxRecords.longest)
        default: return false
        }
        guard isFirst else { throw .badHeader(.repeatedExtension, offset: offset) }
        guard header.size <= longest else { throw .badHeader(.extensionTooLong, offset: offset) }
        metadata.removeAll(keepingCapacity: true)
        return true
    }

    mutating func appendMetadata(_ bytes: RawSpan) {
        metadata.append(bytes)
    }

    /// Ends what ``beginMetadata(_:offset:)`` began.
    mutating func endMetadata(type: UInt8, offset: Int64) throws(ArchiveError) {
        switch type {
        case TypeFlag.longName: longName = try Self.text(metadata)
        case TypeFlag.longLink: longLink = try Self.text(metadata)
        default:
            let isGlobal = type == TypeFlag.globalRecords
            do {
                // `bytes` is only unsafe for elements with padding; a byte has none.
                let read = unsafe try PaxRecords(metadata.span.bytes, isGlobal: isGlobal)
                if !isGlobal { records = read } else if let modified = read.modified { globalModified = modified }
            } catch {
                throw .badRecord(error, offset: offset - Int64(metadata.count))
            }
        }
    }

    /// A GNU long name without the NUL that ends it. Some readers cut at the first NUL, some at the last byte.
    private static func text(_ bytes: [UInt8]) throws(ArchiveError) -> [UInt8] {
        let text = bytes.prefix { $0 != 0 }
        guard !text.isEmpty else { throw .badName(EntryName([]), .empty) }
        guard bytes[text.endIndex...].allSatisfy({ $0 == 0 }) else {
            throw .badName(EntryName(bytes), .path(.containsNUL))
        }
        return Array(text)
    }

    // MARK: The entry

    /// Checks an entry and gives it to the sink; gives back how many bytes of content follow.
    mutating func give(
        _ header: TarHeader,
        _ block: RawSpan,
        register: inout EntryRegister,
        limits: ArchiveLimits,
        into sink: inout some EntrySink
    ) throws -> Int64 {
        defer { (longName, longLink, records) = (nil, nil, nil) }
        if let long = records?.path ?? longName { name = long } else { header.readName(block, into: &name) }
        let size = try size(header)
        let modified = modified(header)
        // In v7 a directory is a file whose name ends with a slash.
        let isDirectory =
            header.type == TypeFlag.directory
            || header.type == TypeFlag.v7File && name.last == UInt8(ascii: "/")
        let isFile = !isDirectory && TypeFlag.isFile(header.type)
        if header.type == TypeFlag.sparse { throw ArchiveError.sparse(EntryName(name)) }
        guard isFile || isDirectory || header.type == TypeFlag.symbolicLink || header.type == TypeFlag.hardLink else {
            throw ArchiveError.unsupportedType(EntryName(name), type: header.type)
        }
        // Readers differ on whether the content of what has none is skipped.
        guard isFile || size == 0 else { throw ArchiveError.ambiguousSize(EntryName(name)) }
        let path = try path(isDirectory: isDirectory)
        if isDirectory {
            if !path.isRoot { try register.add(path, .directory, limits: limits) }
            try sink.directory(path, modified: modified)
            recorder.add(MemberEntries.Entry(path: path, kind: .directory, modified: modified))
            return 0
        }
        if isFile {
            try register.addFile(path, size: size, limits: limits)
            try sink.beginFile(path, size: size, modified: modified)
            if size == 0 { try sink.endFile() }
            recorder.add(MemberEntries.Entry(path: path, kind: .file, size: size, modified: modified))
            return size
        }
        recorder.drop()
        if let long = records?.linkPath ?? longLink { target = long } else { header.readLink(block, into: &target) }
        if header.type == TypeFlag.symbolicLink {
            try checkTarget(from: path)
            try register.addLink(path, target: target, limits: limits)
            try sink.symbolicLink(path, target: target, modified: modified)
        } else {
            let file = try linkedFile()
            guard register.link(to: file) else { throw badTarget(.notAFile) }
            try register.add(path, .hardLink, limits: limits)
            try sink.hardLink(path, to: file)
        }
        return 0
    }

    /// The size that every reader agrees on.
    ///
    /// A PAX size stands in for a size that the header can't hold: 8 GiB and more, where writers leave 0, the largest
    /// octal number, or GNU's binary form in the header. Any other that differs from the header's makes one reader see
    /// headers where another sees content (CVE-2025-62518, CVE-2026-33055).
    private func size(_ header: TarHeader) throws(ArchiveError) -> Int64 {
        guard let size = records?.size, size != header.size else { return header.size }
        guard size > TarNumber.largestOctal, header.size == 0 || header.size == TarNumber.largestOctal else {
            throw .ambiguousSize(EntryName(name))
        }
        return size
    }

    private func modified(_ header: TarHeader) -> Timestamp {
        let fromHeader = EntryTime.clamped(seconds: header.modified)
        if let local = records?.modified { return local ?? fromHeader }
        return globalModified ?? fromHeader
    }

    private func path(isDirectory: Bool) throws(ArchiveError) -> ReleasePath {
        guard !name.isEmpty else { throw .badName(EntryName([]), .empty) }
        let path: ReleasePath
        do {
            path = try ReleasePath(name)
        } catch {
            throw .badName(EntryName(name), .path(error))
        }
        if !isDirectory {
            if path.isRoot { throw .badName(EntryName(name), .root) }
            // GNU tar takes a file with such a name for a directory, others don't.
            if name.last == UInt8(ascii: "/") || name.suffix(2).elementsEqual("/.".utf8) {
                throw .badName(EntryName(name), .trailingSlash)
            }
        }
        return path
    }

    // MARK: Links

    private func badTarget(_ fault: TargetFault) -> ArchiveError {
        .badTarget(EntryName(name), target: EntryName(target), fault)
    }

    /// Checks where a symbolic link at `path` leads, as far as its text tells without looking at other links.
    ///
    /// All ancestors of the link are directories, so the `..` with which the target begins are exact: as many as the
    /// link is deep lead to the root, one more leads out. What follows may lead through other links: the store's matter.
    private func checkTarget(from path: ReleasePath) throws(ArchiveError) {
        guard let first = target.first else { throw badTarget(.empty) }
        guard !target.contains(0) else { throw badTarget(.containsNUL) }
        guard target.count <= ReleasePath.longestTarget else { throw badTarget(.tooLong) }
        guard first != UInt8(ascii: "/") else { throw badTarget(.outside) }
        var depth = path.bytes.count { $0 == UInt8(ascii: "/") }
        for component in target.split(separator: UInt8(ascii: "/")) {
            if component.elementsEqual(".".utf8) { continue }
            guard component.elementsEqual("..".utf8) else { break }
            guard depth > 0 else { throw badTarget(.outside) }
            depth -= 1
        }
    }

    /// The file that a hard link names: relative to the archive's root, never to a directory of this process
    /// (CVE-2026-50163).
    private func linkedFile() throws(ArchiveError) -> ReleasePath {
        guard !target.isEmpty else { throw badTarget(.empty) }
        let path: ReleasePath
        do {
            path = try ReleasePath(target)
        } catch {
            switch error {
            case .absolute, .climbs: throw badTarget(.outside)
            case .containsNUL: throw badTarget(.containsNUL)
            case .componentTooLong, .tooLong, .tooDeep: throw badTarget(.tooLong)
            }
        }
        guard !path.isRoot, target.last != UInt8(ascii: "/") else { throw badTarget(.notAFile) }
        return path
    }
}
