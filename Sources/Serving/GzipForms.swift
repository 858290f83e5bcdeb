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

    private struct Entry {
        /// `nil` where the form isn't worth it: hardly smaller than the content.
        var form: Form?
        var lastUse: UInt64
        var cost: Int { (form?.bytes.count ?? 0) + 128 }
    }

    private struct State {
        var entries: [Digest: Entry] = [:]
        var cost = 0
        var uses: UInt64 = 0
    }

    private let state = Mutex(State())
    private let budget: Int

    init(budget: Int = GzipForms.budget) {
        self.budget = budget
    }

    /// The form of a file; `nil` where it has none that is worth it.
    ///
    /// - Parameters:
    ///   - content: reads the file; called where the form isn't kept.
    ///   - always: whether a form is wanted whatever it saves, for a client that takes nothing else.
    /// - Throws: what `content` throws; `StoreError` where the form can't be made.
    func form(
        of digest: Digest,
        always: Bool = false,
        content: () throws(StoreError) -> [UInt8]?
    ) throws(StoreError) -> Form? {
        if !always, let known = known(digest) { return known.form }
        guard let bytes = try content() else { return nil }
        // Two that ask at once for the same one both make it; the second overwrites the first with its like.
        let compressed = try Self.compress(bytes)
        let isWorth = compressed.count < bytes.count - bytes.count / 16
        guard isWorth || always else {
            keep(nil, of: digest)
            return nil
        }
        let form = Form(bytes: compressed, digest: try ContentSum.digest(of: compressed))
        if isWorth { keep(form, of: digest) }
        return form
    }

    private func known(_ digest: Digest) -> (form: Form?, Void)? {
        state.withLock { state in
            guard state.entries[digest] != nil else { return nil }
            state.uses += 1
            state.entries[digest]?.lastUse = state.uses
            return (state.entries[digest]?.form, ())
        }
    }

    private func keep(_ form: Form?, of digest: Digest) {
        state.withLock { state in
            state.uses += 1
            let entry = Entry(form: form, lastUse: state.uses)
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
