import Dispatch
import Foundation
import TestSupport
import Testing

/// Everything that clients do, at once and for long, while releases are published.
@Suite(.serialized) struct SoakTests {
    private static let small = Array("versions: []\n".utf8)
    private static let large = (0..<2 << 20).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 11) }

    private static func tree(_ number: Int) -> [String: [UInt8]] {
        ["small.yaml": small, "large.bin": large, "number": Array("\(number)".utf8), "list/a": small, "list/b": small]
    }

    /// On a thread of its own: Dispatch has no more of them than the machine has cores.
    private static func run(_ group: DispatchGroup, _ work: @escaping @Sendable () -> Void) {
        group.enter()
        Thread {
            work()
            group.leave()
        }.start()
    }

    @Test func nothingGrowsWhateverClientsDo() throws {
        let seconds: Double = LongTests.areWanted ? 600 : 6
        let served = try ServedTree(
            Self.tree(0),
            listener: ["headerTimeout: 2s", "sendTimeout: 3s", "idleTimeout: 5s"]
        )
        let end = Date(timeIntervalSinceNow: seconds)
        let clients = Clients(served, until: end)
        let group = DispatchGroup()
        for work in clients.all { Self.run(group, work) }

        var sizes: [Int] = []
        var number = 0
        while Date() < end {
            Thread.sleep(forTimeInterval: min(max(seconds / 60, 1), max(0.1, end.timeIntervalSinceNow)))
            number += 1
            try served.publish(Self.tree(number), as: "1.0.\(number)")
            sizes.append(try served.residentBytes())
        }
        group.wait()
        #expect(clients.faults.isEmpty, "\(clients.faults.prefix(5))")
        // Every connection ends by its deadline; what is open then was open before the clients came.
        let patience = Date(timeIntervalSinceNow: 60)
        while try served.sockets() > 8, Date() < patience { Thread.sleep(forTimeInterval: 0.2) }
        #expect(try served.sockets() <= 8)
        let (early, late) = (sizes[sizes.count / 5], sizes.suffix(max(1, sizes.count / 5)).max() ?? 0)
        print(
            "soak: \(clients.counts.sorted { $0.key < $1.key }), \(number) publications; resident after a fifth "
                + "\(early >> 10) KiB, at the end \(late >> 10) KiB; \(try served.openDescriptors()) descriptors"
        )
        // A sanitizer keeps what is freed for a while, to find who touches it.
        if !Sanitizers.areOn { #expect(late - early < 24 << 20) }
        #expect(clients.counts.count == clients.all.count, "\(clients.counts)")
        #expect(served.site.daemon.stop() == 0)
    }

    @Test func terminationLosesNoAnswerThatHasBegun() throws {
        let served = try ServedTree(Self.tree(0))
        let cut = Tally()
        let group = DispatchGroup()
        for index in 0..<8 {
            Self.run(group) {
                do {
                    while true {
                        let connection = try served.connect()
                        let path = index % 2 == 0 ? "/large.bin" : "/small.yaml"
                        for _ in 0..<20 {
                            try connection.send(Array("GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
                            do {
                                let answer = try connection.answer()
                                let expected = index % 2 == 0 ? Self.large : Self.small
                                cut.add(answer.body == expected ? "whole" : "wrong")
                                if answer["Connection"] == "close" { break }
                            } catch {
                                // Before its first byte an answer has not begun, and the client asks elsewhere.
                                cut.add(connection.hasBegun ? "lost" : "none")
                                break
                            }
                        }
                    }
                } catch {
                    // Nobody listens any more.
                }
            }
        }
        while cut.counts["whole", default: 0] < 100 { Thread.sleep(forTimeInterval: 0.01) }
        #expect(served.site.daemon.stop() == 0)
        group.wait()
        print("under SIGTERM: \(cut.counts)")
        #expect(cut.counts["lost"] == nil)
        #expect(cut.counts["wrong"] == nil)
        #expect(served.site.daemon.messages.last == "Stopped")
    }

    /// What the clients do until a time.
    private final class Clients: Sendable {
        private let served: ServedTree
        private let end: Date
        private let tally = Tally()
        private let wrong = Tally()

        init(_ served: ServedTree, until end: Date) {
            self.served = served
            self.end = end
        }

        var counts: [String: Int] { tally.counts }
        var faults: [String: Int] { wrong.counts }

        var all: [@Sendable () -> Void] {
            [
                { self.repeatedly("kept", self.keep) }, { self.repeatedly("new", self.open) },
                { self.repeatedly("range", self.ranges) }, { self.repeatedly("listing", self.listings) },
                { self.repeatedly("slow", self.crawl) }, { self.repeatedly("aborted", self.abort) },
            ]
        }

        private func repeatedly(_ name: String, _ work: () throws -> Void) {
            while Date() < end {
                do {
                    try work()
                    tally.add(name)
                } catch {
                    wrong.add("\(name): \(error)")
                }
            }
        }

        private func get(_ connection: RawConnection, _ path: String, _ fields: String = "") throws -> RawAnswer {
            try connection.send(Array("GET \(path) HTTP/1.1\r\nHost: h\r\n\(fields)\r\n".utf8))
            return try connection.answer()
        }

        private func expect(_ isMet: Bool, _ what: String) throws {
            if !isMet { throw RawConnection.Failure(description: what) }
        }

        private func keep() throws {
            let connection = try served.connect()
            for _ in 0..<200 where Date() < end {
                try expect(try get(connection, "/small.yaml").body == SoakTests.small, "another small file")
            }
            try expect(try get(connection, "/large.bin").body == SoakTests.large, "another large file")
        }

        private func open() throws {
            try expect(try get(try served.connect(), "/small.yaml").body == SoakTests.small, "another small file")
        }

        private func ranges() throws {
            let connection = try served.connect()
            let one = try get(connection, "/large.bin", "Range: bytes=1000-70999\r\n")
            try expect(one.status == 206 && one.body == Array(SoakTests.large[1000..<71_000]), "another part")
            let two = try get(connection, "/large.bin", "Range: bytes=0-99999,500000-599999\r\n")
            try expect(
                two.parts.map(\.content) == [
                    Array(SoakTests.large[..<100_000]), Array(SoakTests.large[500_000..<600_000]),
                ],
                "other parts"
            )
        }

        private func listings() throws {
            let connection = try served.connect()
            for path in ["/", "/list/", "/-/status", "/-/releases"] {
                try expect(try get(connection, path).status == 200, "no listing of \(path)")
            }
        }

        /// A request that comes a byte at a time and isn't complete in time, then an answer that is read in drops.
        private func crawl() throws {
            let writer = try served.connect()
            for byte in Array("GET /small.yaml HTTP/1.1\r\nHo".utf8) {
                guard (try? writer.send([byte])) != nil else { break }
                Thread.sleep(forTimeInterval: 0.01)
            }
            let reader = try served.connect()
            try reader.send(Array("GET /large.bin HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
            for _ in 0..<20 where reader.read(upTo: 512) > 0 { Thread.sleep(forTimeInterval: 0.02) }
        }

        /// A connection without a handshake, one that goes in the middle of an answer, one in the middle of a body.
        private func abort() throws {
            let silent = try RawConnection(port: served.site.port, isSecure: false)
            try silent.send([22, 3, 1])
            let reader = try served.connect()
            try reader.send(Array("GET /large.bin HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
            _ = reader.read(upTo: 10)
            let writer = try served.connect()
            try writer.send(Array("POST /small.yaml HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nx".utf8))
        }
    }
}

/// Counts by name, from any thread.
private final class Tally: @unchecked Sendable {
    // Only touched under the lock.
    private let lock = NSLock()
    private var numbers: [String: Int] = [:]

    var counts: [String: Int] { lock.withLock { numbers } }

    func add(_ name: String) { lock.withLock { numbers[name, default: 0] += 1 } }
}

extension ServedTree {
    /// How many sockets the daemon has open.
    fileprivate func sockets() throws -> Int {
        let directory = "/proc/\(site.daemon.identifier)/fd"
        return try FileManager.default.contentsOfDirectory(atPath: directory).count { name in
            // Some are closed meanwhile.
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: directory + "/" + name)
            return target?.hasPrefix("socket:") == true
        }
    }
}
