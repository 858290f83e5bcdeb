import Dispatch
import Foundation
import Glibc
import HTTP
import Listener
import Platform
import TestSupport
import Testing

/// What a server bears of one client, and of many slow ones.
@Suite struct LimitTests {
    private let request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

    private func limits(_ change: (inout ServerLimits) -> Void) -> ServerLimits {
        var limits = ServerLimits()
        change(&limits)
        return limits
    }

    @Test func oneClientHasItsShareOfConnections() throws {
        let server = try TestServer(
            TestResponder(TestResponder.echo),
            limits: limits { $0.maxConnectionsOfOneClient = 2 }
        )
        var first: RawClient? = try server.connect()
        var second = try server.connect()
        try first?.send(request)
        _ = try first?.answer()
        try second.send(request)
        _ = try second.answer()
        // Closed at once; a request that was under way meanwhile makes a reset of it.
        var third = try server.connect()
        #expect((try? third.rest()) ?? [] == [])
        #expect(server.server.statistics.connectionsRefused == 1)
        #expect(server.server.statistics.connections == 2)
        // Another client is let in, and so is this one on its own endpoint elsewhere, and once it has room again.
        let other = [
            "-sS", "--max-time", "60", "--interface", "127.0.0.2", "http://127.0.0.1:\(server.plainPort)/other",
        ]
        #expect(String(decoding: try run("curl", other).output, as: UTF8.self) == "get /other 0")
        #expect(try server.curl("/tls").status == 0)
        first = nil
        var isServed = false
        while !isServed {
            var client = try server.connect()
            guard (try? client.send(request)) != nil else { continue }
            isServed = (try? client.answer()) != nil
        }
    }

    @Test func halfOfAllConnectionsAreForOneClient() throws {
        let server = try TestServer(TestResponder(TestResponder.echo), limits: limits { $0.maxConnections = 3 })
        var clients: [Int32] = []
        for _ in 0..<2 {
            let number = try Socket.connect(to: .v4([127, 0, 0, 1], port: server.plainPort)).release()
            clients.append(number)
        }
        defer { for number in clients { _ = FileDescriptor(owning: number) } }
        var third = try server.connect()
        #expect((try? third.rest()) ?? [] == [])
        #expect(server.server.statistics.connectionsRefused == 1)
    }

    @Test func idleConnectionsGiveWayToNewOnes() throws {
        let server = try TestServer(
            TestResponder(TestResponder.echo),
            limits: limits {
                $0.maxConnections = 2
                $0.maxConnectionsOfOneClient = 2
                $0.idleTimeout = .seconds(3600)
            }
        )
        var idle = try server.connect()
        try idle.send(request)
        _ = try idle.answer()
        var other = try server.connect()
        try other.send(request)
        _ = try other.answer()
        // Neither ends by itself, and still the third gets its answer.
        var third = try server.connect()
        try third.send(request)
        #expect(try third.answer().head.hasPrefix("HTTP/1.1 200 "))
        #expect(server.server.statistics.connectionsShed >= 1)
    }

    @Test func aReaderHasToKeepALeastRate() throws {
        let directory = try TemporaryDirectory()
        let size = 256 << 20
        let file = try sharedFile(pattern(size), at: directory.appending("file"))
        let server = try TestServer(
            TestResponder { _ in Answer(.ok, body: .file(file, offset: 0, count: Int64(size))) },
            limits: limits {
                $0.sendTimeout = .milliseconds(500)
                // More than anybody could take: whoever takes something, but less than this, is cut off.
                $0.leastRate = 1 << 40
            }
        )
        let client = try server.connect()
        try client.send(request)
        var received = 0
        while true {
            let count = (try? client.read(4096)) ?? 0
            if count == 0 { break }
            received += count
            Thread.sleep(forTimeInterval: 0.005)
        }
        #expect(received > 0 && received < size)
        while server.server.statistics.connections > 0 { Thread.sleep(forTimeInterval: 0.01) }
    }

