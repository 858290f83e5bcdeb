internal import Zlib

/// Holds a member of the gzip back until its length is known, which stands at its beginning; or nothing, where it says
/// none.
final class MemberOutput {
    private let emit: (RawSpan) throws -> Void
    private var member: [UInt8] = []
    private let isHeldBack: Bool
    /// Set where the member is too long to be held: it says no length.
    private var isPassing: Bool

    init(isHeldBack: Bool, _ emit: @escaping (RawSpan) throws -> Void) {
        self.isHeldBack = isHeldBack
        isPassing = !isHeldBack
        self.emit = emit
    }

    /// Takes the next bytes of the member.
    func write(_ bytes: RawSpan) throws {
        if isPassing { return try emit(bytes) }
        if bytes.byteCount > MemberLength.most - member.count {
            isPassing = true
            try flush()
            return try emit(bytes)
        }
        member.append(bytes)
    }

    /// Ends the member.
    func end() throws {
        if !isPassing {
            MemberLength.write(into: &member)
            try flush()
        }
        isPassing = !isHeldBack
    }

    private func flush() throws {
        // Taken out and put back, so that the memory stays.
        var held: [UInt8] = []
        swap(&held, &member)
        // `bytes` is only unsafe for elements with padding; a byte has none.
        unsafe try emit(held.span.bytes)
        held.removeAll(keepingCapacity: true)
        swap(&held, &member)
    }
}
