internal import HTTP

/// What of a request decides a repeatable answer.
struct AnswerKey: Hashable, Sendable {
    let endpoint: Int
    let verb: RequestHead.Verb
    /// Target, `Accept`, `Accept-Encoding` and `If-None-Match`, one behind another: one array is one reference to count.
    let bytes: [UInt8]
    /// Where each of them ends.
    private let ends: SIMD4<Int32>

    /// The key of a plain request; `nil` for any other, as its answer may depend on more.
    init?(_ head: RequestHead, in bytes: Span<UInt8>, endpoint: Int) {
        guard head.isPlain, head.verb == .get || head.verb == .head else { return nil }
        self.endpoint = endpoint
        verb = head.verb
        let parts = [head.target, head.accept, head.acceptEncoding, head.ifNoneMatch]
        var copy: [UInt8] = []
        copy.reserveCapacity(parts.reduce(0) { $0 + $1.count })
        var ends = SIMD4<Int32>()
        for (number, part) in parts.enumerated() {
            for index in part { copy.append(bytes[index]) }
            // A head is far shorter.
            ends[number] = Int32(truncatingIfNeeded: copy.count)
        }
        self.bytes = copy
        self.ends = ends
    }

    var target: Range<Int> { 0..<Int(ends[0]) }
    var ifNoneMatch: Range<Int> { Int(ends[2])..<Int(ends[3]) }

    /// Whether it is the key of that request, found without making one.
    func matches(_ head: RequestHead, in bytes: Span<UInt8>, endpoint: Int) -> Bool {
        guard self.endpoint == endpoint, verb == head.verb else { return false }
        let key = self.bytes.span
        return Self.equal(key, target, bytes, head.target)
            && Self.equal(key, Int(ends[0])..<Int(ends[1]), bytes, head.accept)
            && Self.equal(key, Int(ends[1])..<Int(ends[2]), bytes, head.acceptEncoding)
            && Self.equal(key, ifNoneMatch, bytes, head.ifNoneMatch)
    }

    private static func equal(
        _ key: Span<UInt8>,
        _ part: Range<Int>,
        _ bytes: Span<UInt8>,
        _ range: Range<Int>
    ) -> Bool {
        guard part.count == range.count else { return false }
        for offset in 0..<part.count where key[part.lowerBound + offset] != bytes[range.lowerBound + offset] {
            return false
        }
        return true
    }
}

/// The answers that one event loop can give without asking: bounded in bytes and number, dropped when the responder's
/// generation changes.
///
/// Sets of four places, of which the one not used lately gives way, so that neither finding nor replacing searches
/// and no collision makes it slow. There are more sets as answers come that are small enough for them.
struct AnswerCache {
    private struct Slot {
        var hash: UInt64 = 0
        var wasUsed = false
        var key: AnswerKey?
        var answer: ReadyAnswer?
        var cost = 0
    }

    private static let ways = 4
    /// Sets at first, a power of two; with four places each, 4096 answers of 4 KiB fill half of the default size.
    private static let leastSets = 1024
    /// Sets at most, as which a loop's places take 3 MiB: as many places as there are answers, of a kilobyte with their head,
    /// in the default size.
    private static let mostSets = 8192
    /// Answers that hold a file open: descriptors are for connections first.
    private static let fileLimit = 256
    /// Bytes counted for an entry beyond its content.
    private static let overhead = 256

    private let limit: Int
    private let seed: UInt64
    private var slots = [Slot](repeating: Slot(), count: ways * leastSets)
    /// Takes a set's number from a hash.
    private var mask = UInt64(leastSets - 1)
    private(set) var count = 0
    private var size = 0
    private var files = 0
    private var hand = 0
    /// What the next chance depends on; never 0.
    private var chance: UInt64

    /// - Parameter limit: In bytes.
    init(limit: Int) {
        self.limit = limit
        seed = UInt64.random(in: .min ... .max)
        chance = seed | 1
    }

    /// Whether an answer that is quickly made again is worth a place: each is while there is room, then one of eight. What is
    /// asked for often gets its place all the same, and one that isn't seldom costs the place of one that is.
    mutating func admits() -> Bool {
        guard size > limit - limit / 8 else { return true }
        // Xorshift (Marsaglia, "Xorshift RNGs"): a rule that clients could foresee would let them keep others out.
        chance ^= chance << 13
        chance ^= chance >> 7
        chance ^= chance << 17
        return chance >> 61 == 0
    }

