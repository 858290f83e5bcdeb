import Testing
import Zlib

@Suite struct InflaterTests {
    private let text = Array("one two three two three two".utf8) + noise(300)

    @Test func oneMember() throws {
        #expect(try inflateEveryWay(gzip(text)) == Inflated(bytes: text, members: 1))
    }

    @Test func severalMembersAreOneStream() throws {
        let stream = try gzip(text) + gzip([]) + gzip(Array("end".utf8))
        #expect(try inflateEveryWay(stream) == Inflated(bytes: text + Array("end".utf8), members: 3))
    }

    @Test(arguments: [[0], [0, 0, 0, 0], [0x1E], Array("garbage".utf8)] as [[UInt8]])
    func trailingBytesAreRefused(_ tail: [UInt8]) throws {
        let member = try gzip(text)
        #expect(
            try inflateEveryWay(member + tail)
                == Inflated(members: 1, error: .trailingBytes(offset: Int64(member.count)))
        )
    }

    @Test func aTailThatOnlyBeginsLikeAMemberIsRefused() throws {
        let member = try gzip(text)
        #expect(try inflateEveryWay(member + [0x1F]).error == .truncated)
        #expect(try inflateEveryWay(member + [0x1F, 0x8C, 8]).error == .corrupt(reason: "incorrect header check"))
    }

    @Test func everyTruncationIsNoticed() throws {
        let member = try gzip(text)
        for count in 0..<member.count {
            #expect(try inflate(Array(member.prefix(count))).error == .truncated)
        }
    }

    @Test func aWrongChecksumOrLengthIsNoticed() throws {
        var member = try gzip(text)
        member[member.count - 8] ^= 1
        #expect(try inflateEveryWay(member).error == .corrupt(reason: "incorrect data check"))
        member[member.count - 8] ^= 1
        member[member.count - 1] ^= 1
        #expect(try inflateEveryWay(member).error == .corrupt(reason: "incorrect length check"))
    }

    @Test func zlibAndRawStreamsAreNoGzip() throws {
        #expect(try inflate([0x78, 0x9C, 3, 0, 0, 0, 0, 1]).error == .corrupt(reason: "incorrect header check"))
    }

    @Test func flagsAndMethodsThatNobodyKnowsAreRefused() throws {
        var member = try gzip(text)
        member[3] |= 0x20
        #expect(try inflateEveryWay(member).error == .corrupt(reason: "unknown header flags set"))
        member[3] = 0
        member[2] = 7
        #expect(try inflateEveryWay(member).error == .corrupt(reason: "unknown compression method"))
    }

    /// FEXTRA, FNAME, FCOMMENT and FHCRC, which the library reads over (RFC 1952 section 2.3).
    @Test func everyFieldOfAHeaderIsPassedOver() throws {
        var header: [UInt8] = [0x1F, 0x8B, 8, 0x1E, 0, 0, 0, 0, 0, 3, 2, 0, 9, 9]
        header += Array("name".utf8) + [0, 0x63, 0]
        let sum = crc32(header)
        let sumBytes = [UInt8(truncatingIfNeeded: sum), UInt8(truncatingIfNeeded: sum >> 8)]
        let content: [UInt8] = Array(try gzip(text).dropFirst(10))
        let member = header + sumBytes + content
        #expect(try inflateEveryWay(member) == Inflated(bytes: text, members: 1))
        let wrong = header + [sumBytes[0] ^ 1, sumBytes[1]] + content
        #expect(try inflateEveryWay(wrong).error != nil)
    }

    /// RFC 1952 section 8, one bit after the other.
    private func crc32(_ bytes: [UInt8]) -> UInt32 {
        var sum = UInt32.max
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 0 ? sum >> 1 : (sum >> 1) ^ 0xEDB8_8320 }
        }
        return ~sum
    }

    @Test(arguments: [1, 99, 100, 101, 200, 1000])
    func everyLengthAroundTheBuffersSize(_ length: Int) throws {
        let bytes = noise(length)
        #expect(try inflate(gzip(bytes)) == Inflated(bytes: bytes, members: 1))
        let zeros = [UInt8](repeating: 0, count: length)
        #expect(try inflate(gzip(zeros)) == Inflated(bytes: zeros, members: 1))
    }

    @Test func piecesAreNeverLargerThanTheBuffer() throws {
        let member = try gzip([UInt8](repeating: 7, count: 1 << 20))
        var inflater = try Inflater(bufferSize: 4096)
        var largest = 0
        var total = 0
        try inflater.consume(member.span.bytes) { piece in
            largest = max(largest, piece.byteCount)
            total += piece.byteCount
        }
        try inflater.finish()
        #expect(largest == 4096)
        #expect(total == 1 << 20)
        #expect(inflater.consumedCount == Int64(member.count))
    }

    @Test func whatTheReceiverThrowsEndsTheStream() throws {
        struct Full: Error {}
        let member = try gzip(text)
        var inflater = try Inflater()
        do {
            try inflater.consume(member.span.bytes) { _ in throw Full() }
            Issue.record("nothing was thrown")
        } catch is Full {}
        do {
            try inflater.consume(member.span.bytes) { _ in }
            Issue.record("the stream went on after a failure")
        } catch let error as ZlibError {
            #expect(error == .finished)
        }
    }
}
