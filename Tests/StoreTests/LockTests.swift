import Content
import Foundation
import Platform
import Testing

@testable import Store

@Suite struct LockTests {
    @Test func aSecondDaemonIsToldOfTheFirst() throws {
        let test = try TestVolume()
        let volume = try test.open()
        let first = ProcessInfo.processInfo.processIdentifier
        let error = #expect(throws: StoreError.locked(volume: test.path, process: first)) { try test.open() }
        #expect("\(try #require(error))".contains("process \(first) has it"))
        withExtendedLifetime(volume) {}
    }

    @Test func theLockEndsWithItsHolder() throws {
        let test = try TestVolume()
        do { try test.open().publish("1", 1, [.file("f", "1")]) }
        // A process that was killed leaves the file, with its id, and no lock.
        try Data("1234567\n".utf8).write(to: URL(fileURLWithPath: test.path + "/lock"))
        #expect(try test.open().active?.content("f") == "1")
    }

    @Test func aLockFileWithoutAnID() throws {
        let test = try TestVolume()
        let volume = try test.open()
        let file = try FileDescriptor.open(test.path + "/lock", [.writeOnly, .truncate])
        try file.sync()
        #expect(throws: StoreError.locked(volume: test.path, process: nil)) { try test.open() }
        withExtendedLifetime(volume) {}
    }

    @Test func aLockFileThatSomebodyRemoves() throws {
        let test = try TestVolume()
        let volume = try test.open()
        try FileManager.default.removeItem(atPath: test.path + "/lock")
        #expect(throws: StoreError.locked(volume: test.path, process: nil)) { try test.open() }
        #expect(throws: StoreError.locked(volume: test.path, process: nil)) { try test.open() }
        withExtendedLifetime(volume) {}
    }

    @Test func aDirectoryThatCannotBeAVolume() throws {
        let test = try TestVolume()
        try Data().write(to: URL(fileURLWithPath: test.path))
        let error = #expect(throws: StoreError.self) { try test.open() }
        #expect("\(try #require(error))".contains(test.path))
    }
}
