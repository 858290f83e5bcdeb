/// The keys of one direction of a connection (RFC 8446 section 7.3), and how many records they have sealed or opened.
struct TrafficKeys: ~Copyable {
    /// In bytes (RFC 8446 section 5.3).
    static let nonceSize = 12

    /// What each record needs first, so that it lies together: the nonce's pattern, the key, then the secret.
    private let memory: SecretBytes
    private let keySize: Int
    private let secretSize: Int
    private let schedule: KeySchedule
    /// Of the next record.
    private(set) var sequence: UInt64 = 0
    /// Another one for each key of a schedule, so that a cipher knows whether it holds this one.
    private(set) var serial: UInt64

    /// - Parameters:
    ///   - secret: `client_application_traffic_secret_0` or `server_application_traffic_secret_0`.
    ///   - sequence: How many records were sealed or opened with these keys before.
    init(
        suite: RecordSuite,
        secret: borrowing SecretBytes,
        schedule: KeySchedule,
        sequence: UInt64 = 0
    ) throws(OpenSSLError) {
        keySize = suite.keySize
        secretSize = secret.count
        memory = SecretBytes(count: Self.nonceSize + keySize + secretSize)
        self.schedule = schedule
        self.sequence = sequence
        serial = 0
        self.secret.copyMemory(from: UnsafeRawBufferPointer(secret.bytes))
        try derive()
    }

    private var iv: UnsafeMutableRawBufferPointer { part(0, Self.nonceSize) }
    private var key: UnsafeMutableRawBufferPointer { part(Self.nonceSize, keySize) }
    private var secret: UnsafeMutableRawBufferPointer { part(Self.nonceSize + keySize, secretSize) }

    private func part(_ start: Int, _ count: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: memory.bytes[start..<start + count])
    }

    private mutating func derive() throws(OpenSSLError) {
        try schedule.expand(UnsafeRawBufferPointer(secret), label: "key", into: key)
        try schedule.expand(UnsafeRawBufferPointer(secret), label: "iv", into: iv)
        serial = schedule.nextSerial()
    }

    /// Goes on to the next secret and its keys, as after a `KeyUpdate` (RFC 8446 section 7.2).
    mutating func update() throws(OpenSSLError) {
        try schedule.expand(UnsafeRawBufferPointer(secret), label: "traffic upd", into: secret)
        try derive()
        sequence = 0
    }

    /// Valid as long as this value.
    var keyBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(key) }

    /// Takes the next number and puts the nonce that belongs to it there (RFC 8446 section 5.3); `false` where all have
    /// been used.
    mutating func nextNonce(into nonce: UnsafeMutableRawPointer) -> Bool {
        guard sequence < .max, let iv = iv.baseAddress else { return false }
        nonce.copyMemory(from: iv, byteCount: Self.nonceSize)
        let tail = nonce.loadUnaligned(fromByteOffset: 4, as: UInt64.self)
        nonce.storeBytes(of: tail ^ sequence.bigEndian, toByteOffset: 4, as: UInt64.self)
        sequence += 1
        return true
    }
}
