internal import Content
internal import HTTP
internal import Store
internal import Synchronization

/// The listing of a directory too large to be sorted in memory: read from the index a part at a time, while it is sent.
final class ListingSource: BodySource {
    /// Names read at a time.
    static let partSize = 128
    /// In bytes, of a piece: four TLS records.
    private static let pieceSize = 64 << 10

    private enum Stage: Sendable {
        case beginning
        /// What the next part of the directory begins after.
        case entries(after: [UInt8])
        case done
    }

    private struct State: Sendable {
        var writer: ListingWriter
        var stage = Stage.beginning
        /// Written, not sent yet: at most what one part of the directory takes, some hundred KiB for the longest names.
        var pending: [UInt8] = []
    }

    private let release: Release
    private let directory: ReleasePath
    private let report: @Sendable (String) -> Void
    private let state: Mutex<State>

    init(
        _ directory: ReleasePath,
        of release: Release,
        writer: ListingWriter,
        report: @escaping @Sendable (String) -> Void
    ) {
        self.release = release
        self.directory = directory
        self.report = report
        state = Mutex(State(writer: writer))
    }

    func next() throws -> [UInt8] {
        // One caller at a time, so that nobody waits for this lock.
        try state.withLock { state in
            while state.pending.count < Self.pieceSize, try advance(&state) {}
            let piece = Array(state.pending.prefix(Self.pieceSize))
            state.pending.removeFirst(piece.count)
            return piece
        }
    }

    /// Writes the next part; whether there was one.
    private func advance(_ state: inout State) throws -> Bool {
        switch state.stage {
        case .beginning:
            state.pending += state.writer.beginning
            state.stage = .entries(after: [])
        case .entries(let name):
            let part: (entries: [DirectoryEntry], next: [UInt8]?)
            do throws(StoreError) {
                part = try release.entries(of: directory, after: name, limit: Self.partSize)
            } catch {
                report(error.description)
                throw error
            }
            state.pending += state.writer.rows(part.entries.map(Listing.Entry.init))
            if let next = part.next {
                state.stage = .entries(after: next)
            } else {
                state.pending += state.writer.end
                state.stage = .done
            }
        case .done:
            return false
        }
        return true
    }
}
