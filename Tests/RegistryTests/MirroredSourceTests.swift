import Content
import Foundation
import TestSupport
import Testing

@testable import Registry

/// Mirrors that have it, haven't, are away, cut and lie, before an origin.
struct MirroredSourceTests {
    private let shelf: Shelf
    private let clock = ManualClock()
    private let log = Log()

    init() throws {
        shelf = try Shelf()
    }

    private func source(
        _ origin: ScriptedServer,
        _ mirrors: [String],
        docker: DockerConfigurationFile? = nil,
        _ change: (inout RegistryOptions) -> Void = { _ in }
    ) throws -> any ReleaseSource {
        var options = Fixture.options
        options.now = clock.now
        change(&options)
        let log = log
        return try openSource(
            .registry(try #require(Repository(host: origin.host, name: "a/b"))),
            mirrors: try mirrors.map { try #require(MirrorAddress($0)) },
            options: options,
            docker: docker,
            report: { report in
                let skipped = report.skipped.map(\.description).joined(separator: "; ")
                log.add("\(report.what.prefix(4)) \(report.deliveredBy ?? "nobody") [\(skipped)]")
            }
        )
    }

    private func read(_ source: any ReleaseSource) throws -> [UInt8] {
        let manifest = try source.manifest(.digest(shelf.digest), before: Fixture.deadline)
        let layer = try #require(manifest.layers.first)
        var got: [UInt8] = []
        _ = try Download.run(layer, from: source, before: Fixture.deadline) { bytes, _ in
            bytes.withUnsafeBytes { got.append(contentsOf: $0) }
        }
        return got
    }

    @Test func theFirstThatHasItDeliversAndTagsComeFromTheOrigin() throws {
        let origin = try shelf.server()
        let mirrors = [try ScriptedServer { _ in .http(404) }, try shelf.server(), try shelf.server()]
        let source = try source(origin, mirrors.map { "\($0.host)/m" })
        #expect(try source.tags(before: Fixture.deadline).map(\.description) == ["1.0.0"])
        #expect(try source.digest(of: Fixture.tag("1.0.0"), before: Fixture.deadline) == shelf.digest)
        #expect(try source.manifest(.tag(Fixture.tag("1.0.0")), before: Fixture.deadline).digest == shelf.digest)
        for _ in 0..<2 { #expect(try read(source) == shelf.layer) }
        #expect(origin.asked == ["tags", "manifests", "manifests"])
        // One that only doesn't have it is asked again.
        #expect(mirrors.map { $0.asked.count } == [4, 4, 0])
        #expect(mirrors[1].asked == ["manifests", "blobs", "manifests", "blobs"])
        #expect(mirrors[1].requests[0].target == "/v2/m/manifests/\(shelf.digest)")
        #expect(log.lines[0] == "mani \(mirrors[1].host)/m [\(mirrors[0].host)/m doesn't have it]")
    }

    @Test func aMirrorThatFailsRestsAndIsAskedAgainLater() throws {
        let origin = try shelf.server()
        let mirror = try ScriptedServer { _ in .http(503, text: "later") }
        let source = try source(origin, ["\(mirror.host)/m"])
        #expect(try read(source) == shelf.layer)
        let perAttempt = 2
        #expect(mirror.asked.count == perAttempt)
        #expect(log.lines[0].contains("\(mirror.host)/m rests for 30 s: reading the manifest"))
        #expect(log.lines[0].contains("answers 503 (later)"))
        #expect(log.lines[1] == "blob \(origin.host)/a/b [\(mirror.host)/m rests for 30 s more, as it failed before]")
        // Its rest doubles up to a quarter of an hour.
        for rest in [30, 60, 120, 240, 480, 900, 900] {
            let before = mirror.asked.count
            clock.advance(.seconds(rest - 1))
            _ = try source.manifest(.digest(shelf.digest), before: Fixture.deadline)
            #expect(mirror.asked.count == before)
            clock.advance(.seconds(1))
            _ = try source.manifest(.digest(shelf.digest), before: Fixture.deadline)
            #expect(mirror.asked.count == before + perAttempt)
        }
    }

    @Test func aMirrorThatIsNotThereIsPassedOver() throws {
        let gone = try ScriptedServer([]).host
        let origin = try shelf.server()
        let source = try source(origin, ["\(gone)/m"])
        #expect(try read(source) == shelf.layer)
        #expect(log.lines[0].hasPrefix("mani \(origin.host)/a/b [\(gone)/m rests for 30 s: "), "\(log.lines)")
    }

    /// However little time there is, the origin has its part of it.
    @Test func aMirrorThatHangsLeavesTheOriginHalfOfTheTime() throws {
        let origin = try shelf.server()
        let mirror = try shelf.server { $0.target.contains("/manifests/") ? nil : .hang([]) }
        // Neither a stall nor a try is what ends it.
        let source = try source(origin, ["\(mirror.host)/m"]) { $0.stallTime = .seconds(300) }
        let manifest = try source.manifest(.digest(shelf.digest), before: Fixture.deadline)
        let layer = try #require(manifest.layers.first)
        var got: [UInt8] = []
        _ = try Download.run(layer, from: source, before: Deadline(after: .seconds(4))) { bytes, _ in
            bytes.withUnsafeBytes { got.append(contentsOf: $0) }
        }
        #expect(got == shelf.layer)
        #expect(log.lines.last?.hasPrefix("blob \(origin.host)/a/b [\(mirror.host)/m rests for 30 s: ") == true)
        #expect(log.lines.last?.contains("it took half of the time that was left of source.timeout") == true)
        // Nobody is to blame whom there was no time for.
        let late = #expect(throws: RegistryError.self) {
            _ = try source.manifest(.digest(shelf.digest), before: Deadline(after: .zero))
        }
        guard case .deadline = late else {
            Issue.record("\(String(describing: late))")
            return
        }
    }

    /// One that delivers, if slowly, goes on where it was when its half was over.
    @Test func aMirrorThatDeliversMayTakeMoreThanHalf() throws {
        let origin = try shelf.server()
        let shelf = shelf
        let head = ["HTTP/1.1 200 OK", "Content-Length: \(shelf.layer.count)", "", ""].joined(separator: "\r\n")
        let mirror = try shelf.server { request in
            guard request.target.contains("/blobs/"), request["Range"] == nil else { return nil }
            return .hang(Array(head.utf8) + shelf.layer[..<20_000])
        }
        let source = try source(origin, ["\(mirror.host)/m"]) { $0.stallTime = .seconds(300) }
        var got: [UInt8] = []
        _ = try Download.run(shelf.descriptor, from: source, before: Deadline(after: .seconds(4))) { bytes, _ in
            bytes.withUnsafeBytes { got.append(contentsOf: $0) }
        }
        #expect(got == shelf.layer)
        #expect(log.lines == ["blob \(mirror.host)/m []"])
        #expect(origin.asked.isEmpty)
    }

    @Test func whatWasCutIsTakenUpBytheNextWhereItStopped() throws {
        let origin = try shelf.server()
        let shelf = shelf
        let head = ["HTTP/1.1 200 OK", "Content-Length: \(shelf.layer.count)", "", ""].joined(separator: "\r\n")
        let cutting = try shelf.server { request in
            request.target.contains("/blobs/") && request["Range"] == nil
                ? .bytes(Array(head.utf8) + shelf.layer[..<20_000])
                : request.target.contains("/blobs/") ? .reset : nil
        }
        let next = try shelf.server { $0.target.contains("/manifests/") ? .http(404) : nil }
        let source = try source(origin, ["\(cutting.host)/m", "\(next.host)/m"])
        #expect(try read(source) == shelf.layer)
        #expect(next.asked == ["blobs bytes=20000-"])
        #expect(origin.asked.isEmpty)
    }

    @Test func aManifestOfOtherBytesIsRefused() throws {
        let shelf = shelf
        let lies: [ScriptedServer.Answer] = [
            .http(200, body: shelf.manifest + [32]),
            .http(200, ["Content-Type: text/html"], text: "<html>please log in</html>"),
            .http(200, ["Docker-Content-Digest: sha256:nonsense"], body: shelf.manifest),
        ]
        for lie in lies {
            let origin = try shelf.server()
            let mirror = try shelf.server { $0.target.contains("/manifests/") ? lie : nil }
            let source = try source(origin, ["\(mirror.host)/m"])
            #expect(try read(source) == shelf.layer)
            #expect(origin.asked == ["manifests", "blobs"])
            #expect(log.lines[log.lines.count - 2].contains("rests for 900 s"), "\(log.lines)")
        }
    }

    @Test func otherBytesThanTheDigestAreFoundOutAndTakenFromElsewhere() throws {
        let shelf = shelf
        var wrong = shelf.layer
        wrong[40_000] ^= 1
        let bytes = wrong
        let origin = try shelf.server()
        let mirror = try shelf.server { $0.target.contains("/blobs/") ? .http(200, body: bytes) : nil }
        let source = try source(origin, ["\(mirror.host)/m"])
        let error = #expect(throws: RegistryError.self) { try read(source) }
        guard case .digestMismatch(_, shelf.descriptor.digest, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(source.refute(shelf.descriptor.digest))
        #expect(log.lines.last?.contains("does not have the digest") == true)
        // Once: from now on it rests, and the origin is asked.
        #expect(!source.refute(shelf.descriptor.digest))
        #expect(try read(source) == shelf.layer)
        #expect(origin.asked == ["manifests", "blobs"])
    }

    /// A page, other sizes, redirects in circles, redirects to nowhere: nothing of it is handed on.
    @Test func answersThatAreNoBlobAreRefusedBeforeTheirFirstByte() throws {
        let shelf = shelf
        let lies: [ScriptedServer.Answer] = [
            .http(200, ["Content-Type: text/html; charset=utf-8"], body: shelf.layer),
            .http(200, body: shelf.layer + [0]),
            .http(200, body: [1, 2, 3]),
            .http(307, ["Location: ?again"]),
            .http(307, ["Location: ftp://elsewhere/"]),
            .http(206, ["Content-Range: bytes 1-49999/50000"], body: Array(shelf.layer[1...])),
            .http(403, text: "no"),
        ]
        for lie in lies {
            let origin = try shelf.server()
            let mirror = try shelf.server { $0.target.contains("/blobs/") ? lie : nil }
            let source = try source(origin, ["\(mirror.host)/m"])
            #expect(try read(source) == shelf.layer)
            #expect(origin.asked == ["blobs"])
            #expect(log.lines.last?.contains("\(mirror.host)/m rests for") == true)
        }
    }

    /// A page without a length and under another name: some of it is handed on before it ends too early.
    @Test func bytesOfAnImpostorAreNotGoneOnFrom() throws {
        let page = Array("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<html>please log in</html>".utf8)
        let origin = try shelf.server()
        let mirror = try shelf.server { $0.target.contains("/blobs/") ? .bytes(page) : nil }
        let source = try source(origin, ["\(mirror.host)/m"])
        #expect(throws: RegistryError.tainted(shelf.descriptor.digest, mirror: "\(mirror.host)/m")) {
            try read(source)
        }
        #expect(origin.asked.isEmpty)
        #expect(try read(source) == shelf.layer)
        #expect(origin.asked == ["manifests", "blobs"])
    }

    @Test func aMirrorThatStandsStillIsLeft() throws {
        let shelf = shelf
        let head = ["HTTP/1.1 200 OK", "Content-Length: \(shelf.layer.count)", "", ""].joined(separator: "\r\n")
        let origin = try shelf.server()
        let mirror = try shelf.server { request in
            request.target.contains("/blobs/") ? .hang(Array(head.utf8) + shelf.layer[..<30_000]) : nil
        }
        let source = try source(origin, ["\(mirror.host)/m"]) {
            $0.stallTime = .seconds(1)
            $0.retry.attempts = 1
        }
        #expect(try read(source) == shelf.layer)
        #expect(origin.asked == ["blobs bytes=30000-"])
        #expect(log.lines.last?.contains("stalled") == true)
    }

    @Test func credentialsStayWithTheirHost() throws {
        let origin = try shelf.server()
        let known = try shelf.server { _ in .http(404) }
        let stranger = try shelf.server { _ in .http(404) }
        let directory = try TemporaryDirectory()
        let file = directory.appending("config.json")
        try #"{"auths":{"\#(known.host)":{"auth":"bTpt"}}}"#.write(toFile: file, atomically: true, encoding: .utf8)
        let source = try source(
            origin,
            ["\(known.host)/m", "\(stranger.host)/m", "\(origin.host)/mirrored"],
            docker: DockerConfigurationFile(file, isRequired: true)
        ) { $0.credentials = .basic(username: "u", password: "p") }
        _ = try read(source)
        #expect(Set(known.requests.map { $0["Authorization"] }) == ["Basic bTpt"])
        #expect(Set(stranger.requests.map { $0["Authorization"] }) == [nil])
        // A mirror on the origin's own host and port is shown what the origin is shown.
        #expect(origin.requests.map(\.target).allSatisfy { $0.hasPrefix("/v2/mirrored/") })
        #expect(Set(origin.requests.map { $0["Authorization"] }) == ["Basic dTpw"])
    }

    @Test func aMirrorIsSpokenToInItsOwnWay() throws {
        let origin = try #require(Repository(host: "registry.example:443", name: "a/b"))
        var options = RegistryOptions()
        options.credentials = .basic(username: "u", password: "p")
        options.certificateFile = "/c"
        options.keyFile = "/k"
        func of(_ text: String) throws -> RegistryOptions {
            options.forMirror(try #require(MirrorAddress(text)), of: .registry(origin), docker: nil)
        }
        #expect(try of("mirror.example/a").plainHTTP == false)
        #expect(try of("http://mirror.example/a").plainHTTP)
        #expect(try of("http://mirror.example/a").certificateFile == nil)
        #expect(try of("Registry.example:443/other").credentials == options.credentials)
        #expect(try of("registry.example:443/other").certificateFile == "/c")
        // In the clear, the origin's own credentials don't go to its own host.
        #expect(try of("http://registry.example:443/other").credentials == .anonymous)
        options.plainHTTP = true
        #expect(try of("https://mirror.example/a").plainHTTP == false)
        #expect(try of("mirror.example/a").plainHTTP)
        for text in ["mirror.example/a:1.0.0", "mirror.example", "", "a b/c"] { #expect(MirrorAddress(text) == nil) }
        #expect(MirrorAddress("oci-layout:/d")?.location == .layout(directory: "/d"))
    }

    @Test func withTheOriginAwayADigestIsHadAndATagIsNot() throws {
        let gone = try ScriptedServer([])
        let mirror = try shelf.server()
        let source = try source(gone, ["\(mirror.host)/m"])
        let error = #expect(throws: RegistryError.self) { try source.tags(before: Fixture.deadline) }
        #expect(error?.isTransient == true)
        #expect(error?.description.contains("only the origin is asked for tags, not its mirror") == true)
        #expect(try read(source) == shelf.layer)
    }

    @Test func aReceiversOwnErrorIsNoMirrorsFault() throws {
        struct Full: Error {}
        let origin = try shelf.server()
        let mirror = try shelf.server()
        let source = try source(origin, ["\(mirror.host)/m"])
        #expect(throws: Full.self) {
            try source.blob(shelf.descriptor, from: 0, before: Fixture.deadline) { _ in throw Full() }
        }
        #expect(try read(source) == shelf.layer)
        #expect(origin.asked.isEmpty)
    }

    @Test func aDeadlineIsEverybodysDeadline() throws {
        let origin = try shelf.server()
        let mirror = try shelf.server()
        let source = try source(origin, ["\(mirror.host)/m"])
        #expect(throws: RegistryError.self) {
            try source.manifest(.digest(shelf.digest), before: Deadline(after: .zero))
        }
        #expect(origin.asked.isEmpty)
        #expect(try read(source) == shelf.layer)
        #expect(origin.asked.isEmpty)
    }
}
