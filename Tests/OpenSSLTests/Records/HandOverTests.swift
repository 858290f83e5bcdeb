import COpenSSL
import TestSupport
import Testing

@testable import OpenSSL

/// That a session goes on without OpenSSL after the handshake of TLS 1.3, and nobody notices.
@Suite struct HandOverTests {
    private let server: MemoryServer

    init() throws {
        server = try MemoryServer()
    }

    private static let suites = [
        "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
    ]

    private func pattern(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) } }

    @Test(arguments: suites)
    func everySuiteCarriesBothWays(_ suite: String) throws {
        let connection = try MemoryConnection(server.acceptor) { _, client in
            SSL_set_ciphersuites(client, suite)
        }
        try connection.shakeHands()
        #expect(connection.isHandedOver)
        #expect(connection.server.version() == "TLSv1.3")
        for size in [1, 15, 16, 17, 4096, 16_383, 16_384, 16_385, 40_000, 300_000] {
            connection.forget()
            try connection.answer(pattern(size))
            #expect(connection.received == pattern(size))
            if size < 60_000 {
                try connection.send(pattern(size))
                #expect(connection.taken == pattern(size))
            }
        }
        try connection.answer([])
        #expect(connection.ending == nil)
    }

    @Test(arguments: suites)
    func cutAtEveryByte(_ suite: String) throws {
        let connection = try MemoryConnection(server.acceptor, step: 1) { _, client in
            SSL_set_ciphersuites(client, suite)
        }
        try connection.shakeHands()
        #expect(connection.isHandedOver)
        for size in [1, 100, 700] { try connection.send(pattern(size)) }
        #expect(connection.taken == pattern(1) + pattern(100) + pattern(700))
        try connection.answer(pattern(100))
        #expect(connection.received == pattern(100))
    }

    /// The client's last message, its first request and a second one, in one piece.
    @Test func requestsBehindTheHandshakeAreRead() throws {
        let connection = try MemoryConnection(server.acceptor)
        _ = SSL_do_handshake(connection.client)
        _ = connection.transport.input.append(connection.sentByClient())
        #expect(connection.server.handshake() == .needsInput)
        connection.carryBack()
        #expect(SSL_do_handshake(connection.client) == 1)
        #expect(SSL_write(connection.client, "first", 5) == 5)
        #expect(SSL_write(connection.client, "second", 6) == 6)
        _ = connection.transport.input.append(connection.sentByClient())
        #expect(connection.server.handshake() == .done)
        #expect(connection.isHandedOver)
        connection.carry([])
        #expect(String(decoding: connection.taken, as: UTF8.self) == "firstsecond")
        connection.carryBack()
        try connection.answer(Array("answer".utf8))
        #expect(String(decoding: connection.received, as: UTF8.self) == "answer")
    }

    @Test func resumedSessionsToo() throws {
        let first = try MemoryConnection(server.acceptor)
        try first.shakeHands()
        try first.answer([1])
        SSL_shutdown(first.client)
        let session = try #require(SSL_get1_session(first.client))
        defer { SSL_SESSION_free(session) }
        #expect(SSL_SESSION_is_resumable(session) == 1)
        let next = try MemoryConnection(server.acceptor) { _, client in SSL_set_session(client, session) }
        try next.shakeHands()
        #expect(SSL_session_reused(next.client) == 1)
        #expect(next.isHandedOver)
        try next.send([1, 2, 3])
        try next.answer(pattern(20_000))
        #expect(next.taken == [1, 2, 3])
        #expect(next.received == pattern(20_000))
    }

    @Test func afterASecondHello() throws {
        // The client's first offer is a group that the server does not know (HelloRetryRequest).
        let connection = try MemoryConnection(server.acceptor) { _, client in
            var groups = Array("P-521:X25519".utf8) + [0]
            SSL_ctrl(client, SSL_CTRL_SET_GROUPS_LIST, 0, &groups)
        }
        try connection.shakeHands()
        #expect(connection.isHandedOver)
        try connection.send([7])
        try connection.answer([8])
        #expect(connection.taken == [7])
        #expect(connection.received == [8])
    }

    @Test func oldVersionStaysWithOpenSSL() throws {
        let connection = try MemoryConnection(server.acceptor) { _, client in
            SSL_ctrl(client, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
        }
        try connection.shakeHands()
        #expect(!connection.isHandedOver)
        #expect(connection.server.version() == "TLSv1.2")
        try connection.send([7])
        try connection.answer(pattern(40_000))
        #expect(connection.taken == [7])
        #expect(connection.received == pattern(40_000))
    }

    /// RFC 6066 section 4.
    @Test func smallRecordsStayWithOpenSSL() throws {
        let connection = try MemoryConnection(server.acceptor) { _, client in
            SSL_set_tlsext_max_fragment_length(client, UInt8(TLSEXT_max_fragment_length_512))
        }
        try connection.shakeHands()
        #expect(!connection.isHandedOver)
        try connection.answer(pattern(4000))
        #expect(connection.received == pattern(4000))
    }

    /// What is written has room where as much as is said was kept free: the answers before it would be lost with it.
    @Test(
        arguments: [TLS1_2_VERSION, TLS1_3_VERSION],
        [TLSEXT_max_fragment_length_DISABLED, TLSEXT_max_fragment_length_512, TLSEXT_max_fragment_length_4096]
    )
    func noAnswerTakesMoreThanItIsSaidTo(_ version: Int32, _ fragment: Int32) throws {
        let connection = try MemoryConnection(server.acceptor) { _, client in
            SSL_ctrl(client, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(version), nil)
            SSL_set_tlsext_max_fragment_length(client, UInt8(fragment))
        }
        try connection.shakeHands()
        for size in [0, 1, 511, 512, 513, 4096, 16_384, 16_385, 262_144] {
            let bound = connection.server.ciphertextBound(size)
            #expect(bound <= TLSSession.ciphertextBound(size))
            #expect(pattern(size).withUnsafeBytes { connection.server.write($0) })
            #expect((size...bound).contains(connection.transport.output.count))
            connection.transport.output.clear()
        }
    }

    @Test func paddedRecordsAreRead() throws {
        let connection = try MemoryConnection(server.acceptor) { _, client in
            SSL_set_block_padding(client, 1000)
        }
        try connection.shakeHands()
        try connection.send([1, 0, 0])
        #expect(connection.taken == [1, 0, 0])
    }

    @Test(arguments: [SSL_KEY_UPDATE_NOT_REQUESTED, SSL_KEY_UPDATE_REQUESTED], suites)
    func clientsChangeTheirKeys(_ kind: Int32, _ suite: String) throws {
        let connection = try MemoryConnection(server.acceptor) { _, client in
            SSL_set_ciphersuites(client, suite)
        }
        try connection.shakeHands()
        for round in 0..<3 {
            connection.forget()
            try connection.answer(pattern(20_000))
            #expect(SSL_key_update(connection.client, kind) == 1)
            try connection.send(pattern(1000 + round))
            #expect(connection.taken == pattern(1000 + round))
            try connection.answer([1])
            #expect(connection.received == pattern(20_000) + [1])
        }
        #expect(connection.ending == nil)
    }

    /// Those that OpenSSL keeps derive theirs when no handshake is under way.
    @Test func keysOfSmallRecordsChangeToo() throws {
        let connection = try MemoryConnection(server.acceptor) { _, client in
            SSL_set_tlsext_max_fragment_length(client, UInt8(TLSEXT_max_fragment_length_512))
        }
        try connection.shakeHands()
        #expect(!connection.isHandedOver)
        for round in 0..<3 {
            connection.forget()
            #expect(SSL_key_update(connection.client, SSL_KEY_UPDATE_REQUESTED) == 1)
            try connection.send(pattern(1000 + round))
            #expect(connection.taken == pattern(1000 + round))
            try connection.answer(pattern(2000))
            #expect(connection.received == pattern(2000))
        }
    }

    @Test func clientsSayGoodbye() throws {
        let connection = try MemoryConnection(server.acceptor)
        try connection.shakeHands()
        SSL_shutdown(connection.client)
        connection.carry()
        #expect(connection.ending == .closed)
        connection.server.shutDown()
        connection.carryBack()
        #expect(connection.readAsClient() == SSL_ERROR_ZERO_RETURN)
    }

    @Test func whoIsToldOfAFaultKnowsWhich() throws {
        let connection = try MemoryConnection(server.acceptor)
        try connection.shakeHands()
        #expect(SSL_write(connection.client, "x", 1) == 1)
        var record = connection.sentByClient()
        record[record.count - 1] ^= 1
        connection.carry(record)
        #expect(connection.ending == .failed)
        connection.carryBack()
        #expect(connection.readAsClient() == SSL_ERROR_SSL)
    }
}
