import Foundation
import TestSupport

/// The system calls of a process, as strace counts them.
enum SystemCalls {
    struct NotTraced: Error, CustomStringConvertible {
        let description: String
    }

    /// How many of `calls` move bytes or touch files: not those that only wait, nor those by which the C library takes
    /// memory while the cache fills, a page or two at a time.
    static func working(_ calls: [String: Int]) -> Int {
        let others: Set<String> = [
            "epoll_wait", "epoll_pwait", "futex", "restart_syscall", "poll", "ppoll", "mprotect",
        ]
        return calls.reduce(0) { sum, call in others.contains(call.key) ? sum : sum + call.value }
    }

    /// Counts what `process` calls, in all its threads, while `work` runs.
    static func count(of process: Int32, during work: () throws -> Void) throws -> [String: Int] {
        let directory = try TemporaryDirectory()
        let table = directory.appending("table")
        let strace = Process()
        // A thread of Dispatch's blocks the signals by which strace is ended, and a child inherits that.
        let unblock = """
            import os, signal, sys
            signal.pthread_sigmask(signal.SIG_SETMASK, [])
            os.execvp(sys.argv[1], sys.argv[1:])
            """
        strace.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        strace.arguments =
            ["python3", "-c", unblock, "strace", "-f", "-c", "-U", "name,calls", "-o", table, "-p", "\(process)"]
        let said = Pipe()
        strace.standardError = said
        try strace.run()
        // The first thing it says is that it holds the process.
        let first = String(decoding: said.fileHandleForReading.availableData, as: UTF8.self)
        guard first.contains("attached") else {
            strace.terminate()
            strace.waitUntilExit()
            throw NotTraced(description: "strace: \(first)")
        }
        do {
            try work()
        } catch {
            strace.interrupt()
            strace.waitUntilExit()
            throw error
        }
        strace.interrupt()
        strace.waitUntilExit()
        let lines = try String(contentsOfFile: table, encoding: .utf8).split(separator: "\n")
        return lines.reduce(into: [:]) { counts, line in
            let words = line.split(separator: " ")
            if words.count == 2, words[0] != "total", let count = Int(words[1]) { counts[String(words[0])] = count }
        }
    }
}
