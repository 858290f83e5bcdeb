import Foundation
import Platform
import TestSupport
import Testing

/// What connections cost the daemon in memory.
@Suite(.serialized) struct ConnectionMemoryTests {
    /// What the issue asks for, in bytes.
    private static let ceiling = 20 << 10

    @Test func anIdleConnectionTakesLittle() throws {
        ProcessFacts.raiseDescriptorLimit()
        let served = try ServedTree(
            ["v": Array("1".utf8)],
            listener: ["idleTimeout: 1h", "maxConnections: 12000", "headerTimeout: 10m"]
        )
        var clients: UInt8 = 0
        func open() throws -> RawConnection {
            // One client may have half of them.
            clients = (clients + 1) % 4
            let connection = try RawConnection(port: served.site.port, client: 2 + clients)
            try connection.send(Array("GET /v HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
            #expect(try connection.answer().status == 200)
            return connection
        }
        // The first ones fill what is there only once: caches, pools, the allocator's own.
        var idle: [RawConnection] = []
        for _ in 0..<200 { idle.append(try open()) }
        let before = try served.residentBytes()
        let count = LongTests.areWanted ? 10_000 : 1000
        let limit = ProcessFacts.descriptors.limit
        try #require(limit > count + 1000, "\(count) connections need more than \(limit) descriptors (ulimit -Hn)")
        for _ in 0..<count { idle.append(try open()) }
        let each = (try served.residentBytes() - before) / count
        print("\(idle.count) idle TLS connections: \(each) bytes each")
        #expect(each < Self.ceiling)
        #expect(idle.count == count + 200)
        // They are idle, not forgotten.
        for connection in [idle[0], idle[count], idle[count + 199]] {
            try connection.send(Array("GET /v HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
            #expect(try connection.answer().text == "1")
        }
    }

    @Test func connectionsThatComeAtOnceTakeNoMoreForLong() throws {
        ProcessFacts.raiseDescriptorLimit()
        let served = try ServedTree(["v": Array("1".utf8)], listener: ["idleTimeout: 1h", "headerTimeout: 10m"])
        func open(_ count: Int) throws -> [RawConnection] {
            let connections = try (0..<count).map { _ in
                try RawConnection(port: served.site.port, isSecure: false)
            }
            for connection in connections { connection.greet() }
            for connection in connections {
                try connection.shakeHands()
                try connection.send(Array("GET /v HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
                #expect(try connection.answer().status == 200)
            }
            return connections
        }
        let few = try open(100)
        let before = try served.residentBytes()
        let many = try open(2000)
        // While all of them shake hands, each holds some 45 KiB, of which the C library would keep most for good.
        let patience = ContinuousClock.now + .seconds(60)
        var each = Int.max
        while each >= Self.roomAfterSurge, ContinuousClock.now < patience {
            usleep(100_000)
            each = (try served.residentBytes() - before) / many.count
        }
        print("\(many.count) connections at once: \(each) bytes each")
        #expect(each < Self.roomAfterSurge)
        withExtendedLifetime(few) {}
    }

    /// In bytes: what is left of a connection that came with thousands of others.
    private static let roomAfterSurge = 26 << 10

    @Test func slowReadersAndWritersStayWithinTheBudget() throws {
        ProcessFacts.raiseDescriptorLimit()
        let large = [UInt8](repeating: 7, count: 32 << 20)
        let served = try ServedTree(["large": large, "v": Array("1".utf8)])
        let before = try served.residentBytes()
        let count = 400
        var slow: [RawConnection] = []
        for index in 0..<count {
            let connection = try served.connect()
            slow.append(connection)
            // A reader that takes nothing, or a body that doesn't come.
            let request =
                index % 2 == 0
                ? "GET /large HTTP/1.1\r\nHost: h\r\n\r\n"
                : "POST /v HTTP/1.1\r\nHost: h\r\nContent-Length: 65000\r\n\r\n" + String(repeating: "x", count: 60_000)
            try connection.send(Array(request.utf8))
        }
        let other = try served.connect()
        for _ in 0..<20 {
            try other.send(Array("GET /v HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
            #expect(try other.answer().text == "1")
        }
        let taken = try served.residentBytes() - before
        print("\(count) slow connections: \(taken >> 10) KiB")
        // 64 MiB of buffers, 20 KiB a connection, and the caches' 32 MiB. Without the budget it is 280 KiB for each
        // reader that takes nothing.
        #expect(taken < (64 << 20) + count * Self.ceiling + (32 << 20))
        #expect(slow.count == count)
    }
}
