import Content
import HTTP
import Store
import TestSupport
import Testing

@testable import Daemon

/// How many archives are made at a time, and for whom.
struct TreeArchiveTests {
    @Test func noAddressTakesAllPlaces() throws {
        let directory = try TemporaryDirectory()
        let volume = try Volume(directory: directory.path, options: Volume.Options())
        let digest = try #require(Digest(bytes: [UInt8](repeating: 1, count: 32)))
        let release = try volume.publish(try volume.stage(tag: #require(Tag("1")), digest: digest), archives: [])
        func make(_ address: String?) -> TreeArchive? {
            TreeArchive.make(.root, of: release, for: address.map(Peer.network) ?? .local) { Issue.record("\($0)") }
        }
        var first = (0..<TreeArchive.mostForOne).compactMap { _ in make("192.0.2.1") }
        #expect(first.count == TreeArchive.mostForOne)
        #expect(make("192.0.2.1") == nil)
        // Administrators on the machine have no share.
        var local = (first.count..<TreeArchive.mostAtATime).compactMap { _ in make(nil) }
        #expect(local.count == TreeArchive.mostAtATime - TreeArchive.mostForOne)
        #expect(make("192.0.2.2") == nil)
        #expect(make(nil) == nil)
        // Places come back, to whomever they were given.
        local.removeLast()
        #expect(make("192.0.2.1") == nil)
        #expect(make("192.0.2.2") != nil)
        first.removeLast()
        #expect(make("192.0.2.1") != nil)
        withExtendedLifetime((first, local)) {}
    }
}
