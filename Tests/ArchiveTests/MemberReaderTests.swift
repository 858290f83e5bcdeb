import Archive
import Content
import Testing
import Zlib

/// Members of a gzip that say how long they are: what a reader is asked, whatever they say.
@Suite struct MemberReaderTests {
    /// A tar of two files, cut between them.
    private static let halves: (first: [UInt8], second: [UInt8]) = {
        var first = TarBuilder()
        first.file("a", "one")
        var second = TarBuilder()
        second.file("b", "two")
        second.zeros(blocks: 2)
        return (first.bytes, second.bytes)
    }()
    private static var tar: [UInt8] { halves.first + halves.second }

    @Test func everyMemberIsAskedForAndInflated() throws {
        let (first, second) = (try framed(Self.halves.first), try framed(Self.halves.second))
        let outcome = try decodeEveryWay(first + second, known: [:])
        #expect(outcome.error == nil)
        #expect(outcome.asked == [first, second])
        #expect(
            outcome.pieces == [
                .begin, .bytes(Self.halves.first), .end, .begin, .bytes(Self.halves.second), .end,
            ]
        )
    }

    @Test func aKnownMemberIsNotInflated() throws {
        let (first, second) = (try framed(Self.halves.first), try framed(Self.halves.second))
        // Wherever it stands.
        var outcome = try decodeEveryWay(first + second, known: [first: Self.halves.first])
        #expect(outcome.error == nil)
        #expect(outcome.pieces == [.known(Self.halves.first), .begin, .bytes(Self.halves.second), .end])
        outcome = try decodeEveryWay(first + second, known: [second: Self.halves.second])
        #expect(outcome.error == nil)
        #expect(outcome.pieces == [.begin, .bytes(Self.halves.first), .end, .known(Self.halves.second)])
        // That its bytes are never looked at shows where they are damaged.
        var damaged = second
        damaged[30] ^= 0xFF
        #expect(try decodeEveryWay(first + damaged, known: [:]).error != nil)
        #expect(try decodeEveryWay(first + damaged, known: [damaged: Self.halves.second]).error == nil)
    }

    @Test func membersWithoutALengthAreInflatedUnasked() throws {
        let layer = try gzip(Self.halves.first) + framed(Self.halves.second)
        let outcome = try decodeEveryWay(layer, known: [:])
        #expect(outcome.error == nil)
        #expect(outcome.asked.count == 1)
        #expect(outcome.pieces == [.bytes(Self.halves.first), .begin, .bytes(Self.halves.second), .end])
        #expect(try decodeEveryWay(try gzip(Self.tar), known: [:]).asked.isEmpty)
    }

    /// Lengths that are not the member's own, of which some can't even be one.
    @Test(arguments: [0, 1, 20, 21, 40, 90, 120, 1 << 20, MemberLength.most + 1, Int(UInt32.max)])
    func aForgedLengthChangesNothing(_ claim: Int) throws {
        let honest = try framed(Self.halves.first)
        let layer = try framed(Self.halves.first, claiming: claim) + framed(Self.halves.second)
        try #require(claim != honest.count)
        let outcome = try decodeEveryWay(layer, known: [honest: Self.halves.first])
        #expect(outcome.error == nil)
        #expect(outcome.bytes == Self.tar)
        // Nobody is told that what came was the member that was asked about.
        let ends = outcome.pieces.filter { $0 == .end }.count
        #expect(ends <= 1, "\(outcome.pieces)")
        #expect(!outcome.pieces.contains(.known(Self.halves.first)))
    }

    /// A length that spans two members: the second isn't asked for, and what comes behind them is.
    @Test func aLengthOfTwoMembers() throws {
        let second = try framed(Self.halves.second)
        let first = try framed(Self.halves.first)
        let both = try framed(Self.halves.first, claiming: first.count + second.count)
        let third = try framed([UInt8](repeating: 0, count: 512))
        let outcome = try decodeEveryWay(both + second + third, known: [second: Self.halves.second])
        #expect(outcome.error == nil)
        #expect(outcome.asked == [both + second, third])
        #expect(outcome.bytes == Self.tar + [UInt8](repeating: 0, count: 512))
    }

    @Test func emptyMembersAndWhatFollowsThem() throws {
        let (empty, plain) = (try framed([]), try gzip([]))
        let layer = try framed(Self.tar) + plain + empty + plain + plain + empty
        let outcome = try decodeEveryWay(layer, known: [:])
        #expect(outcome.error == nil)
        #expect(outcome.bytes == Self.tar)
        #expect(outcome.asked.count == 3)
        let stray = ArchiveError.compression(.trailingBytes(offset: Int64(layer.count)))
        #expect(try decodeEveryWay(layer + [0], known: [:]).error == stray)
        #expect(try decodeEveryWay(layer + [0x1F], known: [:]).error == .compression(.truncated))
    }

    @Test func aMemberThatIsCutOff() throws {
        let (first, second) = (try framed(Self.halves.first), try framed(Self.halves.second))
        for count in second.indices.dropFirst() {
            let outcome = decode(first + second[..<count], known: [:])
            #expect(outcome.error == .compression(.truncated), "\(count)")
            #expect(Self.tar.starts(with: outcome.bytes))
        }
    }

    /// What isn't inflated counts all the same.
    @Test func limitsCountWhatIsKnown() throws {
        let tail = [UInt8](repeating: 0, count: 3 << 20)
        let member = try framed(tail)
        let layer = try framed(Self.tar) + member + member
        let limits = ArchiveLimits(maxFiles: 1, maxFileSize: 1 << 20, maxTotalSize: 4 << 20)
        let inflated = decode(layer, known: [:], limits: limits)
        let known = decode(layer, known: [member: tail], limits: limits)
        #expect(inflated.error == .totalTooLarge(limit: limits.maxTotalSize))
        #expect(known.error == inflated.error)
        let ratio = ArchiveLimits(maxRatio: 2)
        let huge = [UInt8](repeating: 0, count: 65 << 20)
        let most = try framed(Self.tar) + member
        #expect(decode(most, known: [member: huge], limits: ratio).error == .ratioTooHigh(limit: 2))
    }
}
