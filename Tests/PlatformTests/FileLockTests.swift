import Foundation
import TestSupport
import Testing

@testable import Platform

@Suite struct FileLockTests {
    @Test func oneHolderAtATime() throws {
        let scratch = try TemporaryDirectory()
        let directory = try Directory(scratch.path)
        let name = Array("lock".utf8)
        let mine = ProcessInfo.processInfo.processIdentifier
        var lock: FileLock? = try FileLock(name, in: directory)
        #expect(lock != nil)
        #expect(throws: FileLock.Failure.held(by: mine)) { try FileLock(name, in: directory) }
        lock = nil
        #expect(throws: Never.self) { try FileLock(name, in: directory) }
        #expect(try WholeFile.read(scratch.appending("lock"), limit: 100) == Array("\(mine)\n".utf8))
    }

    /// The kernel takes the lock back from a process that has ended, however it ended.
    @Test func anEndedHolderHoldsNothing() throws {
        let scratch = try TemporaryDirectory()
        let directory = try Directory(scratch.path)
        let holder = Process()
        holder.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
        holder.arguments = [scratch.appending("lock"), "sh", "-c", "echo held; exec cat"]
        let output = Pipe()
        holder.standardOutput = output
        holder.standardInput = Pipe()
        try holder.run()
        #expect(output.fileHandleForReading.availableData == Data("held\n".utf8))
        #expect(throws: FileLock.Failure.held(by: nil)) { try FileLock(Array("lock".utf8), in: directory) }
        // `flock` and `cat` share the descriptor: ending the group's input ends both.
        try (holder.standardInput as? Pipe)?.fileHandleForWriting.close()
        holder.waitUntilExit()
        #expect(throws: Never.self) { try FileLock(Array("lock".utf8), in: directory) }
    }
}
