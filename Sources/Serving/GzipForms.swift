internal import Content
internal import Store
internal import Synchronization
internal import Zlib

/// The gzip forms of text files: made once for a content, and kept within a budget, the least recently used going first.
///
/// Keyed by the content's digest, so that a file that stays the same from one release to the next keeps its form.
final class GzipForms: Sendable {
    /// A file in its gzip form.
    struct Form: Sendable {
        let bytes: [UInt8]
        /// Of `bytes`, for `Repr-Digest`: the field is about the representation as it is sent (RFC 9530 section 3).
        let digest: Digest
    }

    /// Below this many bytes a head and a packet's overhead outweigh what is saved.
    static let smallest: Int64 = 1 << 10
    /// Above this many bytes neither the file nor its form should be in memory as a whole.
    static let largest = 8 << 20
    /// What all forms together may take, in bytes: a share of the 96 MiB that the daemon stays below.
    static let budget = 16 << 20

    /// What there is of a file's form.
    enum Finding: Sendable {
        case form(Form)
        /// None that is worth it.
        case nothing
        /// Others are being made: the file goes as it is, this time.
        case busy
    }

    /// Forms made at a time: each takes the file and its form in memory, up to twice ``largest``.
    private static let mostAtATime = 2

    private struct Entry {
        /// `nil` where the form isn't worth it, and nobody has insisted on it.
        var form: Form?
        /// Whether it is notably smaller than the content.
        var isWorth: Bool
        var lastUse: UInt64
        var cost: Int { (form?.bytes.count ?? 0) + 128 }
    }

    private struct State {
        var entries: [Digest: Entry] = [:]
        var cost = 0
        var uses: UInt64 = 0
        /// How many are being made.
        var making = 0
    }

    private let state = Mutex(State())
    private let budget: Int

    init(budget: Int = GzipForms.budget) {
        self.budget = budget
    }

    /// The form of a file.
    ///
    /// - Parameters:
    ///   - content: reads the file; called where the form isn't kept.
    ///   - always: whether a form is wanted whatever it saves, for a client that takes nothing else.
    /// - Throws: what `content` throws; `StoreError` where the form can't be made.
    func form(
        of digest: Digest,
        always: Bool = false,
        content: () throws(StoreError) -> [UInt8]?
    ) throws(StoreError) -> Finding {
        if let known = known(digest) {
            if let form = known.form, always || known.isWorth { return .form(form) }
            if !always { return .nothing }
        }
        guard begin() else { return .busy }
        defer { state.withLock { $0.making -= 1 } }
        guard let bytes = try content() else { return .nothing }
        let compressed = try Self.compress(bytes)
        let isWorth = compressed.count < bytes.count - bytes.count / 16
        guard isWorth || always else {
            keep(nil, of: digest, isWorth: false)
            return .nothing
        }
        let form = Form(bytes: compressed, digest: try ContentSum.digest(of: compressed))
        keep(form, of: digest, isWorth: isWorth)
        return .form(form)
    }

    private func begin() -> Bool {
        state.withLock { state in
            guard state.making < Self.mostAtATime else { return false }
            state.making += 1
            return true
        }
    }

    private func known(_ digest: Digest) -> (form: Form?, isWorth: Bool)? {
        state.withLock { state in
            guard let entry = state.entries[digest] else { return nil }
            state.uses += 1
            state.entries[digest]?.lastUse = state.uses
            return (entry.form, entry.isWorth)
        }
    }

    private func keep(_ form: Form?, of digest: Digest, isWorth: Bool) {
        state.withLock { state in
            state.uses += 1
            let entry = Entry(form: form, isWorth: isWorth, lastUse: state.uses)
            state.cost += entry.cost - (state.entries.updateValue(entry, forKey: digest)?.cost ?? 0)
            while state.cost > budget, let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
                state.cost -= oldest.value.cost
                state.entries.removeValue(forKey: oldest.key)
            }
        }
    }

    private static func compress(_ bytes: [UInt8]) throws(StoreError) -> [UInt8] {
        var result: [UInt8] = []
        do {
            var deflater = try Deflater()
            // The pieces are read within the call only.
            func take(_ piece: RawSpan) {
                unsafe piece.withUnsafeBytes { unsafe result.append(contentsOf: $0) }
            }
            try unsafe deflater.consume(bytes.span.bytes, emit: take)
            try deflater.finish(emit: take)
        } catch {
            throw .digest(doing: "compressing \(bytes.count) bytes", reason: "\(error)")
        }
        return result
    }
}
