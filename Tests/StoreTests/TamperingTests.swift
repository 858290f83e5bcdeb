import Content
import Foundation
import Testing

@testable import Store

/// What an administrator removes or replaces by hand while the volume is in use.
@Suite struct TamperingTests {
    private func remove(_ name: String, _ test: TestVolume) throws {
        try FileManager.default.removeItem(atPath: test.path + "/" + name)
    }

    /// Readers that come at the same time each have a connection that was opened before.
    @Test func theIndexIsRemoved() throws {
        let test = try TestVolume()
        do {
            let volume = try test.open()
            let first = try volume.publish("1", 1, [.file("f", "1"), .file("g", "1")])
            for name in try test.names() where name.hasPrefix("index.sqlite") { try remove(name, test) }
            let together = DispatchGroup()
            let done = DispatchGroup()
            let failures = Failures()
            for _ in 0..<6 {
                together.enter()
                done.enter()
                Thread {
                    var hasCome = false
                    do {
                        try volume.index.read("test") { _ in
                            together.leave()
                            hasCome = true
                            together.wait()
                        }
                    } catch {
                        failures.add("\(error)")
                        if !hasCome { together.leave() }
                    }
                    done.leave()
                }.start()
            }
            done.wait()
            #expect(failures.all.isEmpty)
            #expect(try first.content("g") == "1")
            #expect(try volume.publish("2", 2, [.file("f", "2")]).content("f") == "2")
        }
        let volume = try test.open()
        #expect(volume.releases().map { "\($0.tag)" } == ["2", "1"])
        #expect(try volume.active?.content("f") == "2")
    }

    @Test(arguments: ["releases", "staging", "archives"])
    func aDirectoryIsRemoved(_ name: String) throws {
        let test = try TestVolume()
        let blob = Descriptor(mediaType: "", digest: try digest(7), size: 3)
        do {
            let volume = try test.open()
            let first = try volume.publish("1", 1, [.file("f", "1")])
            try remove(name, test)
            let error = #expect(throws: StoreError.self) {
                let download = try volume.download(for: blob)
                try download.append([1, 2, 3])
                let staging = try volume.stage(tag: try #require(Tag("2")), digest: digest(2))
                try staging.add([.file("f", "2")])
                _ = try volume.publish(staging, archives: [download])
            }
            let line = "\(try #require(error))"
            #expect(line.contains(test.path), "\(line)")
            #expect(line.contains("restart the daemon where something of it was moved or removed"), "\(line)")
            #expect(!line.contains("\n"))
            #expect(volume.active?.id == first.id)
            volume.settle()
        }
        let volume = try test.open()
        #expect(try volume.active?.content("f") == (name == "releases" ? nil : "1"))
        #expect(try volume.publish("2", 2, [.file("f", "2")]).content("f") == "2")
        volume.settle()
        #expect(volume.takeProblems().isEmpty)
    }

    /// It is there for people: what is served doesn't depend on it, and what somebody put there is not removed.
    @Test func currentIsADirectory() throws {
        let test = try TestVolume()
        let volume = try test.open()
        try volume.publish("1", 1, [.file("f", "1")])
        try remove("current", test)
        try FileManager.default.createDirectory(atPath: test.path + "/current", withIntermediateDirectories: false)
        #expect(try volume.publish("2", 2, [.file("f", "2")]).content("f") == "2")
        #expect(volume.takeProblems().map { "\($0)" }.first?.contains("current") ?? false)
        try remove("current", test)
        #expect(try volume.publish("3", 3, [.file("f", "3")]).content("f") == "3")
        #expect(try test.current().hasPrefix("releases/3-"))
    }

    @Test func currentDangles() throws {
        let test = try TestVolume()
        let volume = try test.open()
        let first = try volume.publish("1", 1, [.file("f", "1")])
        try replaceByLink(test.path + "/current", to: "releases/nothing")
        #expect(try first.content("f") == "1")
        try volume.publish("2", 2, [.file("f", "2")])
        #expect(try test.current().hasPrefix("releases/2-"))
        #expect(volume.takeProblems().isEmpty)
    }
}

/// What went wrong on other threads.
private final class Failures: @unchecked Sendable {
    // `texts` is only touched under `lock`.
    private let lock = NSLock()
    private var texts: [String] = []

    var all: [String] { lock.withLock { texts } }

    func add(_ text: String) {
        lock.withLock { texts.append(text) }
    }
}
