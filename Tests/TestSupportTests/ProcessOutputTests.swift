import Foundation
import TestSupport
import Testing

/// What tests rely on when they look into a daemon's log.
struct ProcessOutputTests {
    /// A line that was written before an answer came must be there for whoever has the answer: no thread has to have run.
    @Test func whatIsInThePipeIsThereAtOnce() throws {
        let pipe = Pipe()
        let output = ProcessOutput(pipe.fileHandleForReading)
        #expect(output.lines.isEmpty)
        try pipe.fileHandleForWriting.write(contentsOf: Data("one\ntw".utf8))
        #expect(output.lines == ["one"])
        try pipe.fileHandleForWriting.write(contentsOf: Data("o\n\nthree".utf8))
        #expect(output.lines == ["one", "two", ""])
        try pipe.fileHandleForWriting.close()
        #expect(output.wait(until: .distantFuture) { $0.first { $0 == "three" } } == nil, "a line that never ended")
    }

    /// More than a pipe holds goes through with nobody asking, and who waits is woken.
    @Test func aFullPipeHoldsNobodyUp() throws {
        let pipe = Pipe()
        let output = ProcessOutput(pipe.fileHandleForReading)
        output.start()
        let line = String(repeating: "x", count: 99)
        let writer = Thread {
            for _ in 0..<10_000 { try? pipe.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8)) }
            try? pipe.fileHandleForWriting.close()
        }
        writer.start()
        let count = output.wait(until: Date(timeIntervalSinceNow: 60)) { $0.count == 10_000 ? $0.count : nil }
        #expect(count == 10_000)
        #expect(output.lines.allSatisfy { $0 == line })
    }
}