    /// The answer to a plain request, where it is known.
    mutating func find(_ head: RequestHead, in bytes: Span<UInt8>, endpoint: Int) -> ReadyAnswer? {
        let hash = hash(bytes, head.target, head.ifNoneMatch)
        let set = set(of: hash)
        for index in set..<set + Self.ways where slots[index].hash == hash {
            guard slots[index].key?.matches(head, in: bytes, endpoint: endpoint) == true else { continue }
            slots[index].wasUsed = true
            return slots[index].answer
        }
        return nil
    }

    /// Keeps an answer, in place of one not used lately; not where it alone would take an eighth of the room.
    mutating func insert(_ answer: ReadyAnswer, for key: AnswerKey) {
        let cost = answer.bytes.count + key.bytes.count + Self.overhead
        guard cost <= limit / 8, answer.parts.isEmpty || files < Self.fileLimit else { return }
        let hash = hash(key.bytes.span, key.target, key.ifNoneMatch)
        if count > slots.count / 2, size < limit / 4 * 3, slots.count < Self.mostSets * Self.ways { grow() }
        let place = place(for: key, hash)
        remove(place)
        while size + cost > limit { evictOne() }
        answer.isKept = true
        slots[place] = Slot(hash: hash, wasUsed: true, key: key, answer: answer, cost: cost)
        size += cost
        count += 1
        if !answer.parts.isEmpty { files += 1 }
    }

    /// Where the answer for a key goes: where it is already, where nothing is, or where what is was not used lately.
    private func place(for key: AnswerKey, _ hash: UInt64) -> Int {
        let set = set(of: hash)
        var place = set
        for index in set..<set + Self.ways {
            if slots[index].hash == hash, slots[index].key == key { return index }
            if slots[place].answer != nil, slots[index].answer == nil || (slots[place].wasUsed && !slots[index].wasUsed)
            {
                place = index
            }
        }
        return place
    }

    /// Doubles the sets: what was in one goes into two, so that all finds its place.
    private mutating func grow() {
        let old = slots
        slots = [Slot](repeating: Slot(), count: old.count * 2)
        mask = mask << 1 | 1
        for slot in old where slot.answer != nil {
            let set = set(of: slot.hash)
            guard let place = (set..<set + Self.ways).first(where: { slots[$0].answer == nil }) else { continue }
            slots[place] = slot
        }
    }

    /// Forgets everything.
    mutating func removeAll() {
        for index in slots.indices { remove(index) }
    }

    /// Goes round the places and takes the next one not used since the last round.
    private mutating func evictOne() {
        while size > 0 {
            hand = (hand + 1) % slots.count
            if slots[hand].wasUsed {
                slots[hand].wasUsed = false
            } else if slots[hand].answer != nil {
                return remove(hand)
            }
        }
    }

    private mutating func remove(_ index: Int) {
        guard let answer = slots[index].answer else { return }
        size -= slots[index].cost
        count -= 1
        if !answer.parts.isEmpty { files -= 1 }
        slots[index] = Slot()
    }

    /// Where the set of a hash begins: by its high bits, which are the well-mixed ones; the lowest is always set.
    private func set(of hash: UInt64) -> Int { Int(truncatingIfNeeded: hash >> 40 & mask) * Self.ways }

    /// Eight bytes at a step (multiply and rotate, after FxHash); the seed keeps sets from being filled on purpose.
    private func hash(_ bytes: Span<UInt8>, _ target: Range<Int>, _ condition: Range<Int>) -> UInt64 {
        var hash = hash(bytes, target, from: seed)
        if !condition.isEmpty { hash = self.hash(bytes, condition, from: hash) }
        // Never 0, which marks an empty place.
        return hash >> 1 ^ hash << 33 | 1
    }

    private func hash(_ bytes: Span<UInt8>, _ range: Range<Int>, from start: UInt64) -> UInt64 {
        let raw = unsafe bytes.bytes
        var hash = start
        var index = range.lowerBound
        while range.upperBound - index >= 8 {
            // Eight bytes from `index` on lie within `range`, which lies within `bytes`.
            let word = unsafe raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            hash = (hash << 5 | hash >> 59) ^ word
            hash = hash &* 0x9E37_79B9_7F4A_7C15
            index += 8
        }
        while index < range.upperBound {
            hash = (hash << 5 | hash >> 59) ^ UInt64(bytes[index])
            hash = hash &* 0x9E37_79B9_7F4A_7C15
            index += 1
        }
        return hash
    }
}
