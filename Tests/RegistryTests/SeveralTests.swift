import Content
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Registry

/// Requests that are under way at once, and repositories with thousands of tags.
struct SeveralTests {
    /// How many are inside at once.
    private final class Room: Sendable {
        private let state = Mutex((inside: 0, most: 0))

        func enter() {
            state.withLock { state in
                state.inside += 1
                state.most = max(state.most, state.inside)
            }
        }

        func leave() { state.withLock { $0.inside -= 1 } }

        var inside: Int { state.withLock { $0.inside } }
        var most: Int { state.withLock { $0.most } }
    }

    @Test func allElementsAreTakenOnceAndNoMoreThanAllowedAtOnce() throws {
        let room = Room()
        let taken = Mutex<[Int]>([])
        let shared = Shared(taken)
        try Several.run(Array(0..<500), atOnce: 8) { element throws(RegistryError) in
            room.enter()
            shared.add(element)
            room.leave()
        }
        #expect(shared.all.sorted() == Array(0..<500))
        #expect(room.most <= 8)
    }

    private final class Shared: Sendable {
        private let state: Mutex<[Int]>
        init(_ state: consuming Mutex<[Int]>) { self.state = state }
        func add(_ element: Int) { state.withLock { $0.append(element) } }
        var all: [Int] { state.withLock { $0 } }
    }

    @Test func theFirstFailureEndsIt() {
        let shared = Shared(Mutex([]))
        let failure = RegistryError.noTags(location: "x")
        #expect(throws: failure) {
            try Several.run(Array(0..<10_000), atOnce: 8) { element throws(RegistryError) in
                shared.add(element)
                if element == 20 { throw failure }
                // Or the other seven could be done with all of them before the failure is known.
                if element > 20 { Thread.sleep(forTimeInterval: 0.01) }
            }
        }
        #expect(shared.all.count < 10_000)
    }

    /// The server answers nobody until eight wait for it: with fewer at once, nothing would ever come.
    @Test func aFirstPollAsksEightAtATime() throws {
        let room = Room()
        let tags = (0..<64).map { "1.0.\($0)" }
        let manifest = Array(#"{"schemaVersion":2,"layers":[]}"#.utf8)
        let server = try ScriptedServer(atOnce: true) { request in
            if request.target.contains("/tags/list") {
                return .http(200, text: "{\"tags\":[" + tags.map { "\"\($0)\"" }.joined(separator: ",") + "]}")
            }
            guard request.line.hasPrefix("GET") else { return .http(405) }
            room.enter()
            let patience = ContinuousClock.now + .seconds(60)
            while room.most < TagCatalogue.width, ContinuousClock.now < patience {
                Thread.sleep(forTimeInterval: 0.01)
            }
            // A ninth would come in meanwhile.
            Thread.sleep(forTimeInterval: 0.02)
            room.leave()
            return .http(200, body: manifest)
        }
        let catalogue = TagCatalogue(source: try Fixture.client(server), policy: try TagPolicy())
        let choice = try catalogue.choose(active: nil, before: Fixture.deadline)
        #expect(choice.lookups == 64)
        #expect(room.most == 8)
    }

    /// Its index is compared by its sum, or not read at all: byte by byte, this takes minutes in a debug build.
    @Test func aLayoutOfThousandsOfTags() throws {
        let scratch = try TemporaryDirectory()
        let path = scratch.appending("layout")
        let layout = LayoutDirectory(path)
        try Fixture.push("first", "one", created: 5, to: layout)
        let digest = try layout.digest(of: Fixture.tag("first"), before: Fixture.deadline)
        let size = try layout.manifest(.digest(digest), before: Fixture.deadline).bytes.count
        let entries = (0..<5000).map { number in
            """
            {"mediaType":"\(MediaType.imageManifest)","digest":"\(digest)","size":\(size),\
            "annotations":{"\(Annotation.referenceName)":"1.0.\(number)"}}
            """
        }
        try "{\"schemaVersion\":2,\"manifests\":[\(entries.joined(separator: ","))]}"
            .write(toFile: path + "/index.json", atomically: true, encoding: .utf8)
        let catalogue = TagCatalogue(source: layout, policy: try TagPolicy())
        let choice = try catalogue.choose(active: nil, before: Fixture.deadline)
        #expect(choice.chosen.tag.description == "1.0.4999")
        #expect(choice.ranked.count == 5000)
        let again = try catalogue.choose(active: choice.chosen.tag, before: Fixture.deadline)
        #expect(again.lookups <= 1 + TagCatalogue.rechecks)
    }
}
