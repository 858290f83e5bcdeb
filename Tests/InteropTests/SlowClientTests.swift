import Dispatch
import Foundation
import TestSupport
import Testing

/// slowhttptest in its four modes, and what another client notices of it.
@Suite(.serialized) struct SlowClientTests {
    private static let connections = LongTests.areWanted ? 1000 : 200

    @Test(arguments: [
        // Slow headers, a slow body, many ranges, a slow reader.
        ["-H", "-i", "2", "-x", "24"], ["-B", "-i", "2", "-s", "60000", "-x", "10"],
        ["-R", "-a", "10", "-b", "3000", "-t", "GET"],
        ["-X", "-w", "512", "-y", "1024", "-n", "2", "-z", "32", "-k", "1"],
    ])
    func othersAreServedMeanwhile(_ mode: [String]) throws {
        let large = [UInt8](repeating: 7, count: 8 << 20)
        let served = try ServedTree(["large": large, "v": Array("1".utf8)], listener: ["headerTimeout: 5s"])
        let before = try served.residentBytes()
        let attack = DispatchGroup()
        let common = [
            "-c", "\(Self.connections)", "-r", "\(Self.connections)", "-l", LongTests.areWanted ? "30" : "6", "-p",
            "60",
            "-u", "\(served.site.url)/large",
        ]
        let directory = served.directory.path
        attack.enter()
        Thread {
            // Whatever it thinks of us: what counts is what the other client sees.
            _ = try? Command.output("slowhttptest", mode + common, directory: directory)
            attack.leave()
        }.start()
        var times: [Double] = []
        let other = try served.connect()
        repeat {
            let start = DispatchTime.now().uptimeNanoseconds
            try other.send(Array("GET /v HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
            #expect(try other.answer().text == "1")
            times.append(Double(DispatchTime.now().uptimeNanoseconds - start) / 1e6)
            // A new one each time, too.
            let start2 = DispatchTime.now().uptimeNanoseconds
            let fresh = try served.connect()
            try fresh.send(Array("GET /v HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".utf8))
            #expect(try fresh.answer().text == "1")
            times.append(Double(DispatchTime.now().uptimeNanoseconds - start2) / 1e6)
        } while attack.wait(timeout: .now() + .milliseconds(20)) == .timedOut
        times.sort()
        let taken = try served.peakResidentBytes() - before
        print(
            "\(mode[0]): \(times.count) requests meanwhile, median \(times[times.count / 2]) ms, "
                + "longest \(times[times.count - 1]) ms; memory +\(taken >> 10) KiB"
        )
        #expect(times.count > 10)
        // Buffers, caches, and a connection's handshake.
        #expect(taken < (64 << 20) + (32 << 20) + Self.connections * (64 << 10))
        // What was left behind is gone, too.
        #expect(try other.answerAfterAll() == 200)
        #expect(served.site.daemon.stop() == 0)
    }
}

extension RawConnection {
    fileprivate func answerAfterAll() throws -> Int {
        try send(Array("GET /health HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
        return try answer().status
    }
}
