import Foundation
import Platform
import TestSupport
import Testing

/// Files with passwords.
struct SecretFileTests {
    private func update(_ path: String, _ change: ([UInt8]?) -> [UInt8]?) throws(SystemError) {
        try SecretFile.update(path, limit: 100, failure: { $0 }) { bytes throws(SystemError) in change(bytes) }
    }

    private func mode(_ path: String) throws -> Int {
        try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    @Test func isForItsOwnerOnlyWhateverWasThere() throws {
        let directory = try TemporaryDirectory()
        let path = directory.appending("new/config.json")
        try update(path) { before in
            #expect(before == nil)
            return [1]
        }
        #expect(try mode(path) == 0o600)
        #expect(try mode(directory.appending("new")) == 0o700)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        // What a crash left.
        let leftover = directory.appending("new/.config.json.new")
        try Data([9, 9, 9]).write(to: URL(fileURLWithPath: leftover))
        try update(path) { before in
            #expect(before == [1])
            return [2]
        }
        #expect(try mode(path) == 0o600)
        #expect(FileManager.default.contents(atPath: path) == Data([2]))
        #expect(!FileManager.default.fileExists(atPath: leftover))
    }

    @Test func linksAreFollowed() throws {
        let directory = try TemporaryDirectory()
        try Data([1]).write(to: URL(fileURLWithPath: directory.appending("real")))
        let link = directory.appending("link")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "real")
        try update(link) { _ in [2] }
        #expect(FileManager.default.contents(atPath: directory.appending("real")) == Data([2]))
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "real")
    }

    @Test func nothingIsWrittenWithoutNeed() throws {
        let directory = try TemporaryDirectory()
        try update(directory.appending("file")) { _ in nil }
        #expect(!FileManager.default.fileExists(atPath: directory.appending("file")))
        try Data(count: 101).write(to: URL(fileURLWithPath: directory.appending("large")))
        #expect(throws: SystemError.self) { try update(directory.appending("large")) { _ in [] } }
    }

    @Test func twoAtOnceLoseNothing() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.appending("count")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { try update(path) { ($0 ?? []) + [1] } } }
            try await group.waitForAll()
        }
        #expect(FileManager.default.contents(atPath: path)?.count == 20)
    }
}
