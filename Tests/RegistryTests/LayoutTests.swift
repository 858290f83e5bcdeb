import Content
import Foundation
import TestSupport
import Testing

@testable import Registry

/// Directories in OCI image layout, written by us and damaged by others.
struct LayoutTests {
    private let scratch: TemporaryDirectory
    private let layout: LayoutDirectory

    init() throws {
        scratch = try TemporaryDirectory()
        layout = LayoutDirectory(scratch.appending("deep/layout"))
    }

    private func tags() throws -> [String] {
        try layout.tags(before: Fixture.deadline).map(\.description)
    }

    private func read(_ tag: String) throws -> [UInt8] {
        let manifest = try layout.manifest(.tag(Fixture.tag(tag)), before: Fixture.deadline)
        var got: [UInt8] = []
        for layer in try manifest.releaseLayers(of: tag) {
            _ = try Download.run(layer, from: layout, before: Fixture.deadline) { bytes, _ in
                bytes.withUnsafeBytes { got.append(contentsOf: $0) }
            }
        }
        return got
    }

    private func overwrite(_ name: String, _ text: String) throws {
        try text.write(toFile: layout.path + "/" + name, atomically: false, encoding: .utf8)
    }

    @Test func whatIsPushedComesBack() throws {
        let one = try Fixture.push("1.0.0", "first", created: 5, to: layout)
        let two = try Fixture.push("2.0.0", "second", created: 6, to: layout)
        #expect(try tags() == ["1.0.0", "2.0.0"])
        #expect(try layout.digest(of: Fixture.tag("1.0.0"), before: Fixture.deadline) == one)
        #expect(try read("1.0.0") == Array("first".utf8))
        let manifest = try layout.manifest(.digest(two), before: Fixture.deadline)
        #expect(manifest.digest == two)
        #expect(manifest.created == Timestamp(seconds: 6))
        #expect(manifest.layers.first?.title == "manifests.tgz")
    }

    /// A pipe would be waited for, by a thread that nothing ends.
    @Test(arguments: ["index.json", "oci-layout"]) func aPipeInTheirPlace(name: String) throws {
        try Fixture.push("1.0.0", "first", created: 5, to: layout)
        let path = layout.path + "/" + name
        try FileManager.default.moveItem(atPath: path, toPath: path + ".old")
        try #require(mkfifo(path, 0o600) == 0)
        let error = #expect(throws: RegistryError.self) { try tags() }
        guard case .layout = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect("\(String(describing: error))".contains("\(name): it is no regular file"))
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.moveItem(atPath: path + ".old", toPath: path)
        #expect(try tags() == ["1.0.0"])
    }

    @Test func aTagMovesAndIsThereOnce() throws {
        try Fixture.push("1.0.0", "first", created: 5, to: layout)
        try Fixture.push("1.0.0", "again", created: 5, to: layout)
        #expect(try tags() == ["1.0.0"])
        #expect(try read("1.0.0") == Array("again".utf8))
        let left = try FileManager.default.subpathsOfDirectory(atPath: layout.path).filter { $0.hasSuffix(".new") }
        #expect(left.isEmpty)
    }

    @Test func severalPushesAtOnceLoseNothing() async throws {
        let layout = layout
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask { try Fixture.push("1.0.\(number)", "\(number)", created: nil, to: layout) }
            }
            try await group.waitForAll()
        }
        #expect(try tags().sorted() == (0..<8).map { "1.0.\($0)" })
    }

    @Test func aWrongBlobIsNotTaken() throws {
        let descriptor = try Fixture.descriptor([1, 2, 3])
        for bytes in [[1, 2, 4], [1, 2], [1, 2, 3, 4]] as [[UInt8]] {
            #expect(throws: RegistryError.self) {
                try layout.upload(descriptor, before: Fixture.deadline) { offset, _ in
                    Array(bytes.dropFirst(Int(offset)))
                }
            }
        }
        #expect(try FileManager.default.subpathsOfDirectory(atPath: layout.path + "/blobs/sha256").isEmpty)
    }

    @Test func directoriesThatAreNoLayoutSaySo() throws {
        func error() -> RegistryError? { #expect(throws: RegistryError.self) { try tags() } }
        guard case .notALayout = error() else {
            Issue.record("no error")
            return
        }
        try Fixture.push("1.0.0", "first", created: 5, to: layout)
        try overwrite("oci-layout", #"{"imageLayoutVersion":"9.0.0"}"#)
        #expect(error()?.description.contains("9.0.0") == true)
        try overwrite("oci-layout", #"{"imageLayoutVersion":"1.0.0"}"#)
        try overwrite("index.json", "{")
        guard case .malformed = error() else {
            Issue.record("taken")
            return
        }
        try FileManager.default.removeItem(atPath: layout.path + "/index.json")
        guard case .notALayout = error() else {
            Issue.record("taken")
            return
        }
    }

    @Test func damageIsFoundOut() throws {
        let digest = try Fixture.push("1.0.0", "first", created: 5, to: layout)
        let layer = try #require(try layout.manifest(.digest(digest), before: Fixture.deadline).layers.first)
        try overwrite("blobs/sha256/\(layer.digest.hex)", "fIrst")
        guard case .digestMismatch = #expect(throws: RegistryError.self, performing: { try read("1.0.0") }) else {
            Issue.record("taken")
            return
        }
        try overwrite("blobs/sha256/\(layer.digest.hex)", "firs")
        guard case .sizeMismatch = #expect(throws: RegistryError.self, performing: { try read("1.0.0") }) else {
            Issue.record("taken")
            return
        }
        let manifest = layout.path + "/blobs/sha256/\(digest.hex)"
        let text = try String(contentsOfFile: manifest, encoding: .utf8)
        try overwrite("blobs/sha256/\(digest.hex)", text.replacing("manifests", with: "Manifests"))
        guard case .digestMismatch = #expect(throws: RegistryError.self, performing: { try read("1.0.0") }) else {
            Issue.record("taken")
            return
        }
        try FileManager.default.removeItem(atPath: manifest)
        #expect(throws: RegistryError.noSuchManifest(digest, location: "\(layout.location)")) { try read("1.0.0") }
    }

    @Test func otherEntriesOfAnIndexStay() throws {
        try Fixture.push("1.0.0", "first", created: 5, to: layout)
        let text = try String(contentsOfFile: layout.path + "/index.json", encoding: .utf8)
        let nameless =
            #""manifests":[{"digest":"sha256:\#(String(repeating: "0", count: 64))","size":3,"#
            + #""platform":{"os":"windows","os.features":["win32k"],"x":{"y":[1,2.5,true,null]}}},"#
        try overwrite("index.json", text.replacing(#""manifests":["#, with: nameless))
        try Fixture.push("2.0.0", "second", created: 5, to: layout)
        #expect(try tags() == ["1.0.0", "2.0.0"])
        let after = try String(contentsOfFile: layout.path + "/index.json", encoding: .utf8)
        #expect(after.contains(String(repeating: "0", count: 64)))
        #expect(after.contains(#"{"os":"windows","os.features":["win32k"],"x":{"y":[1,2.5,true,null]}}"#))
    }
}
