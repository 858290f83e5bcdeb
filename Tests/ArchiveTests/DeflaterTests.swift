import Testing
import Zlib

@Suite struct DeflaterTests {
    @Test func theHeaderSaysNothingOfTheMachine() throws {
        // ID1, ID2, deflate, no flags, no time, no extra flags, system unknown (RFC 1952, section 2.3).
        #expect(try Array(gzip(Array("text".utf8)).prefix(10)) == [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF])
    }

    @Test(arguments: [0, 1, 70_000, 1 << 20])
    func whatWentInComesOut(_ length: Int) throws {
        let bytes = noise(length)
        #expect(try inflate(gzip(bytes), bufferSize: 1 << 16) == Inflated(bytes: bytes, members: 1))
    }

    @Test func levelsAreTaken() throws {
        let text = (0..<20_000).flatMap { Array("line \($0 % 977) of some text\n".utf8) }
        func size(_ level: Int32) throws -> Int {
            var deflater = try Deflater(level: level)
            var count = 0
            try deflater.consume(text.span.bytes) { count += $0.byteCount }
            try deflater.finish { count += $0.byteCount }
            return count
        }
        #expect(try size(9) < size(1))
        #expect(try size(100) == size(9))
    }

    /// Used again, after an end and in the midst, it makes the same of the same.
    @Test func oneAfterTheOther() throws {
        let texts = [noise(70_000), Array("text".utf8), noise(300_000)]
        var deflater = try Deflater()
        for isLeftUnfinished in [false, true] {
            for text in texts {
                try deflater.reset()
                if isLeftUnfinished {
                    try deflater.consume(noise(100_000).span.bytes) { _ in }
                    try deflater.reset()
                }
                var bytes: [UInt8] = []
                func take(_ piece: RawSpan) { piece.withUnsafeBytes { bytes.append(contentsOf: $0) } }
                try deflater.consume(text.span.bytes, emit: take)
                try deflater.finish(emit: take)
                #expect(bytes == (try gzip(text)))
            }
        }
    }

    @Test func nothingFollowsTheEnd() throws {
        var deflater = try Deflater()
        try deflater.finish { _ in }
        do {
            try deflater.consume([1].span.bytes) { _ in }
            Issue.record("a finished member took more")
        } catch let error as ZlibError {
            #expect(error == .finished)
        }
    }

    /// The check value of CRC-32/ISO-HDLC, which gzip has.
    @Test func theChecksumIsThatOfGzip() {
        #expect(CRC32.sum(of: Array("123456789".utf8)) == 0xCBF4_3926)
        #expect(CRC32.sum(of: []) == 0)
    }
}
