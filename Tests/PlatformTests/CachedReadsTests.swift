import Foundation
import TestSupport
import Testing

@testable import Platform

struct CachedReadsTests {
    /// What `pread` says of the file's first bytes: how many it has read, or the error.
    private func read(_ path: String) throws -> (count: Int, code: Int32) {
        let file = try FileDescriptor.open(path, .readOnly)
        return withUnsafeTemporaryAllocation(byteCount: 100, alignment: 1) { buffer in
            errno = 0
            let count = CachedReads.pread(file.number, buffer.baseAddress, buffer.count, 0)
            return (count, count < 0 ? errno : 0)
        }
    }

    @Test(.enabled(if: ColdFile.isPossible, "only where files can be taken from the page cache"))
    func givesUpWhereTheDiskIsNeeded() throws {
        let directory = try TemporaryDirectory()
        let path = directory.appending("f")
        try Data(count: 1 << 20).write(to: URL(fileURLWithPath: path))
        // The disk may have been quicker than the question: then there was nothing to wait for.
        let results = try (0..<50).map { _ in
            try ColdFile.make(path)
            return try CachedReads.only { try read(path) } ?? (0, 0)
        }
        #expect(results.allSatisfy { $0 == (-1, EAGAIN) || $0 == (100, 0) })
        #expect(results.contains { $0 == (-1, EAGAIN) })
        // Only within the call, and only on that thread.
        _ = CachedReads.only {
            let result = ResultOfThread()
            let thread = Thread { result.set(try? read(path)) }
            thread.start()
            #expect(result.wait()?.count == 100)
        }
        try ColdFile.make(path)
        #expect(try read(path) == (100, 0))
        #expect(try CachedReads.only { try read(path) } ?? (0, 0) == (100, 0))
    }

    /// Some kernels say 0 where they mean EAGAIN, so that 0 is believed only without the question.
    @Test func doesNotBelieveAnEnd() throws {
        let directory = try TemporaryDirectory()
        let path = directory.appending("empty")
        try Data().write(to: URL(fileURLWithPath: path))
        #expect(try read(path) == (0, 0))
        #expect(try CachedReads.only { try read(path) } ?? (0, 0) == (-1, EAGAIN))
    }

    /// What `body` throws ends it as well.
    @Test(.enabled(if: ColdFile.isPossible, "only where files can be taken from the page cache"))
    func isOverAfterAnError() throws {
        struct Failure: Error {}
        let directory = try TemporaryDirectory()
        let path = directory.appending("f")
        try Data(count: 1 << 20).write(to: URL(fileURLWithPath: path))
        #expect(throws: Failure.self) { try CachedReads.only { throw Failure() } }
        try ColdFile.make(path)
        #expect(try read(path) == (100, 0))
    }

    /// Handed from one thread to another.
    private final class ResultOfThread: @unchecked Sendable {
        private let done = DispatchSemaphore(value: 0)
        private var value: (count: Int, code: Int32)?

        func set(_ value: (count: Int, code: Int32)?) {
            self.value = value
            done.signal()
        }

        func wait() -> (count: Int, code: Int32)? {
            done.wait()
            return value
        }
    }
}
