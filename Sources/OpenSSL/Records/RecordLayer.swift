/// The record layer of a connection's server side once the handshake of TLS 1.3 is over (RFC 8446 section 5), in place of
/// OpenSSL's: from the loop's buffers into the loop's buffers, and nothing kept of an idle connection but its keys.
///
/// What can come after a handshake is little: data, alerts, and `KeyUpdate` (RFC 8446 section 4.6.3). Everything else
/// ends the connection.
final class RecordLayer {
    /// After how many records of one key the next one is taken: well before AES-GCM's limit of 2^24.5 (RFC 8446
    /// section 5.5).
    static let keyLimit: UInt64 = 1 << 24
    /// How many records in a row may carry no data: they cost the server more than the client.
    static let uselessLimit = 16
    /// In bytes: for each of these that was sent meanwhile there may be one more. A client that downloads for hours has
    /// nothing else to say than that it wants other keys, and is heard only between answers.
    static let uselessShare = 1 << 20

    private let cipher: RecordCipher
    private let transport: TLSTransport
    private var receiving: TrafficKeys
    private var sending: TrafficKeys
    private let keyLimit: UInt64
    /// Whether the peer asked for a `KeyUpdate`, which has to come before the next data.
    private var owesUpdate = false
    private var useless = 0
    /// In bytes: what was sent since the last record with data.
    private var answered = 0
    /// Of a handshake message whose end is in another record (RFC 8446 section 5.1).
    private var message: [UInt8] = []

    init(
        cipher: RecordCipher,
        transport: TLSTransport,
        receiving: consuming TrafficKeys,
        sending: consuming TrafficKeys,
        keyLimit: UInt64 = RecordLayer.keyLimit
    ) {
        self.cipher = cipher
        self.transport = transport
        self.receiving = receiving
        self.sending = sending
        self.keyLimit = keyLimit
    }

    // MARK: In

