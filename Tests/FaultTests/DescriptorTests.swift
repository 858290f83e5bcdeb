import Foundation
import TestSupport
import Testing

/// A daemon that may open no more descriptors.
@Suite struct DescriptorTests {
    @Test func goesOnAcceptingOnceDescriptorsAreFreeAgain() throws {
        let served = try ServedTree(["v": Array("1".utf8)], listener: ["headerTimeout: 10m"])
        let first = try served.connect()
        try first.send(Array("GET /v HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
        #expect(try first.answer().text == "1")
        // From outside, so that the daemon can't have made room for it at its start.
        let limit = try served.openDescriptors() + 8
        let process = served.site.daemon.identifier
        try Command.run("prlimit", ["--pid", "\(process)", "--nofile=\(limit):\(limit)"])

        // More than there is room for: those beyond it wait in the kernel's queue.
        var waiting: [RawConnection] = []
        for _ in 0..<40 { waiting.append(try RawConnection(port: served.site.port, isSecure: false)) }
        let deadline = Date(timeIntervalSinceNow: 60)
        while try served.openDescriptors() < limit - 2, Date() < deadline { Thread.sleep(forTimeInterval: 0.05) }
        // The index and the poll open and close some of their own.
        #expect(try served.openDescriptors() >= limit - 2)
        #expect(try served.openDescriptors() < limit + 8)

        // It doesn't spin meanwhile: system calls are counted, not time. (A spinning loop makes some 100,000 a second.)
        let before = try switches(of: process)
        Thread.sleep(forTimeInterval: 2)
        #expect(try switches(of: process) - before < 2000)
        #expect(try processorTicks(of: process, during: 1) < 60)

        waiting = []
        let next = try served.connect()
        try next.send(Array("GET /v HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
        #expect(try next.answer().text == "1")
        #expect(served.site.daemon.stop() == 0)
    }

    /// How often its threads have waited for something (`proc(5)`).
    private func switches(of process: Int32) throws -> Int {
        let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")
        return threads.reduce(0) { sum, thread in
            // A thread may end meanwhile.
            let status = (try? String(contentsOfFile: "/proc/\(process)/task/\(thread)/status", encoding: .utf8)) ?? ""
            let line = status.split(separator: "\n").first { $0.hasPrefix("voluntary_ctxt_switches:") }
            return sum + (line.flatMap { Int($0.filter(\.isNumber)) } ?? 0)
        }
    }

    /// Hundredths of a second of processor time that it takes in so many seconds.
    private func processorTicks(of process: Int32, during seconds: Double) throws -> Int {
        func ticks() throws -> Int {
            let fields =
                try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
                .split(separator: ")").last?.split(separator: " ") ?? []
            return (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0)
        }
        let before = try ticks()
        Thread.sleep(forTimeInterval: seconds)
        return try ticks() - before
    }
}

/// What clients may not have is counted where an operator sees it.
@Suite struct ConnectionMetricTests {
    @Test func connectionsThatAreRefusedOrMakeRoomAreCounted() throws {
        let served = try ServedTree(["v": Array("1".utf8)], listener: ["maxConnections: 2", "idleTimeout: 1h"])
        func open(_ client: UInt8) throws -> RawConnection {
            let connection = try RawConnection(port: served.site.port, client: client)
            try connection.send(Array("GET /v HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
            #expect(try connection.answer().text == "1")
            return connection
        }
        var idle = [try open(2)]
        #expect(try served.site.metric("specman_connections_refused_total") == 0)
        #expect(throws: RawConnection.Failure.self) { try open(2) }
        #expect(try served.site.metric("specman_connections_refused_total") == 1)
        idle.append(try open(3))
        #expect(try served.site.metric("specman_connections_shed_total") == 0)
        // There is no place left, and each of the two is idle for an hour: one of them makes room.
        idle.append(try open(4))
        #expect(try served.site.metric("specman_connections_shed_total") >= 1)
        #expect(try served.site.metric("specman_connections_buffered_bytes") == 0)
        #expect(idle.count == 3)
    }
}