    /// The kernel's buffers hold more than this reader takes within the time: what counts is what arrives there.
    @Test func aSlowReaderThatKeepsItGetsAll() throws {
        let directory = try TemporaryDirectory()
        let content = pattern(24 << 20)
        let file = try sharedFile(content, at: directory.appending("file"))
        let server = try TestServer(
            TestResponder { _ in Answer(.ok, body: .file(file, offset: 0, count: Int64(content.count))) },
            limits: limits { $0.sendTimeout = .seconds(3) }
        )
        let client = try Socket.connect(to: .v4([127, 0, 0, 1], port: server.plainPort))
        // So little fits there that what it takes is acknowledged at once, while megabytes wait on the server's side.
        var room: Int32 = 64 << 10
        setsockopt(client.number, SOL_SOCKET, SO_RCVBUF, &room, socklen_t(MemoryLayout<Int32>.size))
        try client.write(Array("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".utf8).span.bytes)
        var received = 0
        // For three of its windows it takes less than the socket has to be emptied by before it takes more from us.
        for _ in 0..<20 {
            received += try client.read(upTo: 32 << 10).count
            Thread.sleep(forTimeInterval: 0.5)
        }
        while true {
            let count = try client.read(upTo: 1 << 20).count
            if count == 0 { break }
            received += count
        }
        #expect(received > content.count)
    }

    /// With segments as an Ethernet has them: on loopback they have 64 KiB, and the kernel's buffers megabytes, so that
    /// nothing would be left to be held here.
    private static func connectAsFromAfar(_ port: UInt16) throws -> FileDescriptor {
        let descriptor = FileDescriptor(owning: socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
        var size: Int32 = 1400
        setsockopt(descriptor.number, Int32(IPPROTO_TCP), TCP_MAXSEG, &size, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                connect(descriptor.number, address, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(result == 0, "errno \(errno)")
        return descriptor
    }

    @Test func littleIsHeldForManySlowReaders() throws {
        let directory = try TemporaryDirectory()
        let size = 16 << 20
        let content = pattern(size)
        let file = try sharedFile(content, at: directory.appending("file"))
        let readers = 200
        let server = try TestServer(
            TestResponder { _ in Answer(.ok, body: .file(file, offset: 0, count: Int64(size))) },
            limits: limits { $0.bufferSize = 2 << 20 }
        )
        var numbers: [Int32] = []
        defer { for number in numbers { _ = FileDescriptor(owning: number) } }
        for _ in 0..<readers {
            let descriptor = try Self.connectAsFromAfar(server.plainPort)
            try descriptor.write(Array(request.utf8).span.bytes)
            numbers.append(descriptor.release())
        }
        // An answer each has begun, and nobody takes more than the kernel does.
        while server.server.statistics.responseBytes < UInt64(readers * 40_000) { Thread.sleep(forTimeInterval: 0.05) }
        var last: UInt64 = 0
        while server.server.statistics.responseBytes != last {
            last = server.server.statistics.responseBytes
            Thread.sleep(forTimeInterval: 0.6)
        }
        // The budget, one buffer of each loop beyond it, and 4 KiB for everyone.
        let bound = UInt64((2 << 20) + 2 * (300 << 10) + readers * 4500)
        #expect(server.server.statistics.bufferedBytes > 0)
        #expect(server.server.statistics.bufferedBytes < bound)
        // One who reads gets all of it, in small pieces.
        var reader = try server.connect()
        try reader.send(request)
        #expect(try reader.answer().body == content)
        for number in numbers { _ = FileDescriptor(owning: number) }
        numbers = []
        while server.server.statistics.connections > 1 { Thread.sleep(forTimeInterval: 0.01) }
        while server.server.statistics.bufferedBytes > 0 { Thread.sleep(forTimeInterval: 0.05) }
    }

    @Test func bodiesThatNeverEndHaveABudget() throws {
        let server = try TestServer(
            TestResponder(TestResponder.echo),
            limits: limits { $0.bufferSize = 256 << 10 },
            loops: 1
        )
        var numbers: [Int32] = []
        defer { for number in numbers { _ = FileDescriptor(owning: number) } }
        for _ in 0..<8 {
            let descriptor = try Socket.connect(to: .v4([127, 0, 0, 1], port: server.plainPort))
            try descriptor.write(
                Array("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 65000\r\n\r\nx".utf8).span.bytes
            )
            numbers.append(descriptor.release())
        }
        while server.server.statistics.bufferedBytes < 4 * 65_000 { Thread.sleep(forTimeInterval: 0.02) }
        var another = try server.connect()
        try another.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 65000\r\n\r\nx")
        #expect(try another.answer().head.hasPrefix("HTTP/1.1 503 "))
        // A question needs next to nothing.
        var question = try server.connect()
        try question.send(request)
        #expect(try question.answer().head.hasPrefix("HTTP/1.1 200 "))
    }
}
