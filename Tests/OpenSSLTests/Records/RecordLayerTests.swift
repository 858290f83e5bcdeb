import TestSupport
import Testing

@testable import OpenSSL

/// The record layer with keys that are known: those of RFC 8448 section 3.
@Suite struct RecordLayerTests {
    private static let clientSecret = "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5"
    private static let serverSecret = "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643"
    /// `00 01 … 31`, as both sides send it.
    private static let content = (0..<50).map { UInt8($0) }

    /// Both ends of a connection.
    private struct Ends {
        let transport = TLSTransport(input: 65_536, output: 600_000)
        let layer: RecordLayer
        /// The client's side, made of the same parts.
        let cipher: RecordCipher
        var sending: ClientKeys
        var receiving: ClientKeys

        init(sealed: UInt64 = 0, keyLimit: UInt64 = RecordLayer.keyLimit) throws {
            let cipher = try transport.cipher(of: .aes128)
            layer = RecordLayer(
                cipher: cipher,
                transport: transport,
                receiving: try keys(clientSecret, cipher),
                sending: try keys(serverSecret, cipher, sealed: sealed),
                keyLimit: keyLimit
            )
            self.cipher = try RecordCipher(.aes128, schedule: KeySchedule(.sha256))
            sending = ClientKeys(try keys(clientSecret, self.cipher))
            receiving = ClientKeys(try keys(serverSecret, self.cipher, sealed: sealed))
        }

        /// A record of the client's.
        func seal(_ content: [UInt8], type: UInt8 = ContentType.applicationData, padding: Int = 0) -> [UInt8] {
            // As the type is the last byte that is not zero, padding is content of a type of zero.
            var content = content
            var type = type
            if padding > 0 {
                content += [type] + [UInt8](repeating: 0, count: padding - 1)
                type = 0
            }
            var record = [UInt8](repeating: 0, count: content.count + RecordCipher.overhead)
            let isSealed = record.withUnsafeMutableBytes { target in
                content.withUnsafeBytes {
                    cipher.seal($0, type: type, with: &sending.keys, into: target.baseAddress!)
                }
            }
            #expect(isSealed)
            return record
        }

        /// The contents, their type last, of the records that the layer has sealed.
        func opened() -> [[UInt8]] {
            var all: [[UInt8]] = []
            var rest = transport.output.contents[...]
            transport.output.clear()
            while rest.count >= RecordCipher.headerSize {
                let base = rest.startIndex
                let record = Array(rest.prefix(5 + Int(rest[base + 3]) << 8 + Int(rest[base + 4])))
                rest = rest.dropFirst(record.count)
                var content = [UInt8](repeating: 0, count: record.count)
                let isOpen = content.withUnsafeMutableBytes { target in
                    record.withUnsafeBytes { cipher.open($0, with: &receiving.keys, into: target.baseAddress!) }
                }
                #expect(isOpen)
                all.append(Array(content[..<(record.count - 21)]))
            }
            return all
        }

        /// That the first record says that other keys follow; takes it, and them.
        func expectKeyUpdate(sourceLocation: SourceLocation = #_sourceLocation) throws {
            let records = transport.output.contents
            transport.output.clear()
            _ = transport.output.append(Array(records[..<27]))
            #expect(opened() == [[24, 0, 0, 1, 0, ContentType.handshake]], sourceLocation: sourceLocation)
            try receiving.keys.update()
            _ = transport.output.append(Array(records[27...]))
        }

        func read(_ bytes: [UInt8]) -> (TLSSession.Reading, [UInt8]) {
            _ = transport.input.append(bytes)
            var plain = [UInt8](repeating: 0, count: TLSSession.leastRoom)
            let reading = plain.withUnsafeMutableBytes { layer.read(into: $0) }
            if case .bytes(let count) = reading { return (reading, Array(plain[..<count])) }
            return (reading, [])
        }

        func write(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { layer.write($0) } }

        /// That `bytes` end the connection with this alert.
        func expectFailure(_ alert: UInt8, _ bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) {
            #expect(read(bytes).0 == .failed, sourceLocation: sourceLocation)
            #expect(opened() == [[2, alert, ContentType.alert]], sourceLocation: sourceLocation)
        }
    }

    private final class ClientKeys {
        var keys: TrafficKeys
        init(_ keys: consuming TrafficKeys) { self.keys = keys }
    }

