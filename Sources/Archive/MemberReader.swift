internal import Zlib

/// What is asked, and told, of the members of a gzip that say how long they are.
package struct MemberHandlers {
    /// Gets a whole member, still compressed, before it is inflated. Gives how many bytes it would inflate to where its
    /// caller knows them already and doesn't want them; `nil` has it inflated.
    package let recognize: (RawSpan) throws -> Int64?
    /// Told where what was handed over since `recognize` is that member, no more and no less.
    package let ended: () throws -> Void

    package init(recognize: @escaping (RawSpan) throws -> Int64?, ended: @escaping () throws -> Void) {
        self.recognize = recognize
        self.ended = ended
    }
}

/// Inflates a gzip, member by member where those say how long they are (``MemberLength``) and somebody wants to know.
///
/// What comes out doesn't depend on what a member says: one that lies about its length is inflated like any other.
struct MemberReader: ~Copyable {
    private enum Phase {
        /// What comes next is the first byte of a member.
        case header
        /// The member has so many bytes, and not all of them have come.
        case gathering(length: Int)
        /// It says no length, or not its own.
        case passing
    }

    private var inflater: Inflater
    private let handlers: MemberHandlers?
    private var phase = Phase.header
    /// The beginning of a member whose rest has not come yet.
    private var gathered: [UInt8] = []

    init(_ handlers: MemberHandlers?) throws(ZlibError) {
        inflater = try Inflater()
        self.handlers = handlers
    }

    /// Takes the next bytes.
    ///
    /// - Parameters:
    ///   - emit: gets what they inflate to.
    ///   - skip: told how many bytes were not wanted, in their place.
    mutating func consume(
        _ bytes: RawSpan,
        emit: (RawSpan) throws -> Void,
        skip: (Int64) throws -> Void
    ) throws {
        guard let handlers else { return try inflater.consume(bytes, emit: emit) }
        var rest = bytes
        while !rest.isEmpty {
            switch phase {
            case .header:
                if gathered.isEmpty, rest.byteCount >= MemberLength.headerSize {
                    phase = Self.phase(of: rest)
                } else {
                    rest = rest.extracting(droppingFirst: gather(rest, upTo: MemberLength.headerSize))
                    guard gathered.count == MemberLength.headerSize else { return }
                    // `bytes` is only unsafe for elements with padding; a byte has none.
                    phase = unsafe Self.phase(of: gathered.span.bytes)
                    if case .passing = phase { try passGathered(emit: emit) }
                }
            case .gathering(let length):
                if gathered.isEmpty, rest.byteCount >= length {
                    try take(rest.extracting(first: length), handlers, emit: emit, skip: skip)
                    rest = rest.extracting(droppingFirst: length)
                } else {
                    rest = rest.extracting(droppingFirst: gather(rest, upTo: length))
                    guard gathered.count == length else { return }
                    try takeGathered(handlers, emit: emit, skip: skip)
                }
            case .passing:
                rest = rest.extracting(droppingFirst: try inflater.consumeMember(rest, emit: emit))
                if inflater.isBetweenMembers { phase = .header }
            }
        }
    }

    /// Says that nothing follows.
    ///
    /// - Throws: ``ZlibError/truncated`` unless the last member is complete; ``ZlibError/finished`` after a failure.
    mutating func finish(emit: (RawSpan) throws -> Void) throws {
        if !gathered.isEmpty { try passGathered(emit: emit) }
        try inflater.finish()
    }

    private static func phase(of header: RawSpan) -> Phase {
        MemberLength.read(header).map { .gathering(length: $0) } ?? .passing
    }

    /// Keeps what is missing for `count` bytes, and says how many that were.
    private mutating func gather(_ bytes: RawSpan, upTo count: Int) -> Int {
        let taken = min(count - gathered.count, bytes.byteCount)
        gathered.append(bytes.extracting(first: taken))
        return taken
    }

    /// Inflates what was kept: the beginning of a member, or all of it, as none is shorter than such a header.
    private mutating func passGathered(emit: (RawSpan) throws -> Void) throws {
        var held: [UInt8] = []
        swap(&held, &gathered)
        // `bytes` is only unsafe for elements with padding; a byte has none.
        unsafe try inflater.consume(held.span.bytes, emit: emit)
        if inflater.isBetweenMembers { phase = .header }
    }

    private mutating func takeGathered(
        _ handlers: MemberHandlers,
        emit: (RawSpan) throws -> Void,
        skip: (Int64) throws -> Void
    ) throws {
        // Taken out and put back, so that it can be read while this value changes, without a copy.
        var member: [UInt8] = []
        swap(&member, &gathered)
        // `bytes` is only unsafe for elements with padding; a byte has none.
        unsafe try take(member.span.bytes, handlers, emit: emit, skip: skip)
        member.removeAll(keepingCapacity: true)
        swap(&member, &gathered)
    }

    /// Deals with as many bytes as a member that begins with the first one says it has.
    private mutating func take(
        _ member: RawSpan,
        _ handlers: MemberHandlers,
        emit: (RawSpan) throws -> Void,
        skip: (Int64) throws -> Void
    ) throws {
        if let size = try handlers.recognize(member) {
            try inflater.skipMember(byteCount: member.byteCount)
            try skip(size)
            phase = .header
            return
        }
        var taken = try inflater.consumeMember(member, emit: emit)
        if taken == member.byteCount, inflater.isBetweenMembers {
            try handlers.ended()
        } else {
            // It ends earlier or later than it says. What follows within is not asked for again: each of very many very
            // short members could say that it is as long as all of them.
            while taken < member.byteCount {
                taken += try inflater.consumeMember(member.extracting(droppingFirst: taken), emit: emit)
            }
        }
        phase = inflater.isBetweenMembers ? .header : .passing
    }
}
