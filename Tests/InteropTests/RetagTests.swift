import Curl
import Foundation
import Synchronization
import TestSupport
import Testing

/// A tag pushed again, under load: it is served within interval + 2 s, no request fails, no answer mixes two releases.
@Suite struct RetagTests {
    private static let files = ["small.txt": 1 << 10, "middle.txt": 100 << 10, "large.bin": 1 << 20]

    /// What one client saw: for each release named in an answer, the marks that its bodies were made of.
    private struct Sightings: Sendable {
        var marks: [String: Set<UInt8>] = [:]
        var requests = 0
        var failures: [String] = []
    }

    private static func write(_ mark: UInt8, to tree: String) throws {
        for (name, size) in files {
            try FileManager.default.createDirectory(atPath: tree, withIntermediateDirectories: true)
            try Data(repeating: mark, count: size).write(to: URL(fileURLWithPath: tree + "/" + name))
        }
    }

    @Test func aRepushedTagChangesUnderLoadWithoutAFailedRequest() throws {
        let directory = try TemporaryDirectory()
        let registry = try DockerRegistry()
        let repository = registry.host + "/manifests"
        let tree = directory.appending("tree")
        try Self.write(UInt8(ascii: "A"), to: tree)
        try Pushing.withSpecman(tree, to: "\(repository):1.0.0", registry: registry)
        let site = try RunningSite(source: Pushing.source(repository, registry, interval: "1s"), in: directory)
        try site.daemon.wait(forLine: "msg=\"Serving 1.0.0\"")

        let stop = Atomic<Bool>(false)
        let sightings = Mutex(Sightings())
        let clients = DispatchGroup()
        var delays: [TimeInterval] = []
        try withExtendedLifetime(site) {
            for number in 0..<32 {
                let thread = Thread {
                    Self.load(site, startingAt: number, until: { stop.load(ordering: .relaxed) }, note: sightings)
                    clients.leave()
                }
                clients.enter()
                thread.start()
            }
            defer {
                stop.store(true, ordering: .relaxed)
                clients.wait()
            }
            for (number, mark) in "BCD".utf8.enumerated() {
                try Self.write(mark, to: tree)
                try Pushing.withSpecman(tree, to: "\(repository):1.0.0", registry: registry)
                let pushed = Date()
                try site.daemon.wait(for: "publication \(number)") { lines in
                    lines.filter { $0.contains("msg=\"Serving 1.0.0\"") }.count >= number + 2 ? true : nil
                }
                delays.append(Date().timeIntervalSince(pushed))
                #expect(try site.get("/small.txt").out.first == mark)
            }
        }
        // Interval, jitter and 2 s; the quickest of three, as other tests share the machine.
        #expect(try #require(delays.min()) < 1 * 1.1 + 2, "\(delays)")
        let seen = sightings.withLock { $0 }
        #expect(seen.failures == [])
        #expect(seen.requests > 100)
        #expect(seen.marks.count == 4, "\(seen.marks.keys)")
        #expect(
            seen.marks.values.allSatisfy { $0.count == 1 },
            "an answer held bytes of another release: \(seen.marks)"
        )
        #expect(site.daemon.stop() == 0)
    }

    private static func load(
        _ site: RunningSite,
        startingAt number: Int,
        until isOver: () -> Bool,
        note sightings: borrowing Mutex<Sightings>
    ) {
        var options = TransferOptions()
        options.caFile = site.certificateFile
        let client = TransferClient(options)
        let names = files.keys.sorted()
        var round = number
        while !isOver() {
            let name = names[round % names.count]
            round += 1
            do {
                guard let url = TransferURL("\(site.url)/\(name)") else { return }
                let (response, body) = try client.collect(TransferRequest(.get, url), limit: 4 << 20)
                let release = response["Specman-Release"] ?? "none"
                let mark = body.first ?? 0
                let isWhole = response.status == 200 && body == [UInt8](repeating: mark, count: files[name] ?? 0)
                sightings.withLock { seen in
                    seen.requests += 1
                    seen.marks[release, default: []].insert(mark)
                    if !isWhole { seen.failures.append("\(name): \(response.status), \(body.count) bytes, or a mix") }
                }
            } catch {
                sightings.withLock { $0.failures.append("\(name): \(error)") }
            }
        }
    }
}
