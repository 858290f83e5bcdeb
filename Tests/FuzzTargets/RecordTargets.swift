@testable import OpenSSL

extension FuzzTarget {
    /// What a client sends after the handshake of TLS 1.3: records sealed with its keys, and then bytes that are not.
    ///
    /// The input is a list of records, each a type, a length of two bytes and content, padding and all; what is behind the
    /// first length that leads outside goes unsealed.
    static let records = FuzzTarget(name: "records") { bytes in
        let (wire, sealed) = try Self.seal(bytes)
        let whole = try Reader()
        try whole.take(wire[...])
        let split = try Reader()
        for piece in pieces(of: wire, cutAt: cuts(in: wire)) { try split.take(wire[piece]) }
        try demand(whole.content == split.content, "cut another way, the content is another")
        try demand(whole.ending == split.ending, "cut another way, the records end otherwise")
        if whole.ending == .failed { try demand(whole.answer.count <= 24, "more than an alert answers a fault") }
        // Only what was sealed is read.
        try demand(whole.content.count <= bytes.count, "there is more content than was sealed")
        if sealed == 0 { try demand(whole.content.isEmpty, "content is read that nobody has sealed") }
    }

    private static func seal(_ bytes: [UInt8]) throws -> (wire: [UInt8], count: Int) {
        let cipher = try RecordCipher(.aes128, schedule: KeySchedule(.sha256))
        var keys = try Reader.keys(of: cipher)
        var wire: [UInt8] = []
        var count = 0
        // Of which parts may lie in several records.
        var message: [UInt8] = []
        var place = 0
        while bytes.count - place >= 3 {
            let size = Int(bytes[place + 1]) << 8 | Int(bytes[place + 2])
            guard size <= RecordCipher.contentLimit, place + 3 + size <= bytes.count else { break }
            let content = Array(bytes[place + 3..<place + 3 + size])
            var record = [UInt8](repeating: 0, count: size + RecordCipher.overhead)
            let isSealed = record.withUnsafeMutableBytes { target in
                content.withUnsafeBytes { content in
                    target.baseAddress.map { cipher.seal(content, type: bytes[place], with: &keys, into: $0) } ?? false
                }
            }
            try demand(isSealed, "a record can't be sealed")
            // As the server does, so that what follows an update can be read.
            if bytes[place] == ContentType.handshake { message += content }
            if message.count == 5, message[..<4] == [24, 0, 0, 1], message[4] <= 1 {
                try keys.update()
                message = []
            }
            wire += record
            count += 1
            place += 3 + size
        }
        return (wire + bytes[place...], count)
    }

    private final class Reader {
        private let transport = TLSTransport(input: 65_536, output: 65_536)
        private let layer: RecordLayer
        private(set) var content: [UInt8] = []
        private(set) var ending: TLSSession.Reading?

        init() throws {
            let cipher = try transport.cipher(of: .aes128)
            layer = RecordLayer(
                cipher: cipher,
                transport: transport,
                receiving: try Self.keys(of: cipher),
                sending: try Self.keys(of: cipher)
            )
        }

        static func keys(of cipher: RecordCipher) throws -> TrafficKeys {
            try TrafficKeys(suite: .aes128, secret: SecretBytes(count: 32), schedule: cipher.schedule)
        }

        /// What it has to say.
        var answer: [UInt8] { transport.output.contents }

        func take(_ bytes: ArraySlice<UInt8>) throws {
            var rest = bytes
            var plain = [UInt8](repeating: 0, count: TLSSession.leastRoom)
            while ending == nil, !rest.isEmpty {
                transport.input.compact()
                let piece = rest.prefix(transport.input.room)
                rest = rest.dropFirst(piece.count)
                try demand(transport.input.append(Array(piece)), "the input has no room for a record")
                reading: while ending == nil {
                    switch plain.withUnsafeMutableBytes({ layer.read(into: $0) }) {
                    case .bytes(let count):
                        try demand((1...RecordCipher.contentLimit).contains(count), "a record has an impossible size")
                        content += plain[..<count]
                    case .needsInput: break reading
                    case let other: ending = other
                    }
                }
            }
        }
    }
}
