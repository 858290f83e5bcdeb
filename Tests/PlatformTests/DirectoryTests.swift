import Foundation
import TestSupport
import Testing

@testable import Platform

@Suite struct DirectoryTests {
    private let scratch: TemporaryDirectory
    private let directory: Directory

    init() throws {
        scratch = try TemporaryDirectory()
        directory = try Directory(scratch.path)
        try FileManager.default.createDirectory(atPath: scratch.appending("a/b"), withIntermediateDirectories: true)
        try Data("hello".utf8).write(to: URL(fileURLWithPath: scratch.appending("a/b/f")))
        try FileManager.default.createSymbolicLink(
            atPath: scratch.appending("link"),
            withDestinationPath: "a/b"
        )
        try FileManager.default.createSymbolicLink(
            atPath: scratch.appending("a/flink"),
            withDestinationPath: "b/f"
        )
    }

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    /// The two ways to open, which have to refuse the same.
    enum Way: CaseIterable {
        case openat2
        case walk
    }

    private func open(_ name: String, _ way: Way) throws -> [UInt8] {
        let file =
            switch way {
            case .openat2: try directory.open(bytes(name), .readOnly)
            case .walk: try directory.walk(to: bytes(name), .readOnly, mode: 0)
            }
        return try file.read(upTo: 100)
    }

    @Test(arguments: Way.allCases) func filesBeneathAreOpened(way: Way) throws {
        #expect(try open("a/b/f", way) == bytes("hello"))
    }

    @Test(
        arguments: Way.allCases,
        ["link/f", "a/flink", "../etc/passwd", "a/../a/b/f/../../../..", "/etc/passwd", "a/b/f/g", "a\0b"]
    )
    func nothingElseIs(way: Way, name: String) throws {
        if way == .walk, name == "/etc/passwd" { return }  // A walk begins here whatever the path begins with.
        #expect(throws: SystemError.self) { try open(name, way) }
    }

    /// Out and in again: what is there at the end is beneath, the way isn't.
    @Test(arguments: Way.allCases) func nothingClimbs(way: Way) throws {
        let name = URL(fileURLWithPath: scratch.path).lastPathComponent
        #expect(throws: SystemError.self) { try open("../\(name)/a/b/f", way) }
        #expect(throws: SystemError.self) { try open("a/../../\(name)/a/b/f", way) }
    }

    @Test func namesAreMadeRenamedAndRemoved() throws {
        try directory.makeDirectory(bytes("new"))
        let inner = try directory.directory(bytes("new"))
        #expect(throws: SystemError.self) { try directory.makeDirectory(bytes("new")) }
        do {
            let file = try inner.open(bytes("f"), [.writeOnly, .create, .exclusive], mode: 0o444)
            try file.write(bytes("content").span.bytes)
        }
        do throws(SystemError) {
            _ = try inner.open(bytes("f"), [.writeOnly, .create, .exclusive], mode: 0o444)
            Issue.record("made twice")
        } catch {
            #expect(error.isNameTaken)
            #expect(error.subject == scratch.appending("new/f"))
        }
        try directory.link(bytes("f"), of: inner, as: bytes("second"))
        #expect(try directory.status(bytes("second"))?.links == 2)
        #expect(try directory.status(bytes("second"))?.permissions == 0o444)
        try inner.rename(bytes("f"), to: directory, as: bytes("third"))
        #expect(try inner.names().isEmpty)
        try directory.removeFile(bytes("second"))
        #expect(try directory.status(bytes("second")) == nil)
        #expect(try open("third", .openat2) == bytes("content"))
        try directory.sync()
        try directory.syncFileSystem()
        #expect(try directory.freeSpace() > 0)
    }

    @Test func linksAreMadeAndReadButNotFollowed() throws {
        let target = bytes("no/such/") + [0xff]
        try directory.makeSymbolicLink(bytes("l"), to: target)
        #expect(try directory.symbolicLink(bytes("l")) == target)
        #expect(try directory.status(bytes("l"))?.kind == .symbolicLink)
        #expect(throws: SystemError.self) { try directory.symbolicLink(bytes("a")) }
        try directory.link(bytes("link"), of: directory, as: bytes("copy"))
        #expect(try directory.status(bytes("copy"))?.kind == .symbolicLink)
    }

    @Test func listingsHaveEveryName() throws {
        let odd: [UInt8] = [0xc3, 0x28]
        _ = try directory.open(odd, [.writeOnly, .create])
        _ = try directory.open([UInt8](repeating: 0x78, count: 255), [.writeOnly, .create])
        let expected = [bytes("a"), bytes("link"), odd, [UInt8](repeating: 0x78, count: 255)]
        #expect(try Set(directory.names()) == Set(expected))
        // The descriptor's own position is not moved.
        #expect(try directory.names().count == 4)
    }

    @Test func aTreeIsRemovedWithoutFollowingLinks() throws {
        try directory.makeDirectory(bytes("tree"))
        let tree = try directory.directory(bytes("tree"))
        try tree.makeSymbolicLink(bytes("out"), to: bytes("../a"))
        try tree.makeDirectory(bytes("x"))
        _ = try tree.open(bytes("x/f"), [.writeOnly, .create], mode: 0o444)
        try directory.removeTree(bytes("tree"))
        #expect(try directory.status(bytes("tree")) == nil)
        #expect(try open("a/b/f", .openat2) == bytes("hello"))
        try directory.removeTree(bytes("tree"))
        try directory.removeTree(bytes("link"))
        #expect(try open("a/b/f", .openat2) == bytes("hello"))
    }

    /// Where the kernel has the way: it was just made.
    @Test func filesBeneathAreOpenedAtOnce() throws {
        let file = try directory.openAtOnce(bytes("a/b/f"), .readOnly)
        // Only kernels before 5.12, and filters of system calls, know no such thing.
        guard let file else { return }
        #expect(try file.read(upTo: 100) == bytes("hello"))
        for name in ["link/f", "a/flink", "../etc/passwd", "/etc/passwd", "a/b/f/g", "nothing"] {
            // Refused, or left to those who may wait.
            do throws(SystemError) {
                #expect(try directory.openAtOnce(bytes(name), .readOnly) == nil)
            } catch {
                #expect(error.code != 0)
            }
        }
    }

    @Test func whatIsCachedIsToldApart() throws {
        let file = SharedFile(try directory.open(bytes("a/b/f"), .readOnly), size: 5)
        // The file systems of tests are local ones. Pipes of /proc aren't asked for what they have.
        #expect(file.tellsWhatIsCached)
        let status = SharedFile(try FileDescriptor.open("/proc/self/status", .readOnly), size: 0)
        #expect(!status.tellsWhatIsCached)
    }
}
