import Archive
import Content

/// What a sink was given, in order, with a file's bytes put together.
enum Event: Equatable {
    case directory(String, Int64)
    case file(String, Int64, [UInt8])
    case symbolicLink(String, String)
    case hardLink(String, String)
}

/// A sink that keeps everything, and notices calls that can't be.
struct RecordingSink: KnownFileSink {
    struct Misuse: Error {}

    private(set) var events: [Event] = []
    private(set) var times: [Timestamp] = []
    /// The sizes of files that came without their bytes.
    private(set) var known: [String: Int64] = [:]
    /// The path, size and bytes so far of the file that was begun.
    private(set) var open: (path: ReleasePath, size: Int64, modified: Timestamp, bytes: [UInt8])?

    mutating func directory(_ path: ReleasePath, modified: Timestamp) throws {
        guard open == nil else { throw Misuse() }
        events.append(.directory(path.description, modified.seconds))
        times.append(modified)
    }

    mutating func beginFile(_ path: ReleasePath, size: Int64, modified: Timestamp) throws {
        guard open == nil else { throw Misuse() }
        open = (path, size, modified, [])
    }

    mutating func write(_ bytes: RawSpan) throws {
        guard open != nil, !bytes.isEmpty else { throw Misuse() }
        bytes.withUnsafeBytes { open?.bytes.append(contentsOf: $0) }
    }

    mutating func endFile() throws {
        guard let file = open, Int64(file.bytes.count) == file.size else { throw Misuse() }
        events.append(.file(file.path.description, file.modified.seconds, file.bytes))
        times.append(file.modified)
        open = nil
    }

    mutating func symbolicLink(_ path: ReleasePath, target: [UInt8], modified: Timestamp) throws {
        guard open == nil else { throw Misuse() }
        events.append(.symbolicLink(path.description, String(decoding: target, as: UTF8.self)))
        times.append(modified)
    }

    mutating func hardLink(_ path: ReleasePath, to target: ReleasePath) throws {
        guard open == nil else { throw Misuse() }
        events.append(.hardLink(path.description, target.description))
    }

    mutating func knownFile(_ path: ReleasePath, size: Int64, modified: Timestamp) throws {
        guard open == nil else { throw Misuse() }
        known[path.description] = size
        events.append(.file(path.description, modified.seconds, []))
        times.append(modified)
    }
}

/// What reading some bytes led to.
struct Outcome: Equatable {
    var events: [Event] = []
    var times: [Timestamp] = []
    /// The bytes of a file that was begun but not ended: they must not depend on how the input was cut.
    var open: [UInt8]?
    var error: ArchiveError?
    var files = 0
    var directories = 0

    var paths: [String] {
        events.map { event in
            switch event {
            case .directory(let path, _), .file(let path, _, _), .symbolicLink(let path, _), .hardLink(let path, _):
                path
            }
        }
    }
}

/// Feeds a tar to a reader, in pieces that end at the given offsets.
func read(
    tar bytes: [UInt8],
    cutAt cuts: [Int] = [],
    limits: ArchiveLimits = ArchiveLimits(),
    after register: EntryRegister = EntryRegister()
) -> Outcome {
    var reader = EntryReader(format: .tar, title: nil, size: 0, limits: limits, after: register)
    var sink = RecordingSink()
    var outcome = Outcome()
    do {
        for (start, end) in zip([0] + cuts, cuts + [bytes.count]) {
            try reader.consume(bytes.span.bytes.extracting(start..<end), into: &sink)
        }
        try reader.finish(into: &sink)
    } catch let error as ArchiveError {
        outcome.error = error
    } catch {
        outcome.events = [.directory("unexpected error \(error)", 0)]
    }
    outcome.events += sink.events
    outcome.times = sink.times
    outcome.open = sink.open?.bytes
    outcome.files = reader.register.fileCount
    outcome.directories = reader.register.directoryCount
    return outcome
}

/// Feeds a tar whole, cut in two at every byte, and byte by byte; gives the outcome, which must always be the same.
func readEveryWay(tar bytes: [UInt8], limits: ArchiveLimits = ArchiveLimits()) throws -> Outcome {
    let whole = read(tar: bytes, limits: limits)
    for cut in bytes.indices.dropFirst() where read(tar: bytes, cutAt: [cut], limits: limits) != whole {
        throw CutMatters(cut: cut)
    }
    if read(tar: bytes, cutAt: Array(bytes.indices.dropFirst()), limits: limits) != whole { throw CutMatters(cut: -1) }
    return whole
}

/// Input cut at this byte (-1: at all) gave another result.
struct CutMatters: Error {
    let cut: Int
}