    /// Opens records of the transport's input up to the first that carries data.
    ///
    /// - Parameter buffer: Has room for ``RecordCipher/sealedLimit`` bytes at least.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> TLSSession.Reading {
        guard buffer.count >= RecordCipher.sealedLimit, let target = buffer.baseAddress else {
            return fail(.internalError)
        }
        while true {
            let input = transport.input.readable
            guard input.count >= RecordCipher.headerSize else { return .needsInput }
            guard input[0] == ContentType.applicationData else { return fail(.unexpectedMessage) }
            let size = Int(input[3]) << 8 | Int(input[4])
            guard size <= RecordCipher.sealedLimit else { return fail(.recordOverflow) }
            let end = RecordCipher.headerSize + size
            guard input.count >= end else { return .needsInput }
            let record = UnsafeRawBufferPointer(rebasing: input[..<end])
            guard cipher.open(record, with: &receiving, into: target) else { return fail(.badRecordMAC) }
            transport.input.take(end)
            // The type is the last byte that is not zero; what follows is padding, which counts (RFC 8446 section 5.4).
            var count = size - RecordCipher.tagSize
            guard count <= RecordCipher.contentLimit + 1 else { return fail(.recordOverflow) }
            while count > 0, buffer[count - 1] == 0 { count -= 1 }
            guard count > 0 else { return fail(.unexpectedMessage) }
            count -= 1
            guard message.isEmpty || buffer[count] == ContentType.handshake else { return fail(.unexpectedMessage) }
            let content = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            let reading: TLSSession.Reading? =
                switch buffer[count] {
                case ContentType.applicationData where count > 0: .bytes(count)
                case ContentType.applicationData: nil
                case ContentType.alert: take(alert: content)
                case ContentType.handshake: take(message: content)
                default: fail(.unexpectedMessage)
                }
            if let reading {
                useless = 0
                answered = 0
                return reading
            }
            useless += 1
            guard useless <= Self.uselessLimit + answered / Self.uselessShare else { return fail(.unexpectedMessage) }
        }
    }

    /// `nil` where it says nothing (RFC 8446 section 6.1).
    private func take(alert: UnsafeRawBufferPointer) -> TLSSession.Reading? {
        guard alert.count == 2 else { return fail(.decodeError) }
        switch Alert(rawValue: alert[1]) {
        case .closeNotify: return .closed
        case .userCanceled: return nil
        // Answered by nothing (RFC 8446 section 6.2).
        default: return .failed
        }
    }

    /// A `KeyUpdate` or a part of one; nothing may be behind it in its record, as the next bytes have other keys (RFC 8446
    /// section 5.1).
    private func take(message part: UnsafeRawBufferPointer) -> TLSSession.Reading? {
        // One byte more than it has tells that there is more.
        message += part.prefix(Self.keyUpdate.count + 2 - message.count)
        guard !part.isEmpty, message.first == Self.keyUpdate.first else { return fail(.unexpectedMessage) }
        guard message.starts(with: Self.keyUpdate.prefix(message.count)) else { return fail(.decodeError) }
        guard message.count > Self.keyUpdate.count else { return nil }
        guard message.count == Self.keyUpdate.count + 1 else { return fail(.unexpectedMessage) }
        let isAnswerWanted = message[Self.keyUpdate.count]
        guard isAnswerWanted <= 1 else { return fail(.illegalParameter) }
        message = []
        do throws(OpenSSLError) {
            try receiving.update()
        } catch {
            return fail(.internalError)
        }
        if isAnswerWanted == 1 { owesUpdate = true }
        return nil
    }

    // MARK: Out

    /// Seals all of `bytes` into the transport's output, in records as large as can be; whether it worked.
    func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        answered &+= bytes.count
        var rest = bytes
        while !rest.isEmpty {
            if owesUpdate || sending.sequence >= keyLimit {
                guard updateKeys() else { return false }
            }
            let part = UnsafeRawBufferPointer(rebasing: rest.prefix(RecordCipher.contentLimit))
            guard seal(part, type: ContentType.applicationData) else { return false }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(part.count))
        }
        return true
    }

    /// Puts `close_notify` into the output, where there is room for it.
    func shutDown() {
        send(.closeNotify)
    }

    /// Says that other keys follow, and takes them (RFC 8446 section 4.6.3).
    private func updateKeys() -> Bool {
        // update_not_requested: whether the peer's keys are old is for the peer to count.
        let message = Self.keyUpdate + [0]
        guard message.withUnsafeBytes({ seal($0, type: ContentType.handshake) }) else { return false }
        do throws(OpenSSLError) {
            try sending.update()
        } catch {
            return false
        }
        owesUpdate = false
        return true
    }

    private func seal(_ content: UnsafeRawBufferPointer, type: UInt8) -> Bool {
        let target = transport.output.writable
        let size = content.count + RecordCipher.overhead
        guard size <= target.count, let start = target.baseAddress,
            cipher.seal(content, type: type, with: &sending, into: start)
        else { return false }
        transport.output.filled(size)
        return true
    }

    private func fail(_ alert: Alert) -> TLSSession.Reading {
        send(alert)
        return .failed
    }

    private func send(_ alert: Alert) {
        let message: [UInt8] = [alert == .closeNotify ? 1 : 2, alert.rawValue]
        _ = message.withUnsafeBytes { seal($0, type: ContentType.alert) }
    }

    /// The type and the length of a `KeyUpdate`, of which one byte follows: whether it wants an answer (RFC 8446 appendix
    /// B.3).
    private static let keyUpdate: [UInt8] = [24, 0, 0, 1]

    /// Those that are sent or have a meaning here (RFC 8446 section 6).
    private enum Alert: UInt8 {
        case closeNotify = 0
        case unexpectedMessage = 10
        case badRecordMAC = 20
        case recordOverflow = 22
        case illegalParameter = 47
        case decodeError = 50
        case internalError = 80
        case userCanceled = 90
    }
}
