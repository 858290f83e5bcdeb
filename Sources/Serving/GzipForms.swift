internal import Content
internal import Store
internal import Synchronization
internal import Zlib

/// The gzip forms of text files: made once for a content, and kept within a budget.
///
/// Two generations of half the budget each: what is used again in the older one goes to the younger, too, and when that is
/// full it takes the older one's place. So nothing is searched for what was not used lately.
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
        var cost: Int { (form?.bytes.count ?? 0) + 128 }
    }

    private struct State {
        var younger: [Digest: Entry] = [:]
        var older: [Digest: Entry] = [:]
        /// Of the younger ones.
        var cost = 0
        /// Nobody uses them now.
        var idle: [Maker] = []
        /// How many there are, used ones included.
        var makers = 0

        mutating func keep(_ entry: Entry, of digest: Digest, budget: Int) {
            if cost + entry.cost > budget / 2, cost > 0 {
                older = younger
                younger = [:]
                cost = 0
            }
            cost += entry.cost - (younger.updateValue(entry, forKey: digest)?.cost ?? 0)
        }
    }

    /// Makes one form after the other, with the same memory: half a megabyte taken and given back for each leaves holes
    /// between the forms that are kept, which the C library can't use again.
    private final class Maker: Sendable {
        private let deflater: Mutex<Deflater>

        init() throws(ZlibError) {
            deflater = Mutex(try Deflater())
        }

        func compress(_ bytes: [UInt8]) throws -> [UInt8] {
            try deflater.withLock { deflater in
                var result: [UInt8] = []
                // The pieces are read within the call only.
                func take(_ piece: RawSpan) {
                    unsafe piece.withUnsafeBytes { unsafe result.append(contentsOf: $0) }
                }
                try deflater.reset()
                try unsafe deflater.consume(bytes.span.bytes, emit: take)
                try deflater.finish(emit: take)
                return result
            }
        }
    }

    private let state = Mutex(State())
    private let budget: Int

    init(budget: Int = GzipForms.budget) {
        self.budget = budget
    }

    /// The form of a file.
    ///
    /// - Parameters:
    ///   - content: reads the file; called where the form isn't kept. Where it isn't what the digest says, there is no form.
    ///   - always: whether a form is wanted whatever it saves, for a client that takes nothing else.
    /// - Throws: what `content` throws; `StoreError` where the form can't be made.
    func form(
        of digest: Digest,
        always: Bool = false,
        content: () throws(StoreError) -> [UInt8]?
    ) throws(StoreError) -> Finding {
        if let known = known(digest, always: always) { return known }
        guard let maker = try maker() else { return .busy }
        defer { state.withLock { $0.idle.append(maker) } }
        guard let bytes = try content() else { return .nothing }
        // A form outlives the release that it was made of, so none is made of a file that was changed on the disk.
        guard try ContentSum.digest(of: bytes) == digest else { return .nothing }
        let compressed = try Self.attempt(bytes.count) { try maker.compress(bytes) }
        let isWorth = compressed.count < bytes.count - bytes.count / 16
        guard isWorth || always else {
            keep(nil, of: digest, isWorth: false)
            return .nothing
        }
        let form = Form(bytes: compressed, digest: try ContentSum.digest(of: compressed))
        keep(form, of: digest, isWorth: isWorth)
        return .form(form)
    }

    /// One that nobody uses; `nil` where all are in use.
    private func maker() throws(StoreError) -> Maker? {
        let (idle, isNew) = state.withLock { state in
            if let maker = state.idle.popLast() { return (maker as Maker?, false) }
            guard state.makers < Self.mostAtATime else { return (nil, false) }
            state.makers += 1
            return (nil, true)
        }
        guard isNew else { return idle }
        do throws(StoreError) {
            return try Self.attempt(0) { try Maker() }
        } catch {
            state.withLock { $0.makers -= 1 }
            throw error
        }
    }

    /// What is known already of a file's form; `nil` where it would have to be made.
    func known(_ digest: Digest, always: Bool) -> Finding? {
        state.withLock { state in
            var entry = state.younger[digest]
            if entry == nil, let old = state.older[digest] {
                state.keep(old, of: digest, budget: budget)
                entry = old
            }
            guard let entry else { return nil }
            if let form = entry.form, always || entry.isWorth { return .form(form) }
            return always ? nil : .nothing
        }
    }

    private func keep(_ form: Form?, of digest: Digest, isWorth: Bool) {
        state.withLock { $0.keep(Entry(form: form, isWorth: isWorth), of: digest, budget: budget) }
    }

    private static func attempt<Value>(_ count: Int, _ body: () throws -> Value) throws(StoreError) -> Value {
        do {
            return try body()
        } catch {
            throw .digest(doing: "compressing \(count) bytes", reason: "\(error)")
        }
    }
}