    private static func keys(_ secret: String, _ cipher: RecordCipher, sealed: UInt64 = 0) throws -> TrafficKeys {
        let bytes = SecretBytes(count: 32)
        bytes.bytes.copyBytes(from: Hexadecimal.bytes(secret))
        return try TrafficKeys(suite: .aes128, secret: bytes, schedule: cipher.schedule, sequence: sealed)
    }

    // MARK: As RFC 8448 has it

    @Test func keysAreThoseOfTheTrace() throws {
        let cipher = try RecordCipher(.aes128, schedule: KeySchedule(.sha256))
        var keys = try Self.keys(Self.serverSecret, cipher)
        #expect(Hexadecimal.text(keys.keyBytes) == "9f02283b6c9c07efc26bb9f2ac92e356")
        var nonce = [UInt8](repeating: 0, count: 12)
        for last in ["84", "85"] {
            #expect(nonce.withUnsafeMutableBytes { keys.nextNonce(into: $0.baseAddress!) })
            #expect(Hexadecimal.text(nonce) == "cf782b88dd83549aadf1e9" + last)
        }
    }

    @Test func recordsAreThoseOfTheTrace() throws {
        // The server's first record was the session ticket.
        let ends = try Ends(sealed: 1)
        let fromClient = Hexadecimal.bytes(
            """
            17 03 03 00 43 a2 3f 70 54 b6 2c 94 d0 af fa fe 82 28 ba 55 cb ef ac ea 42 f9 14 aa 66 bc ab 3f 2b 98 19 a8 a5
            b4 6b 39 5b d5 4a 9a 20 44 1e 2b 62 97 4e 1f 5a 62 92 a2 97 70 14 bd 1e 3d ea e6 3a ee bb 21 69 49 15 e4
            """
        )
        #expect(ends.read(fromClient) == (.bytes(50), Self.content))
        #expect(ends.write(Self.content))
        #expect(
            ends.transport.output.contents
                == Hexadecimal.bytes(
                    """
                    17 03 03 00 43 2e 93 7e 11 ef 4a c7 40 e5 38 ad 36 00 5f c4 a4 69 32 fc 32 25 d0 5f 82 aa 1b 36 e3 0e
                    fa f9 7d 90 e6 df fc 60 2d cb 50 1a 59 a8 fc c4 9c 4b f2 e5 f0 a2 1c 00 47 c2 ab f3 32 54 0d d0 32 e1
                    67 c2 95 5d
                    """
                )
        )
        let goodbye = Hexadecimal.bytes("17 03 03 00 13 c9 87 27 60 65 56 66 b7 4d 7f f1 15 3e fd 6d b6 d0 b0 e3")
        #expect(ends.read(goodbye).0 == .closed)
        ends.transport.output.clear()
        ends.layer.shutDown()
        #expect(
            ends.transport.output.contents
                == Hexadecimal.bytes("17 03 03 00 13 b5 8f d6 71 66 eb f5 99 d2 47 20 cf be 7e fa 7a 88 64 a9")
        )
    }

    // MARK: What comes in

    @Test func cutAtEveryByte() throws {
        let ends = try Ends()
        let record = ends.seal(Self.content) + ends.seal([], padding: 3) + ends.seal([9], padding: 300)
        var all: [UInt8] = []
        for byte in record {
            let (reading, plain) = ends.read([byte])
            if reading != .needsInput { all += plain }
        }
        #expect(all == Self.content + [9])
    }

    @Test func everyBitOfARecordCounts() throws {
        let good = try Ends().seal(Self.content)
        for index in good.indices where !(1...4).contains(index) {
            let ends = try Ends()
            var record = good
            record[index] ^= 1 << UInt8(index % 8)
            ends.expectFailure(index == 0 ? 10 : 20, record)
        }
        // The version is sealed along; a length that is too short leaves a tag that is none.
        for (index, bit) in [(1, 1), (2, 4), (4, 1)] as [(Int, UInt8)] {
            let ends = try Ends()
            var record = good
            record[index] ^= bit
            ends.expectFailure(20, record)
        }
    }

    @Test func recordsOutOfTurnAreRefused() throws {
        let ends = try Ends()
        let records = (ends.seal([1]), ends.seal([2]))
        ends.expectFailure(20, records.1)
        let again = try Ends()
        #expect(again.read(records.0).0 == .bytes(1))
        again.expectFailure(20, records.0)
    }

    @Test func lengthsHaveALimit() throws {
        // Refused by its header alone: nothing waits for what would follow.
        try Ends().expectFailure(22, [23, 3, 3, 0x41, 0x01])
        let ends = try Ends()
        #expect(ends.read([23, 3, 3, 0x41, 0x00]).0 == .needsInput)
        try Ends().expectFailure(20, [23, 3, 3, 0, 0])
        try Ends().expectFailure(20, [23, 3, 3, 0, 16] + [UInt8](repeating: 0, count: 16))
        // The longest content.
        let longest = try Ends()
        let content = [UInt8](repeating: 1, count: RecordCipher.contentLimit)
        #expect(longest.read(longest.seal(content)) == (.bytes(content.count), content))
    }

    /// It counts as content does (RFC 8446 section 5.4).
    @Test func paddingHasALimit() throws {
        let longest = try Ends()
        let room = RecordCipher.contentLimit - Self.content.count
        #expect(longest.read(longest.seal(Self.content, padding: room)) == (.bytes(50), Self.content))
        let ends = try Ends()
        ends.expectFailure(22, ends.seal(Self.content, padding: room + 1))
    }

    @Test(arguments: [20, 21, 22, 24, 0, 128] as [UInt8])
    func onlySealedRecordsFollowAHandshake(_ type: UInt8) throws {
        try Ends().expectFailure(10, [type, 3, 3, 0, 1, 1])
    }

    @Test(arguments: [20, 24, 26, 255] as [UInt8])
    func otherTypesAreRefused(_ type: UInt8) throws {
        let ends = try Ends()
        ends.expectFailure(10, ends.seal([1], type: type))
    }

    @Test func aRecordOfNothingIsRefused() throws {
        let ends = try Ends()
        ends.expectFailure(10, ends.seal([0, 0, 0], type: 0))
    }

    @Test(
        arguments: [
            ([1, 0], .closed, nil), ([2, 0], .closed, nil), ([1, 90], .needsInput, nil), ([2, 40], .failed, nil),
            ([1, 40], .failed, nil), ([2, 255], .failed, nil), ([], .failed, 50), ([1], .failed, 50),
            ([1, 0, 1, 0], .failed, 50),
        ] as [([UInt8], TLSSession.Reading, UInt8?)]
    )
    func alerts(_ alert: [UInt8], _ reading: TLSSession.Reading, _ answer: UInt8?) throws {
        let ends = try Ends()
        #expect(ends.read(ends.seal(alert, type: ContentType.alert)).0 == reading)
        #expect(ends.opened() == (answer.map { [[2, $0, ContentType.alert]] } ?? []))
    }

    @Test(
        arguments: [
            ([], 10), ([24, 0, 0, 1, 2], 47), ([24, 0, 0, 1, 0, 0], 10), ([24, 0, 0, 1, 0, 24, 0, 0, 1, 0], 10),
            ([24, 0, 0, 2], 50), ([24, 0, 0, 0], 50), ([24, 0, 0, 2, 0], 50), ([24, 1, 0, 1, 0], 50),
            ([1, 0, 0, 1, 0], 10), ([11, 0, 0, 0], 10), ([4, 0, 0, 1, 0], 10),
        ] as [([UInt8], UInt8)]
    )
    func messages(_ message: [UInt8], _ alert: UInt8) throws {
        let ends = try Ends()
        ends.expectFailure(alert, ends.seal(message, type: ContentType.handshake))
    }

    /// A handshake message may lie in several records (RFC 8446 section 5.1).
    @Test(arguments: [[1, 4], [4, 1], [1, 1, 1, 1, 1], [2, 3]])
    func aMessageInSeveralRecords(_ sizes: [Int]) throws {
        let ends = try Ends()
        var message = [24, 0, 0, 1, 1] as [UInt8]
        for size in sizes {
            let record = ends.seal(Array(message.prefix(size)), type: ContentType.handshake)
            message.removeFirst(size)
            #expect(ends.read(record).0 == .needsInput)
        }
        try ends.sending.keys.update()
        #expect(ends.read(ends.seal([1])).0 == .bytes(1))
        #expect(ends.write([2]))
        try ends.expectKeyUpdate()
        #expect(ends.opened() == [[2, ContentType.applicationData]])
    }

    /// But with nothing between them.
    @Test(arguments: [([1], ContentType.applicationData), ([1, 0], ContentType.alert)] as [([UInt8], UInt8)])
    func nothingComesBetweenPartsOfAMessage(_ content: [UInt8], _ type: UInt8) throws {
        let ends = try Ends()
        #expect(ends.read(ends.seal([24, 0], type: ContentType.handshake)).0 == .needsInput)
        ends.expectFailure(10, ends.seal(content, type: type))
    }

    @Test func whoIsSentMuchMayChangeKeysOften() throws {
        let ends = try Ends()
        let share = RecordLayer.uselessShare / 4
        for _ in 0..<12 {
            #expect(ends.write([UInt8](repeating: 5, count: share)))
            ends.transport.output.clear()
        }
        for _ in 0..<RecordLayer.uselessLimit + 3 {
            #expect(ends.read(ends.seal([24, 0, 0, 1, 0], type: ContentType.handshake)).0 == .needsInput)
            try ends.sending.keys.update()
        }
        #expect(ends.read(ends.seal([24, 0, 0, 1, 0], type: ContentType.handshake)).0 == .failed)
    }

    @Test func recordsWithoutDataHaveALimit() throws {
        let kinds: [([UInt8], UInt8)] = [
            ([], ContentType.applicationData), ([1, 90], ContentType.alert), ([24, 0, 0, 1, 1], ContentType.handshake),
        ]
        for (content, type) in kinds {
            let ends = try Ends()
            func useless() throws -> [UInt8] {
                let record = ends.seal(content, type: type)
                if type == ContentType.handshake { try ends.sending.keys.update() }
                return record
            }
            for _ in 0..<3 {
                for _ in 0..<RecordLayer.uselessLimit { #expect(ends.read(try useless()).0 == .needsInput) }
                #expect(ends.read(ends.seal([1])).0 == .bytes(1))
            }
            for _ in 0..<RecordLayer.uselessLimit { #expect(ends.read(try useless()).0 == .needsInput) }
            #expect(ends.read(try useless()).0 == .failed)
        }
    }

    @Test func aBufferTooSmallIsNoCrash() throws {
        let ends = try Ends()
        _ = ends.transport.input.append(ends.seal([1]))
        var small = [UInt8](repeating: 0, count: TLSSession.leastRoom - 1)
        #expect(small.withUnsafeMutableBytes { ends.layer.read(into: $0) } == .failed)
    }

    // MARK: What goes out

    @Test func recordsAreAsLargeAsCanBe() throws {
        let ends = try Ends()
        let content = [UInt8](repeating: 5, count: 40_000)
        #expect(ends.write(content))
        #expect(ends.transport.output.count <= TLSSession.ciphertextBound(content.count))
        let opened = ends.opened()
        #expect(opened.map(\.count) == [16_385, 16_385, 40_000 - 2 * 16_384 + 1])
        #expect(opened.allSatisfy { $0.last == ContentType.applicationData })
    }

    @Test func keysAreChangedInTime() throws {
        let ends = try Ends(keyLimit: 3)
        for round in 0..<5 {
            #expect(ends.write([UInt8](repeating: 5, count: 40_000)))
            #expect(ends.transport.output.count <= TLSSession.ciphertextBound(40_000))
            if round > 0 {
                // The old key's last word is that another follows.
                try ends.expectKeyUpdate()
            }
            #expect(ends.opened().map(\.count) == [16_385, 16_385, 40_000 - 2 * 16_384 + 1])
        }
    }

    /// However often it was asked for (RFC 8446 section 4.6.3).
    @Test func anUpdateIsAnsweredOnceAndBeforeData() throws {
        let ends = try Ends()
        for _ in 0..<3 {
            #expect(ends.read(ends.seal([24, 0, 0, 1, 1], type: ContentType.handshake)).0 == .needsInput)
            try ends.sending.keys.update()
        }
        #expect(ends.transport.output.isEmpty)
        #expect(ends.write([1]))
        try ends.expectKeyUpdate()
        #expect(ends.opened() == [[1, ContentType.applicationData]])
        #expect(ends.read(ends.seal([2])).0 == .bytes(1))
    }

    @Test func whatDoesNotFitIsNotWritten() throws {
        let ends = try Ends()
        ends.transport.output.filled(ends.transport.output.room - 22)
        #expect(!ends.write([1]))
        ends.transport.output.clear()
        ends.transport.output.filled(ends.transport.output.room - 23)
        #expect(ends.write([1]))
    }

    @Test func numbersEndBeforeTheyRepeat() throws {
        let cipher = try RecordCipher(.aes128, schedule: KeySchedule(.sha256))
        var keys = try Self.keys(Self.serverSecret, cipher, sealed: .max)
        var nonce = [UInt8](repeating: 0, count: 12)
        #expect(!nonce.withUnsafeMutableBytes { keys.nextNonce(into: $0.baseAddress!) })
    }
}
